"""Images: bootstrap, build, test, tag, size, through the Docker Engine."""
