"""Where Airchain keeps things on the machine that runs it.

One folder holds all of it: `$AIRCHAIN_HOME`, else `$XDG_STATE_HOME/airchain`,
else `~/.local/state/airchain`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The state folder and the places in it. Nothing is created by asking."""

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        """The state folder that the environment variables name."""
        if explicit := os.environ.get("AIRCHAIN_HOME"):
            return cls(Path(explicit).resolve())
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        return cls(Path(state) / "airchain")

    @property
    def engine(self) -> Path:
        """The private dockerd: `docker.sock`, `dockerd.pid`, `dockerd.log`, `data/`."""
        return self.root / "engine"

    @property
    def engine_socket(self) -> Path:
        """The socket of the private dockerd."""
        return self.engine / "docker.sock"

    @property
    def store(self) -> Path:
        """The store as a directory: what hosts see, read-only, at `/srv/store`."""
        return self.root / "store"

    @property
    def registry_storage(self) -> Path:
        """Blobs and manifests, in the layout of CNCF Distribution (part of the store)."""
        return self.store / "registry"

    @property
    def registry(self) -> Path:
        """The building machine's registry process: configuration, pid, log."""
        return self.root / "registry"

    @property
    def builds(self) -> Path:
        """What was built from which inputs, so that nothing is built or tested twice."""
        return self.root / "builds"

    def keys(self, product: str) -> Path:
        """The product's signing key and what this machine trusts, in a folder of mode 0700."""
        return self.root / "keys" / product

    def secrets(self, product: str, environment: str) -> Path:
        """One file per secret, mode 0600 in a folder of mode 0700."""
        return self.root / "secrets" / product / environment

    def environment_lock(self, product: str, environment: str) -> Path:
        """Held by whoever takes the environment up or down. It outlives the environment."""
        return self.root / "locks" / product / environment

    def environment(self, product: str, environment: str) -> Path:
        """Local state of one running environment: keeper, edge, hosts."""
        return self.root / "environments" / product / environment
