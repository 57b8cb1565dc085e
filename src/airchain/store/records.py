"""What hosts, drivers and the keeper tell each other through the store.

    products/P/releases/TIME-DIGEST                 ReleaseEntry   our own index
    products/P/signatures/HEX                       ReleaseSignature   of the release sha256:HEX
    products/P/trust/N                              Trust          which keys count, signed by N-1
    products/P/environments/E/pointer               Pointer        signed: which release, hosts
    products/P/environments/E/lock                  Lock           who is at work (release.lock)
    products/P/environments/E/audit/TIME-…          Event          who did what (release.audit)
    products/P/audit/TIME-…                         Event          what concerns the whole product
    products/P/environments/E/fleets/F              FleetSize      wanted number of hosts
    products/P/environments/E/images                OwnImages      Airchain's own, that it runs on
    products/P/environments/E/hosts/H/report        Report         written by host H only
    products/P/environments/E/leases/…              Lease          tasks and cron ticks, once
    collector/…                                     Notice         pushes, sweep (registry.pushes)

A host may read everything; it may write its own `hosts/H/` and `leases/`.
The release itself is an OCI artifact in the registry (`PRODUCT/releases`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from airchain.errors import StoreError
from airchain.spec.model import Environment, Kind
from airchain.store.base import Object, Store


class Record(BaseModel):
    """Frozen; fields that a newer Airchain added are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def encode(self) -> bytes:
        """Canonical JSON: the same record is the same bytes."""
        return self.model_dump_json(indent=1).encode()


class Signed(Record):
    """A record that `airchain.trust` signs and opens: `key` is public, `signature` hexadecimal."""

    key: str = ""
    signature: str = ""


class ImageDigest(Record):
    """An image as hosts pull it: `repository@digest`. `size` is in bytes, compressed."""

    repository: str
    digest: str
    size: int

    @property
    def reference(self) -> str:
        """What `docker pull` takes."""
        return f"{self.repository}@{self.digest}"


class Release(Record):
    """Immutable: commit, resolved specification, digest of every image.

    The same inputs are the same bytes, hence the same digest: no time in it.
    """

    product: str
    revision: str
    images: Mapping[str, ImageDigest]
    environments: Mapping[str, Environment]


class ReleaseEntry(Record):
    """One line of the index of releases.

    `pruned` is when the release was given up: its images go, or are gone.
    """

    digest: str
    revision: str
    subject: str
    created: datetime
    author: str
    pruned: datetime | None = None


class ReleaseSignature(Signed):
    """Stands for: the release `digest` was made by whoever has the key."""

    digest: str


class Trust(Signed):
    """The public keys that count for a product, as list number `number`.

    Signed by a key of the list before it. The default trusts nobody.
    """

    number: int = 0
    keys: tuple[str, ...] = ()


class Pointer(Signed):
    """The release of an environment and how far its rollout has come.

    Hosts named in `admitted`, or all where it is None, run `release`; the
    others run `previous`. `serial` counts deployments and `step` the writes of
    one: a pointer that is not later than the last is refused. `history` holds the
    releases that served before, newest first: what a rollback goes back to.
    While `trial` holds, the release has not been seen through on all hosts yet
    and `previous` is what a failure goes back to, however many are admitted.
    """

    serial: int
    step: int = 0
    release: str
    previous: str | None = None
    history: tuple[str, ...] = ()
    admitted: tuple[str, ...] | None = None
    trial: bool = False
    updated: datetime
    author: str

    def release_for(self, host: str) -> str | None:
        """The digest that `host` shall run; None while it has nothing to run."""
        if self.admitted is None or host in self.admitted:
            return self.release
        return self.previous


class FleetSize(Record):
    """How many hosts a fleet shall have. Written by `scale`, read by the keeper."""

    size: int


class OwnImages(Record):
    """References of the images that Airchain itself brings, as an environment runs on them."""

    host: str
    edge: str


class Lease(Record):
    """Who may do a thing that is done once: a task of a release, a tick of a cron.

    `expires` tells whether the holder's agent is alive, `until` when the work itself has
    ended whatever became of the agent: its unit is bounded. `began` tells two runs apart;
    `tick` is the time that a cron's run was due at.
    """

    holder: str
    expires: datetime
    began: datetime | None = None
    until: datetime | None = None
    tick: datetime | None = None
    state: Literal["running", "done", "failed"] = "running"
    detail: str = ""


