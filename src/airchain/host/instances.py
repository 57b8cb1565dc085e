"""From a release to the instances of its services that a host shall run. Pure.

An instance is a service with an image: its id is a hash of both, so a service
that a release does not change keeps its instance, which is then not touched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from airchain.errors import DeployError, ReleaseError
from airchain.spec.model import Environment, Kind, Service
from airchain.store.records import ImageDigest, Record, Release

NETWORK = "airchain"
SUBNET = "10.213.1.0/24"
GATEWAY = "10.213.1.1"
# Addresses that the engine hands out itself: to tasks and crons.
ENGINE_RANGE = "10.213.1.32/27"
_ADDRESSES = tuple(f"10.213.1.{n}" for n in range(64, 255))


class Instance(Record):
    """One service of one image. `image` is `repository@digest`; `address` its fixed IP."""

    id: str
    product: str
    service: str
    image: str
    spec: Service
    address: str | None = None

    @property
    def name(self) -> str:
        """The name of its container, and of its unit without `.service`."""
        return f"{self.product}-{self.service}-{self.id}"

    @property
    def unit(self) -> str:
        """The name of its systemd unit."""
        return f"{self.name}.service"

    @property
    def kind(self) -> Kind:
        """web, worker, cron or task."""
        return self.spec.kind

    @property
    def stays(self) -> bool:
        """Whether it runs all the time (web, worker) rather than to an end (cron, task)."""
        return self.kind in ("web", "worker")


def wanted(release: Release, environment: str, fleet: str) -> tuple[Instance, ...]:
    """What a host of `fleet` shall run: the fleet's services and the release's tasks.

    Every host knows every task, since any one of them may be the one that runs it.
    """
    specification = environment_of(release, environment)
    if fleet not in specification.fleets:
        raise ReleaseError(
            f"the release has no fleet {fleet!r}", where=f"environments.{environment}.fleets"
        )
    listed = set(specification.fleets[fleet].services)
    return tuple(
        _instance(release, name, service)
        for name, service in specification.services.items()
        if name in listed or service.kind == "task"
    )


def environment_of(release: Release, environment: str) -> Environment:
    """The release's settings for `environment`."""
    if environment not in release.environments:
        raise ReleaseError(
            f"the release has no environment {environment!r}", where=release.revision
        )
    return release.environments[environment]


def require_registry(release: Release, registry: str) -> None:
    """See that the release's images are named as this host knows its registry."""
    for image in release.images.values():
        name = image.repository.partition("/")[0]
        if name != registry:
            raise ReleaseError(
                f"the release's images are at {name}, hosts of this environment know the "
                f"registry as {registry}",
                where="registry.name",
                hint="it was changed in airchain.yaml while the environment was up: change it "
                "back, or `airchain down` and `airchain up` the environment",
            )


def images(release: Release, instances: Iterable[Instance]) -> tuple[ImageDigest, ...]:
    """The images of these instances, each once, in their order."""
    found = {i.spec.image: release.images[i.spec.image] for i in instances}
    return tuple(found.values())


def with_addresses(
    instances: Sequence[Instance], taken: Mapping[str, str | None]
) -> tuple[Instance, ...]:
    """Give each web service and worker an address that no instance in `taken` (by name) has.

    An instance that is in `taken` keeps the one it has.
    """
    free = (a for a in _ADDRESSES if a not in set(taken.values()))
    return tuple(
        i.model_copy(update={"address": taken.get(i.name) or _next(free, i)}) if i.stays else i
        for i in instances
    )


def _next(free: Iterable[str], instance: Instance) -> str:
    for address in free:
        return address
    raise DeployError(
        f"no address is free: {len(_ADDRESSES)} instances run already", where=instance.name
    )


def _instance(release: Release, name: str, service: Service) -> Instance:
    if service.image not in release.images:
        raise ReleaseError(f"the release has no image {service.image!r}", where=f"services.{name}")
    image = release.images[service.image]
    return Instance(
        id=_identifier(image.digest, service),
        product=release.product,
        service=name,
        image=image.reference,
        spec=service,
    )


def _identifier(digest: str, service: Service) -> str:
    fields = service.model_dump(mode="json")
    text = json.dumps([digest, fields], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
