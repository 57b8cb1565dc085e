"""Airchain's own images, the host's and the edge's, built like those of any product.

A build context is a folder with fixed file modes, so that the same sources are
the same image whatever umask the working tree was cloned with.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import airchain
from airchain.errors import BuildError
from airchain.fleet.engine_api import require_image, session
from airchain.images import build_and_push
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.progress import Progress
from airchain.spec.model import Bootstrap, Image, Product, Registry, Storage

PACKAGE = Path(airchain.__file__).parent
HOST = PACKAGE / "host" / "image"
EDGE = PACKAGE / "fleet" / "image_edge"

# What the agent imports. Its own image's sources are not among it.
CODE = (
    "__init__.py",
    "errors.py",
    "files.py",
    "paths.py",
    "progress.py",
    "run.py",
    "signing.py",
    "trust.py",
    "spec",
    "store",
    "registry",
    "host",
)
_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", "image")
_EXECUTABLES = Path("rootfs/usr/lib/airchain")


def build(
    engine: Engine,
    home: Home,
    registry: Registry,
    progress: Progress,
    store: Storage | None = None,
) -> tuple[str, str]:
    """Build and push what changed; return the references of the host's and the edge's image."""
    with tempfile.TemporaryDirectory(prefix="airchain-own-") as folder:
        stage_host(Path(folder) / "host")
        stage_edge(Path(folder) / "edge")
        built = build_and_push(
            own_product(registry, store),
            Path(folder),
            engine=engine,
            home=home,
            revision=airchain.__version__,
            progress=progress,
        )
    host, edge = built["host"].reference, built["edge"].reference
    with session(engine, "Airchain's own images") as client:
        require_image(client, host)
        require_image(client, edge)
    return host, edge


def own_product(registry: Registry, store: Storage | None = None) -> Product:
    """Airchain as a product: its repositories are `REGISTRY/airchain/IMAGE`."""
    return Product(
        product="airchain",
        registry=registry,
        store=store or Storage(),
        sizes={},
        images={
            "debian": Image(bootstrap=Bootstrap(packages=("ca-certificates",)), rebuild="weekly"),
            "host": Image(build="host"),
            "edge": Image(build="edge"),
        },
        environments={},
    )


def stage_host(folder: Path) -> None:
    """Fill the new folder `folder` with the build context of the host image."""
    _copy(HOST, folder)
    code = folder / "airchain"
    code.mkdir()
    for name in CODE:
        source = PACKAGE / name
        if source.is_dir():
            shutil.copytree(source, code / name, ignore=_IGNORED)
        else:
            shutil.copyfile(source, code / name)
    _set_modes(folder)


def stage_edge(folder: Path) -> None:
    """Fill the new folder `folder` with the build context of the edge image."""
    _copy(EDGE, folder)
    _set_modes(folder)


def _copy(source: Path, folder: Path) -> None:
    if not (source / "Dockerfile").is_file():
        raise BuildError("is missing from this installation of Airchain", where=str(source))
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))


def _set_modes(folder: Path) -> None:
    """Folders 755, files 644, scripts of the image 755."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        executable = path.is_dir() or path.parent == folder / _EXECUTABLES
        path.chmod(0o755 if executable else 0o644)
