"""The build context of Airchain's own images: the host's and the edge's.

A context is a folder with fixed file modes, so that the same sources are the
same image whatever umask the working tree was cloned with.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import airchain
from airchain.errors import BuildError

PACKAGE = Path(airchain.__file__).parent
HOST = PACKAGE / "host" / "image"
EDGE = PACKAGE / "fleet" / "image_edge"

# What the agent imports. Its own image's sources are not among it.
CODE = (
    "__init__.py",
    "errors.py",
    "paths.py",
    "progress.py",
    "run.py",
    "spec",
    "store",
    "registry",
    "host",
)
_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", "image")
_EXECUTABLES = Path("rootfs/usr/lib/airchain")


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
