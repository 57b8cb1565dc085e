"""Read what a comparison of releases needs: the pointer, both records, their images' manifests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from airchain.errors import ReleaseError
from airchain.registry.client import Client, Manifest
from airchain.release import pointer
from airchain.release.diff import Diff, Side, diff, used
from airchain.release.index import short
from airchain.release.make import fetch
from airchain.release.scope import Scope
from airchain.store.records import ImageDigest


def compare(scope: Scope, registry: str, release: str) -> Diff:
    """What the release of that digest would change in the environment as it serves now."""
    held = pointer.hold(scope)
    serves = pointer.proven(held.pointer) if held else None
    new = _side(scope, registry, release)
    old = _side(scope, registry, serves) if serves else None
    images = [
        side.release.images[name]
        for side in (old, new)
        if side
        for name in used(side.release, scope.environment)
    ]
    return diff(scope.environment, old, new, _manifests(registry, images))


def _side(scope: Scope, registry: str, digest: str) -> Side:
    return Side(digest, fetch(registry, scope.product, digest, scope.keys))


def _manifests(registry: str, images: Iterable[ImageDigest]) -> Mapping[str, Manifest]:
    found: dict[str, Manifest] = {}
    with Client(registry) as client:
        for image in images:
            repository = image.repository.partition("/")[2]
            manifest = client.manifest(repository, image.digest)
            if manifest is None:
                raise ReleaseError(
                    f"the registry does not have the image {short(image.digest)} any more",
                    where=image.repository,
                    hint="was it cleaned up? `airchain releases` lists what can be deployed",
                )
            found[image.digest] = manifest
    return found
