"""Container images: bootstrap, build, test, push, size, through the Docker Engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airchain.images.build import Built
    from airchain.images.engine import Engine
    from airchain.paths import Home
    from airchain.progress import Progress
    from airchain.spec.model import Product
    from airchain.store.records import ImageDigest


def build_and_push(
    product: Product,
    folder: Path,
    *,
    engine: Engine,
    home: Home,
    revision: str,
    progress: Progress,
    only: Sequence[str] | None = None,
    test: bool = True,
) -> Mapping[str, ImageDigest]:
    """Build, test and push what changed; the digests of all images, or of `only` and its parents.

    Images that do not depend on each other are made side by side; each is
    pushed as soon as its own test has passed. Raises `BuildError`,
    `ImageTestError`, `RegistryError`.
    """
    from airchain.images.build import Workshop
    from airchain.images.pipeline import publish_all

    workshop = Workshop(product, folder, engine, home, progress, revision)
    return publish_all(workshop, only, test=test)


def build(
    product: Product,
    folder: Path,
    images: Sequence[str] | None,
    *,
    engine: Engine,
    home: Home,
    revision: str,
    progress: Progress,
) -> Mapping[str, Built]:
    """Build what changed, and neither test nor push it."""
    from airchain.images.build import Workshop
    from airchain.images.pipeline import build_all

    return build_all(Workshop(product, folder, engine, home, progress, revision), images)


__all__ = ["build", "build_and_push"]
