"""Who this host is, and where things stand on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from airchain.errors import PreflightError
from airchain.spec.model import Storage
from airchain.store.records import Pointer, Record, Trust

# Where an environment's folders of files are on a host.
FILES = Path("/srv/files")
# Beside the secrets, whose names are capitals.
STORE_KEYS = ".store-keys"


class Identity(Record):
    """What the provider wrote into `/etc/airchain/host.json` before the host booted.

    `trust` is the list of keys to begin with, and `pointer` the last good one that
    the provider knew: an older one is refused, also by a host that has seen none.
    `keys_delivered`: the keys to the store come as secrets do; else the machine has a role.
    """

    product: str
    environment: str
    fleet: str
    host: str
    registry: str
    trust: Trust = Trust()
    pointer: Pointer | None = None
    store: Storage = Storage()
    keys_delivered: bool = False


@dataclass(frozen=True)
class Places:
    """Paths of a host. `root` is `/` but in tests."""

    root: Path = Path("/")

    @property
    def identity(self) -> Path:
        """The identity file."""
        return self.root / "etc/airchain/host.json"

    @property
    def store(self) -> Path:
        """The store, read-only but for this host's folder and the leases."""
        return self.root / "srv/store"

    @property
    def files(self) -> Path:
        """The environment's folders of files, the same on all its hosts."""
        return self.root / FILES.relative_to("/")

    @property
    def run(self) -> Path:
        """State that a reboot forgets (tmpfs)."""
        return self.root / "run/airchain"

    @property
    def secrets(self) -> Path:
        """One file per secret; the folder is closed to all but root."""
        return self.run / "secrets"

    @property
    def secrets_complete(self) -> Path:
        """Exists once every secret has been delivered."""
        return self.secrets / ".complete"

    @property
    def site_keys(self) -> Path:
        """Keys for signed addresses as nginx reads them; closed to all but root."""
        return self.run / "site-keys"

    @property
    def jobs(self) -> Path:
        """What runs to its end here under a lease, and how it ended (see `host.jobs`)."""
        return self.run / "jobs"

    @property
    def store_keys(self) -> Path:
        """The keys to the store, where they are delivered."""
        return self.secrets / STORE_KEYS

    @property
    def registry_configuration(self) -> Path:
        """Written at each start of the registry."""
        return self.run / "registry.yml"

    @property
    def registry_environment(self) -> Path:
        """The keys as the registry's process gets them."""
        return self.run / "registry.env"

    @property
    def in_service(self) -> Path:
        """While it exists, nginx answers the edge's health check with 200."""
        return self.run / "in-service"

    @property
    def state(self) -> Path:
        """Which releases this host ran last; survives a reboot."""
        return self.root / "var/lib/airchain/state.json"

    @property
    def trust(self) -> Path:
        """Which keys and which pointer this host accepted last; survives a reboot."""
        return self.root / "var/lib/airchain/trust.json"

    @property
    def units(self) -> Path:
        """Where the units of services stand, so that they come back after a reboot."""
        return self.root / "etc/systemd/system"

    @property
    def site(self) -> Path:
        """The part of nginx's configuration that follows the release."""
        return self.root / "etc/nginx/airchain/site.conf"

    @property
    def nginx_pid(self) -> Path:
        """The process id of nginx's master."""
        return self.root / "run/nginx.pid"

    @property
    def engine_pid(self) -> Path:
        """The process id of the engine; written when it starts."""
        return self.root / "run/docker.pid"

    @property
    def images(self) -> Path:
        """The file system that images are unpacked on."""
        return self.root / "var/lib/docker"

    @property
    def proofs(self) -> Path:
        """Which layers were proven to be whole since this host booted."""
        return self.run / "proofs"


def read_identity(places: Places) -> Identity:
    """The identity of this host; without one the agent can do nothing."""
    try:
        return Identity.model_validate_json(places.identity.read_bytes())
    except (OSError, ValidationError) as error:
        raise PreflightError(
            f"this machine is no host of Airchain: {error}", where=str(places.identity)
        ) from error
