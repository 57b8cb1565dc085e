"""The types of airchain.yaml: frozen, with defaults filled in.

Only shapes and single-field limits stand here. What relates several fields
(references, cycles, duplicate ports) is checked by `spec.rules`; files,
line numbers and overlays are the business of `spec.load`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_serializer

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=32)]
SecretName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=64)]
Port = Annotated[int, Field(ge=1, le=65535)]
Domain = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=253)]
Percent = Annotated[str, Field(pattern=r"^(100|[1-9][0-9]?)%$")]
Memory = Annotated[str, Field(pattern=r"^[1-9][0-9]*[mg]$")]
Bytes = Annotated[str, Field(pattern=r"^[1-9][0-9]*[kmg]$")]
Kind = Literal["web", "worker", "cron", "task"]
# A folder of files as a service names it.
FilesUse = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*(:ro)?$", max_length=35)]
Cookie = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$", max_length=64)]
# Headers in which whoever stands in front of the edge says who asks, and how.
Told = Annotated[
    str, Field(pattern=r"^(X-Forwarded-(For|Proto)|(X-Viewer|CloudFront)-[A-Za-z0-9-]{1,50})$")
]
Header = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=64)]


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)$")


def _seconds(value: object) -> object:
    """`90`, `"500ms"`, `"1s"`, `"2m"` or `"1h"` as seconds; anything else as it is."""
    match = _DURATION.match(value) if isinstance(value, str) else None
    return float(match[1]) * _UNITS[match[2]] if match else value


Seconds = Annotated[
    float,
    BeforeValidator(_seconds, json_schema_input_type=float | str),
    Field(gt=0, le=86_400),
]


class Model(BaseModel):
    """Frozen; unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Registry(Model):
    """`name` resolves to loopback on every machine; images are `NAME/PRODUCT/IMAGE`."""

    name: str = Field(default="localhost:5050", pattern=r"^[a-z0-9.-]+:[0-9]+$")


class S3(Model):
    """A bucket, or the part of one below `prefix`.

    `endpoint` names a server other than Amazon's that speaks the same protocol;
    hosts reach it by the same address.
    """

    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    region: str = Field(pattern=r"^[a-z0-9-]+$")
    prefix: str = Field(
        default="", pattern=r"^([A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*)?$", max_length=200
    )
    endpoint: str | None = Field(default=None, pattern=r"^https?://[A-Za-z0-9.:\[\]-]+$")


class Storage(Model):
    """Where the store is: in the bucket `s3`, else a directory of the machine that builds."""

    s3: S3 | None = None


class Size(Model):
    """What a local host may use, `memory` as in `512m`, `2g`; `aws` is what it stands for there."""

    cpus: float = Field(gt=0, le=1024)
    memory: Memory
    aws: str | None = None


class Bootstrap(Model):
    """A root file system made straight from the Debian archive."""

    suite: str = "bookworm"
    packages: tuple[str, ...] = ()
    variant: Literal["minbase", "essential", "custom"] = "minbase"


class ImageTest(Model):
    """A command that must succeed inside the image, or in the stage `target` of its Dockerfile."""

    run: str
    target: str | None = None
    timeout: Seconds = 600


class Image(Model):
    """A container image: `bootstrap` or `build`, exactly one of the two."""

    bootstrap: Bootstrap | None = None
    build: str | None = None
    dockerfile: str = "Dockerfile"
    args: Mapping[str, str] = {}
    test: ImageTest | None = None
    rebuild: Literal["weekly", "never"] = "never"


class Health(Model):
    """How a service shows that it is ready: HTTP status 200 to 399 at `path`."""

    path: str = Field(default="/healthz", pattern=r"^/[^\s]*$")
    interval: Seconds = 0.1
    timeout: Seconds = 2
    within: Seconds = 30


class Files(Model):
    """A folder that all hosts of an environment share.

    Services that name it have it at `/files/NAME`, and routes answer with what is in it.
    `aws` is what it stands for there.
    """

    aws: str | None = None


class Service(Model):
    """Something that runs from an image. `files` are `NAME`, or `NAME:ro` to read only.

    One with `before_tasks` starts while the tasks of its release still run. Requests come
    to it only once they are done.
    """

    image: Name
    kind: Kind
    command: str | None = None
    port: Port | None = None
    health: Health | None = None
    env: Mapping[str, str] = {}
    secrets: tuple[SecretName, ...] = ()
    volumes: tuple[str, ...] = ()
    files: tuple[FilesUse, ...] = ()
    tmpfs: tuple[str, ...] = ("/tmp",)  # noqa: S108 - a path inside the container
    read_only: bool = True
    user: str | None = None
    capabilities: tuple[str, ...] = ()
    schedule: str | None = None
    before_tasks: bool = False
    stop_timeout: Seconds = 10
    drain_timeout: Seconds = 30
    timeout: Seconds = 600
    memory: Memory | None = None


class Backing(Model):
    """MySQL, Redis, DynamoDB, SQS: a container locally, a managed service on AWS.

    Reachable by its name at `port` from every container of the environment.
    """

    image: Name
    port: Port
    command: str | None = None
    env: Mapping[str, str] = {}
    secrets: tuple[SecretName, ...] = ()
    data: str | None = Field(default=None, pattern=r"^/")
    memory: Memory | None = None
    aws: str | None = None


class Cache(Model):
    """How long a host keeps what a service answered, for all who ask for the same.

    That is for answers that say nothing of it themselves (`Cache-Control`); one that sets a
    cookie is never kept. For `stale` seconds more the old answer is given while a new
    one is made, and where none can be. Headers in `key` tell answers apart, as path and host
    do. Whoever has a cookie of `private`, or an `Authorization`, asks the service itself.
    """

    seconds: Seconds
    stale: Annotated[float, BeforeValidator(_seconds), Field(ge=0, le=86_400)] = 10
    key: tuple[Header, ...] = ()
    private: tuple[Cookie, ...] = ()


