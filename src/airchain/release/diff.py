"""What a release would change where another one runs. Pure: records and manifests in, a `Diff` out.

What hosts would do is not guessed: it is asked of the same functions by which
they find it out themselves, so an instance that is called untouched is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from airchain.host import instances
from airchain.host.instances import Instance
from airchain.registry.client import Manifest
from airchain.spec.model import Environment
from airchain.store.records import Release

Kind = Literal["added", "removed", "changed"]
# The one setting of deployments that hosts go by.
KEEP = "deploy.keep"


@dataclass(frozen=True)
class Pull:
    """What one host would fetch: layers, of how many, and bytes, compressed."""

    layers: int
    of: int
    bytes: int


@dataclass(frozen=True)
class ImageChange:
    """An image with another digest; `pull` is what a host lacks that has the old release."""

    name: str
    kind: Kind
    old: str | None
    new: str | None
    pull: Pull


@dataclass(frozen=True)
class Field:
    """A field, such as `env.GREETING`; None where there is none."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class ItemChange:
    """A service, route or the like. One that is added or removed has no fields."""

    name: str
    kind: Kind
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class HostEffect:
    """What each host of a fleet would do, by names of services.

    `start` beside what runs, or for the first time; `stop` once the new ones serve;
    `keep` untouched; `run` tasks, once in the whole environment.
    """

    fleet: str
    start: tuple[str, ...]
    stop: tuple[str, ...]
    keep: tuple[str, ...]
    run: tuple[str, ...]
    pull: Pull


@dataclass(frozen=True)
class Diff:
    """All that differs. `old` is None where nothing is deployed."""

    product: str
    environment: str
    old: str | None
    new: str
    images: tuple[ImageChange, ...]
    services: tuple[ItemChange, ...]
    backing: tuple[ItemChange, ...]
    routes: tuple[ItemChange, ...]
    fleets: tuple[ItemChange, ...]
    settings: tuple[Field, ...]
    hosts: tuple[HostEffect, ...]

    @property
    def empty(self) -> bool:
        """Whether a deployment would change nothing but the release's name."""
        changed = (self.images, self.services, self.backing, self.routes, self.fleets)
        return not any(changed) and not self.settings


@dataclass(frozen=True)
class Side:
    """A release with its digest, as one of the two that are compared."""

    digest: str
    release: Release


def diff(environment: str, old: Side | None, new: Side, manifests: Mapping[str, Manifest]) -> Diff:
    """Compare two releases for one environment.

    `manifests` has those of both releases' images, by digest. Raises `ReleaseError`
    where the new release does not know the environment.
    """
    after = instances.environment_of(new.release, environment)
    before = old.release.environments.get(environment) if old else None
    return Diff(
        product=new.release.product,
        environment=environment,
        old=old.digest if old else None,
        new=new.digest,
        images=tuple(_images(environment, old, new, manifests)),
        services=_items(before.services if before else {}, after.services),
        backing=_items(before.backing if before else {}, after.backing),
        routes=_items(_routes(before), _routes(after)),
        fleets=_items(before.fleets if before else {}, after.fleets),
        settings=tuple(_settings(before, after)),
        hosts=tuple(_effect(environment, fleet, old, new, manifests) for fleet in after.fleets),
    )


def _settings(before: Environment | None, after: Environment) -> Iterable[Field]:
    if before is None:
        return
    yield from _fields(before.edge, after.edge, "edge")
    # The others say how it is brought here, and count as they stand where that is done.
    yield from (f for f in _fields(before.deploy, after.deploy, "deploy") if f.name == KEEP)


def used(release: Release, environment: str) -> frozenset[str]:
    """Names of the images that the environment's services and backing services run from."""
    specification = release.environments.get(environment)
    if specification is None:
        return frozenset()
    services = {s.image for s in specification.services.values()}
    return frozenset(services | {b.image for b in specification.backing.values()})


