"""Images straight from the Debian archive, the same bytes from the same inputs.

mmdebstrap makes the root, `rootfs` makes a layer and an image of it, and the
engine loads that. Variants:

minbase     Debian's essential packages and apt, for images that others start from
essential   Debian's essential packages only
custom      only the packages that are named and what they depend on; their
            maintainer scripts do not run, so there may be no shell, no dpkg
            and no user but root and nobody
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from airchain import machine
from airchain.images import mmdebstrap, rootfs
from airchain.images.archive import newest_release
from airchain.images.engine import Engine
from airchain.images.mmdebstrap import Recipe
from airchain.locks import alone
from airchain.paths import Home
from airchain.progress import Progress, Step
from airchain.run import run

LOAD_TIMEOUT = 600.0
MEMORY = Path("/dev/shm")  # noqa: S108 - used where it is large, and only below a folder of our own
# A root, its packages and the tar of it; the largest that we make are half of that.
WORKSPACE = 3 << 30
KEEP_PACKAGES = 60 * 86_400


def make(
    recipe: Recipe,
    name: str,
    *,
    repository: str,
    key: str,
    engine: Engine,
    home: Home,
    progress: Progress,
) -> str:
    """Make the image, load it into the engine as `repository:key` and return its ID.

    Another product's image of the same `key` is taken where there is one.
    Raises `BuildError` with the end of mmdebstrap's output.
    """
    machine.ensure(("bootstrap",), progress)
    tag = f"{repository}:{key}"
    lock = home.builds / "bootstrap.lock"
    # They would only take each other's processor and packages.
    with (
        progress.step(f"bootstrap {name}") as step,
        alone(lock, other="another bootstrap", timeout=mmdebstrap.TIMEOUT, progress=progress),
    ):
        known = adopt(engine, repository, key)
        if known is not None:
            step.note("the same as another product's")
            return known
        with _workspace(home) as work:
            return _make(recipe, tag, work, engine, home, step)


def adopt(engine: Engine, repository: str, key: str) -> str | None:
    """Tag an image of any repository that has the tag `key`, and return its ID."""
    with closing(engine.client()) as client:
        for image in client.images.list():
            if any(reference.rpartition(":")[2] == key for reference in image.tags):
                image.tag(repository, key)
                return str(image.id)
    return None


def _make(recipe: Recipe, tag: str, work: Path, engine: Engine, home: Home, step: Step) -> str:
    suite = recipe.bootstrap.suite
    created = newest_release(recipe.archive, suite)
    root, layer_file, image = (work / name for name in ("root.tar", "layer.tar", "image.tar"))
    mmdebstrap.make_root(recipe, root, work, _packages(home, recipe), created, step)
    step.note("trim")
    with root.open("rb") as source, layer_file.open("wb") as target:
        layer = rootfs.write_layer(
            source,
            target,
            created=created,
            sources=recipe.archive.sources(suite),
            authorities=b"".join(recipe.authorities.values()),
        )
    root.unlink()
    config = rootfs.configuration(layer, created=created, architecture=recipe.architecture)
    with image.open("wb") as target:
        identity = rootfs.write_image(target, layer_file, config, tag)
    layer_file.unlink()
    step.note(f"load {layer.size / 1e6:.0f} MB")
    _load(engine, image)
    return identity


def _packages(home: Home, recipe: Recipe) -> Path:
    """Where downloaded packages are kept for the next run, those of two months at most."""
    folder = home.builds / "packages" / f"{recipe.bootstrap.suite}-{recipe.architecture}"
    folder.mkdir(parents=True, exist_ok=True)
    oldest = time.time() - KEEP_PACKAGES
    for package in folder.glob("*.deb"):
        # The time of modification is that of the archive.
        if package.stat().st_ctime < oldest:
            package.unlink()
    return folder


def _load(engine: Engine, image: Path) -> None:
    run(
        [engine.cli, "load", "--quiet", "--input", image],
        env=engine.env(),
        timeout=LOAD_TIMEOUT,
    )


@contextmanager
def _workspace(home: Home) -> Iterator[Path]:
    """A folder for the root, in memory where there is plenty: dpkg syncs every file it writes.

    Its name is always the same, so that what a killed run left is removed.
    """
    roomy = machine.is_root() and _free_memory() > 2 * WORKSPACE and _free(MEMORY) > WORKSPACE
    name = "airchain-bootstrap-" + hashlib.sha256(str(home.root).encode()).hexdigest()[:8]
    folder = (MEMORY if roomy else home.builds) / name
    shutil.rmtree(folder, ignore_errors=True)
    # mmdebstrap's sandboxed children look into it as another user.
    folder.mkdir(mode=0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def _free_memory() -> int:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
