"""Container images: bootstrap, build, test, push, size, through the Docker Engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


__all__ = ["build_and_push"]
