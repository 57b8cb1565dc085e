"""Remove from a registry's storage what nothing needs, while it is in use.

Decided anew for each batch, from one listing, while no push is under way; then removed
in an order that leaves a whole registry wherever it is cut short: manifests, the links
that offer a blob, the blob.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from airchain.errors import RegistryError
from airchain.registry.client import Client
from airchain.registry.storage import Inventory, Storage

Manifest = tuple[str, str]
"""A manifest: repository and digest."""


@dataclass(frozen=True)
class Keep:
    """What is kept beside what is young.

    Only repositories of `products` are cleaned. Of each, the manifests of the newest
    `tags` tags are kept: builds find images again by them. Repositories named `.../releases`
    have tags for people only.
    """

    products: frozenset[str]
    manifests: frozenset[Manifest]
    tags: int = 10
    manifests_for: timedelta = timedelta(days=1)
    blobs_for: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class Garbage:
    """What can go; `blobs` with their sizes in bytes, `links` by the blob they offer."""

    manifests: tuple[Manifest, ...] = ()
    blobs: Mapping[str, int] = field(default_factory=dict)
    links: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """What removing it frees."""
        return sum(self.blobs.values())


@dataclass(frozen=True)
class Removed:
    """What a batch removed; `complete` where nothing is left to remove."""

    manifests: int = 0
    blobs: int = 0
    bytes: int = 0
    complete: bool = False


def garbage(
    inventory: Inventory,
    keep: Keep,
    tagged: Mapping[tuple[str, str], str],
    read: Callable[[Sequence[str]], Mapping[str, bytes]],
    now: datetime,
) -> Garbage:
    """What nothing needs. `tagged` says what tags name, `read` gives the bytes of manifests.

    Raises `RegistryError` where a manifest that stays cannot be understood.
    """
    kept = _with_children(_kept(inventory, keep, tagged, now), inventory, read)
    needed = {digest for _, digest in kept}.union(*(r.blobs for r in kept.values()))
    oldest = now - keep.blobs_for
    blobs = {
        digest: blob.size
        for digest, blob in inventory.blobs.items()
        if digest not in needed and blob.written < oldest
    }
    doomed = tuple(sorted(m for m in inventory.revisions if m not in kept))
    return Garbage(doomed, blobs, {d: inventory.links.get(d, frozenset()) for d in blobs})


@dataclass(frozen=True)
class References:
    """What a manifest names: blobs, and manifests of its own repository."""

    blobs: frozenset[str] = frozenset()
    manifests: frozenset[Manifest] = frozenset()


def references(raw: bytes | None, manifest: Manifest) -> References:
    """What a manifest names; nothing where its bytes are gone."""
    if raw is None:
        return References()
    try:
        document = json.loads(raw)
        named = [*document.get("layers", ()), *document.get("manifests", ())]
        named += [document["config"]] if "config" in document else []
        digests = frozenset(str(one["digest"]) for one in named)
        children = frozenset(
            (manifest[0], str(one["digest"])) for one in document.get("manifests", ())
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RegistryError(
            "a manifest cannot be read, so what it needs is not known; nothing is removed",
            where="@".join(manifest),
        ) from error
    return References(digests, children)


def remove(
    found: Garbage, storage: Storage, registry: Client, go_on: Callable[[], bool]
) -> Removed:
    """Remove it, as far as `go_on` allows."""
    manifests = blobs = size = 0
    for repository, digest in found.manifests:
        if not go_on():
            return Removed(manifests, blobs, size)
        registry.delete_manifest(repository, digest)
        manifests += 1
    for digest, length in found.blobs.items():
        for repository in sorted(found.links.get(digest, ())):
            if not go_on():
                return Removed(manifests, blobs, size)
            registry.delete_blob(repository, digest)
        if not go_on():
            return Removed(manifests, blobs, size)
        storage.delete_blob(digest)
        blobs += 1
        size += length
    return Removed(manifests, blobs, size, complete=True)


def _kept(
    inventory: Inventory, keep: Keep, tagged: Mapping[tuple[str, str], str], now: datetime
) -> set[Manifest]:
    """Manifests that are named, young, newly tagged, or none of ours."""
    oldest = now - keep.manifests_for
    newest = _newest(inventory, keep.tags)
    by_tag = {(tag[0], digest) for tag, digest in tagged.items() if tag in newest}
    return {
        manifest
        for manifest, written in inventory.revisions.items()
        if manifest[0].partition("/")[0] not in keep.products
        or manifest in keep.manifests
        or manifest in by_tag
        or written >= oldest
    }


def _newest(inventory: Inventory, count: int) -> set[tuple[str, str]]:
    """The newest `count` tags of each repository of images."""
    by_repository: dict[str, list[tuple[str, str]]] = {}
    for tag in sorted(inventory.tags, key=lambda t: (inventory.tags[t], t), reverse=True):
        if not tag[0].endswith("/releases"):
            by_repository.setdefault(tag[0], []).append(tag)
    return {tag for tags in by_repository.values() for tag in tags[:count]}


def _with_children(
    kept: Iterable[Manifest],
    inventory: Inventory,
    read: Callable[[Sequence[str]], Mapping[str, bytes]],
) -> dict[Manifest, References]:
    """What these manifests name, and those that they name, such as an index its images."""
    found: dict[Manifest, References] = {}
    left = set(kept)
    while left := {m for m in left if m not in found and m in inventory.revisions}:
        raw = read([digest for _, digest in left])
        new = {m: references(raw.get(m[1]), m) for m in left}
        found |= new
        left = set[Manifest]().union(*(r.manifests for r in new.values()))
    return found
