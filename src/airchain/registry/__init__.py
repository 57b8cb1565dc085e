"""The host-local registry: serve it; read and write manifests, tags, artifacts."""
