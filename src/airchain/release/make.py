"""Make a release: an OCI artifact beside the images that it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from airchain.images import build_and_push
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.progress import Progress
from airchain.registry.client import pull_artifact, push_artifact
from airchain.registry.pushes import host_name, pushing
from airchain.release import index
from airchain.release.keys import Keys
from airchain.release.revision import Revision, read_revision
from airchain.signing import short
from airchain.spec.model import Product
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
    product: Product, revision: Revision, images: Mapping[str, ImageDigest], keys: Keys
) -> ReleaseEntry:
    """Push the release, sign it and enter it into the index.

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
    keys.sign_release(digest)
    return index.add(keys.store, product.product, digest, revision)


def make_from_folder(
    product: Product, folder: Path, engine: Engine, home: Home, keys: Keys, progress: Progress
) -> ReleaseEntry:
    """Build, test and push what changed, and make a release of it."""
    if new := keys.ensure():
        with progress.step("signing key") as step:
            step.note(f"made {short(new)} in {keys.folder}; keep a copy: airchain keys export")
    keys.private()  # Known before anything is built.
    revision = read_revision(folder)
    # Images that are found and not built stay until the release that names them is known.
    with pushing(keys.store, f"release of {product.product} on {host_name()}"):
        images = build_and_push(
            product, folder, engine=engine, home=home, revision=revision.name, progress=progress
        )
        with progress.step("release") as step:
            entry = make(product, revision, images, keys)
            step.note(f"{index.short(entry.digest)} of {revision.short}")
    return entry


def fetch(registry: str, product: str, digest: str, keys: Keys) -> Release:
    """The release of that digest; its signature is verified, and its bytes against the digest."""
    keys.verify_release(digest)
    return unsigned(registry, product, digest)


def unsigned(registry: str, product: str, digest: str) -> Release:
    """The release of that digest, whoever made it: to look at, not to run."""
    data = pull_artifact(registry, f"{product}/releases", digest)
    return decode(Object(f"{product}/releases@{digest}", data, digest), Release)