class ServiceReport(Record):
    """One service on one host. `log` holds at most the last 50 lines, where something is wrong."""

    name: str
    kind: Kind
    instance: str | None = None
    digest: str | None = None
    state: Literal["pending", "pulling", "starting", "running", "waiting", "done", "failed"]
    since: datetime
    restarts: int = 0
    check: str = ""
    log: tuple[str, ...] = ()


class Report(Record):
    """What a host says of itself: on every change, and as a heartbeat every two seconds.

    `running` is the release that serves now; `wanted` what the pointer asks for.
    They differ while the host converges and after a failure, `error` says why.
    `refused` is the digest of a pointer that this host does not accept.
    `prepared` lists releases whose images are here, whole and verified. `stop_timeout`
    is how long the slowest service here may take to finish what it does, in seconds.
    """

    host: str
    fleet: str
    address: str
    booted: datetime
    written: datetime
    state: Literal["booting", "converging", "in_service", "failed"]
    in_service: bool
    serial: int = 0
    wanted: str | None = None
    running: str | None = None
    prepared: tuple[str, ...] = ()
    services: tuple[ServiceReport, ...] = ()
    error: str | None = None
    hint: str | None = None
    refused: str | None = None
    timings: Mapping[str, float] = {}
    stop_timeout: float = 10.0
    disk_free: int = 0
    inodes_free: int = 0
    clock_skew: float | None = None
    agent_memory: int = 0


R = TypeVar("R", bound=Record)


def read(store: Store, key: str, kind: type[R]) -> R | None:
    """The record at `key`, or None where there is none."""
    found = store.get(key)
    return None if found is None else decode(found, kind)


def read_report(store: Store, key: str) -> Report | None:
    """A host's report; None where there is none, or what stands there is no report.

    A host may write anything there. It counts as silent then, and holds up nobody else.
    """
    found = store.get(key)
    try:
        return None if found is None else decode(found, Report)
    except StoreError:
        return None


def decode(found: Object, kind: type[R]) -> R:
    """The record in `found`; a damaged one is a `StoreError`.

    Fields that a newer Airchain added are passed over, in the specification too: hosts
    keep the Airchain that they booted with.
    """
    try:
        return kind.model_validate_json(found.data, extra="ignore")
    except ValidationError as error:
        raise StoreError(f"not a {kind.__name__}: {error}", where=found.key) from error


def releases_key(product: str) -> str:
    """The folder of the index of releases."""
    return f"products/{product}/releases"


def signature_key(product: str, digest: str) -> str:
    """Where the signature of a release stands."""
    return f"{signatures_key(product)}/{digest.removeprefix('sha256:')}"


def signatures_key(product: str) -> str:
    """The folder of the signatures of releases."""
    return f"products/{product}/signatures"


def trust_key(product: str, number: int) -> str:
    """Where a list of keys stands."""
    return f"products/{product}/trust/{number}"


def environment_key(product: str, environment: str) -> str:
    """The folder of an environment."""
    return f"products/{product}/environments/{environment}"


def pointer_key(product: str, environment: str) -> str:
    """Where the pointer stands."""
    return f"{environment_key(product, environment)}/pointer"


def lock_key(product: str, environment: str) -> str:
    """Where the lock stands."""
    return f"{environment_key(product, environment)}/lock"


def audit_key(product: str, environment: str | None) -> str:
    """The folder of the audit log of an environment, or of the product itself."""
    folder = f"products/{product}" if environment is None else environment_key(product, environment)
    return f"{folder}/audit"


def fleet_key(product: str, environment: str, fleet: str) -> str:
    """Where a fleet's wanted size stands."""
    return f"{environment_key(product, environment)}/fleets/{fleet}"


def images_key(product: str, environment: str) -> str:
    """Where it stands on which of Airchain's own images an environment runs."""
    return f"{environment_key(product, environment)}/images"


def host_key(product: str, environment: str, host: str) -> str:
    """The one folder that a host may write beside the leases."""
    return f"{environment_key(product, environment)}/hosts/{host}"


def report_key(product: str, environment: str, host: str) -> str:
    """Where a host's report stands."""
    return f"{host_key(product, environment, host)}/report"


def lease_key(product: str, environment: str, name: str) -> str:
    """Where a lease stands; `name` may contain `/`."""
    return f"{environment_key(product, environment)}/leases/{name}"
