"""The types of airchain.yaml: frozen, with defaults filled in.

Only shapes and single-field limits stand here. What relates several fields
(references, cycles, duplicate ports) is checked by `spec.rules`; files,
line numbers and overlays are the business of `spec.load`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=32)]
SecretName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=64)]
Port = Annotated[int, Field(ge=1, le=65535)]
Domain = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=253)]
Percent = Annotated[str, Field(pattern=r"^(100|[1-9][0-9]?)%$")]
Memory = Annotated[str, Field(pattern=r"^[1-9][0-9]*[mg]$")]
Kind = Literal["web", "worker", "cron", "task"]


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


class Service(Model):
    """Something that runs from an image."""

    image: Name
    kind: Kind
    command: str | None = None
    port: Port | None = None
    health: Health | None = None
    env: Mapping[str, str] = {}
    secrets: tuple[SecretName, ...] = ()
    volumes: tuple[str, ...] = ()
    tmpfs: tuple[str, ...] = ("/tmp",)  # noqa: S108 - a path inside the container
    read_only: bool = True
    user: str | None = None
    capabilities: tuple[str, ...] = ()
    schedule: str | None = None
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


class Route(Model):
    """Requests whose path starts with `path` go to the web service `to`."""

    path: str = Field(pattern=r"^/[A-Za-z0-9._~/-]*$")
    to: Name
    cache: Seconds | None = None


class Fleet(Model):
    """Identical hosts, between `min` and `max`, each running `services`."""

    services: tuple[Name, ...]
    min: int = Field(default=1, ge=0)
    max: int = Field(default=10, ge=1)
    size: str = "small"


class Edge(Model):
    """Where the environment answers."""

    port: Port = 8080
    domains: tuple[Domain, ...] = ("localhost",)


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
    routes: tuple[Route, ...] = ()
    fleets: Mapping[Name, Fleet]
    edge: Edge = Edge()
    deploy: Deploy = Deploy()


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