def _images(
    environment: str, old: Side | None, new: Side, manifests: Mapping[str, Manifest]
) -> Iterable[ImageChange]:
    before = (
        {n: old.release.images[n].digest for n in used(old.release, environment)} if old else {}
    )
    after = {n: new.release.images[n].digest for n in used(new.release, environment)}
    for name in sorted(before.keys() | after.keys()):
        was, becomes = before.get(name), after.get(name)
        if was != becomes:
            pull = to_pull([becomes] if becomes else [], before.values(), manifests)
            yield ImageChange(name, _kind(was, becomes), was, becomes, pull)


def to_pull(
    wanted: Iterable[str], present: Iterable[str], manifests: Mapping[str, Manifest]
) -> Pull:
    """What has to be fetched to have the images `wanted` where those `present` are.

    A layer is there if an image has it on top of the same layers: that is how the
    engine keeps them.
    """
    here, images = set[tuple[str, ...]](), set(present)
    for digest in images:
        here.update(_chains(manifests[digest]))
    layers, of, size = set[str](), set[str](), 0
    for digest in dict.fromkeys(wanted):
        manifest = manifests[digest]
        of.update(layer.digest for layer in manifest.layers)
        if digest in images:
            continue
        size += manifest.config.size
        for layer, chain in zip(manifest.layers, _chains(manifest), strict=True):
            if chain not in here and layer.digest not in layers:
                layers.add(layer.digest)
                size += layer.size
    return Pull(len(layers), len(of), size)


def _chains(manifest: Manifest) -> list[tuple[str, ...]]:
    digests = tuple(layer.digest for layer in manifest.layers)
    return [digests[: number + 1] for number in range(len(digests))]


def _effect(
    environment: str, fleet: str, old: Side | None, new: Side, manifests: Mapping[str, Manifest]
) -> HostEffect:
    before = _wanted(old.release, environment, fleet) if old else ()
    after = _wanted(new.release, environment, fleet)
    was, becomes = {i.name for i in before}, {i.name for i in after}
    kept = {i.service for i in after if i.name in was and i.kind != "task"}
    return HostEffect(
        fleet=fleet,
        start=_names(i for i in after if i.kind != "task" and i.name not in was),
        stop=_names(i for i in before if i.kind != "task" and i.name not in becomes),
        keep=tuple(sorted(kept)),
        run=_names(i for i in after if i.kind == "task"),
        pull=to_pull(
            [i.digest for i in instances.images(new.release, after)],
            [i.digest for i in instances.images(old.release, before)] if old else (),
            manifests,
        ),
    )


def _wanted(release: Release, environment: str, fleet: str) -> tuple[Instance, ...]:
    specification = release.environments.get(environment)
    if specification is None or fleet not in specification.fleets:
        return ()
    return instances.wanted(release, environment, fleet)


def _names(found: Iterable[Instance]) -> tuple[str, ...]:
    return tuple(sorted(i.service for i in found))


def _routes(environment: Environment | None) -> Mapping[str, BaseModel]:
    return {route.path: route for route in environment.routes} if environment else {}


def _items(old: Mapping[str, BaseModel], new: Mapping[str, BaseModel]) -> tuple[ItemChange, ...]:
    changes = []
    for name in sorted(old.keys() | new.keys()):
        was, becomes = old.get(name), new.get(name)
        if was is None or becomes is None:
            changes.append(ItemChange(name, _kind(was, becomes)))
        elif fields := _fields(was, becomes):
            changes.append(ItemChange(name, "changed", fields))
    return tuple(changes)


def _fields(old: BaseModel | None, new: BaseModel, prefix: str = "") -> tuple[Field, ...]:
    if old is None:
        return ()
    before = dict(_flat(old.model_dump(mode="json"), prefix))
    after = dict(_flat(new.model_dump(mode="json"), prefix))
    return tuple(
        Field(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )


def _flat(data: Any, path: str) -> Iterable[tuple[str, Any]]:
    """Values by their dotted path; lists are values."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield from _flat(value, f"{path}.{name}" if path else name)
    else:
        yield path, data


def _kind(old: object, new: object) -> Kind:
    return "added" if old is None else "removed" if new is None else "changed"
