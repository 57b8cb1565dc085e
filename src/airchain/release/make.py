"""Make a release: an OCI artifact beside the images that it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from airchain.images import build_and_push
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.progress import Progress
from airchain.registry.client import pull_artifact, push_artifact
from airchain.release import index
from airchain.release.revision import Revision, read_revision
from airchain.spec.model import Product
from airchain.store import Store
from airchain.store.base import Object
from airchain.store.records import ImageDigest, Release, ReleaseEntry, decode

MEDIA_TYPE = "application/vnd.airchain.release.v1+json"


def compose(product: Product, revision: Revision, images: Mapping[str, ImageDigest]) -> Release:
    """The record of a release, from what was specified and what was built."""
    return Release(
        product=product.product,
        revision=revision.name,
        images={name: images[name] for name in sorted(images)},
        environments=product.environments,
    )


def make(
    product: Product, revision: Revision, images: Mapping[str, ImageDigest], store: Store
) -> ReleaseEntry:
    """Push the release and enter it into the index.

    The same commit, specification and images give the same release again.
    """
    release = compose(product, revision, images)
    digest = push_artifact(
        product.registry.name,
        f"{product.product}/releases",
        media_type=MEDIA_TYPE,
        data=release.encode(),
        annotations={"org.opencontainers.image.revision": revision.name},
        # A tag keeps the artifact from being collected as garbage.
        tag=revision.short,
    )
    return index.add(store, product.product, digest, revision)


def make_from_folder(
    product: Product, folder: Path, engine: Engine, home: Home, store: Store, progress: Progress
) -> ReleaseEntry:
    """Build, test and push what changed, and make a release of it."""
    revision = read_revision(folder)
    images = build_and_push(
        product, folder, engine=engine, home=home, revision=revision.name, progress=progress
    )
    with progress.step("release") as step:
        entry = make(product, revision, images, store)
        step.note(f"{index.short(entry.digest)} of {revision.short}")
    return entry


def fetch(registry: str, product: str, digest: str) -> Release:
    """The release of that digest, verified against it."""
    data = pull_artifact(registry, f"{product}/releases", digest)
    return decode(Object(f"{product}/releases@{digest}", data, digest), Release)