def _cache(value: object) -> object:
    """`1` or `"1s"` as how long; anything else as it is."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        return {"seconds": value}
    if isinstance(value, Mapping):
        # What comes from here counts as Python's, of which a list is no tuple.
        return {name: tuple(v) if isinstance(v, list) else v for name, v in value.items()}
    return value


class Limit(Model):
    """How often one address may ask; `burst` requests more may come at once."""

    per_second: float = Field(gt=0, le=100_000)
    burst: int = Field(default=20, ge=0, le=1_000_000)


class Signed(Model):
    """Addresses that expire, and hold only for the viewer that they were made for.

    They are `PATH/SIGNATURE/EXPIRES/FOLDERS/FILE`: one signature is good for all files
    below the first `folders` folders. The viewer is known by `header`, else by `cookie`,
    and the signature made with `secret`.
    """

    secret: SecretName
    cookie: Cookie | None = None
    header: Header | None = None
    folders: int = Field(default=1, ge=1, le=8)


class Route(Model):
    """Requests whose path starts with `path` go to the web service `to`, or get `files`.

    `cache` is how long an answer of a service is kept on the host, and how long
    whoever fetched a file may keep it. A request may have a `body` of that many bytes. Of
    answers that succeed the share `log` is logged, of those without a service one in a hundred.
    """

    path: str = Field(pattern=r"^/[A-Za-z0-9._~/-]*$")
    to: Name | None = None
    files: Name | None = None
    signed: Signed | None = None
    cache: Annotated[
        Cache | None,
        BeforeValidator(_cache, json_schema_input_type=Cache | float | str | None),
    ] = None
    limit: Limit | None = None
    body: Bytes = "100m"
    log: Percent = "100%"

    @field_serializer("cache")
    def _as_written(self, cache: Cache | None) -> Cache | float | None:
        # A plain number where that is all: so hosts of an earlier Airchain read it, too.
        plain = cache is not None and cache == Cache(seconds=cache.seconds)
        return cache.seconds if cache is not None and plain else cache


class Fleet(Model):
    """Identical hosts, between `min` and `max`, each running `services`."""

    services: tuple[Name, ...]
    min: int = Field(default=1, ge=0)
    max: int = Field(default=10, ge=1)
    size: str = "small"


class Edge(Model):
    """Where the environment answers; with `maintenance`, that it will be back.

    `trust` are headers that are believed as they come, since only a proxy in front of the
    edge can send them. Without it nobody's word counts for who or where a viewer is.
    """

    port: Port = 8080
    domains: tuple[Domain, ...] = ("localhost",)
    maintenance: bool = False
    trust: tuple[Told, ...] = ()


class Notify(Model):
    """Where deployments are told of: a webhook that takes Slack's JSON.

    Its address is a secret of the environment, since whoever knows it may write there.
    `messages` replace the texts of single stages; `{{ release }}` and the like are filled in.
    """

    secret: SecretName
    messages: Mapping[Literal["start", "canary", "done", "reverted", "failed"], str] = {}


class Deploy(Model):
    """How a release comes to the hosts of an environment.

    `waves` say how many hosts run it before all do, as numbers or shares, each
    more than the one before; the first is the canary. After each, hosts are
    watched for `watch` seconds: a new host that restarts a service ends the
    deployment, so do answers 5xx that are `errors` (a share) more frequent than
    on old hosts, and answers that take `slowdown` times as long as theirs.
    Hosts keep the images of the last `keep` releases that served, for a rollback.
    """

    waves: tuple[Annotated[int, Field(ge=1)] | Percent, ...] = (1, "25%")
    watch: Annotated[float, BeforeValidator(_seconds), Field(ge=0, le=86_400)] = 1
    errors: float = Field(default=0.02, gt=0, le=1)
    slowdown: float = Field(default=3, gt=1)
    timeout: Seconds = 600
    keep: int = Field(default=2, ge=0, le=10)
    notify: Notify | None = None


class Secret(Model):
    """A secret's declaration; its value is never written here.

    With `generate`, `airchain up` makes a random value where the environment has none.
    """

    generate: bool = False


class Environment(Model):
    """One environment with the product's settings and its own overlay merged."""

    services: Mapping[Name, Service]
    backing: Mapping[Name, Backing] = {}
    files: Mapping[Name, Files] = {}
    routes: tuple[Route, ...] = ()
    fleets: Mapping[Name, Fleet]
    edge: Edge = Edge()
    deploy: Deploy = Deploy()

    @property
    def web_fleets(self) -> tuple[str, ...]:
        """Fleets with a web service, in their order: the edge sends requests to their hosts.

        The first of them answers for files.
        """
        web = {name for name, service in self.services.items() if service.kind == "web"}
        return tuple(n for n, fleet in self.fleets.items() if web.intersection(fleet.services))

    @property
    def signing_keys(self) -> tuple[str, ...]:
        """Secrets that signed addresses are checked with."""
        return tuple(sorted({r.signed.secret for r in self.routes if r.signed}))


class Product(Model):
    """What one airchain.yaml describes, with every environment resolved."""

    product: Name
    registry: Registry = Registry()
    store: Storage = Storage()
    sizes: Mapping[Name, Size]
    secrets: Mapping[SecretName, Secret] = {}
    images: Mapping[Name, Image]
    environments: Mapping[Name, Environment]

    def repository(self, image: str) -> str:
        """The image's name without tag or digest, the same on every machine."""
        return f"{self.registry.name}/{self.product}/{image}"
