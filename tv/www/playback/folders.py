"""Where videos stand in the shared files, and how a folder comes to be there whole or not at all.

    SLUG/VERSION/           what viewers fetch
    .ingest/VERSION/        a job's workshop: the source, and a folder for each finished step
    .ingest/upload-…        a file that an editor is sending

nginx gives out no name that begins with a dot.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

SOURCE = "source"


def root() -> Path:
    return Path(settings.MEDIA_ROOT)


def version(slug: str, name: str) -> Path:
    return root() / slug / name


def ingest() -> Path:
    return root() / ".ingest"


def workshop(name: str) -> Path:
    return ingest() / name


def source(name: str) -> Path:
    """The file that a workshop's job is about."""
    return workshop(name) / SOURCE


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `target` in one step once the block is left well.

    Where `target` is there by then, somebody else did the same work, and theirs stays.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    draft.mkdir()
    try:
        yield draft
        for path in draft.iterdir():
            _sync(path)
        try:
            draft.rename(target)
        except OSError:
            if not target.is_dir():
                raise
        _sync(target.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for a moment, on the disk that uploads are on."""
    ingest().mkdir(parents=True, exist_ok=True)
    folder = ingest() / f"scratch-{secrets.token_hex(8)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        remove(folder)


def _sync(path: Path) -> None:
    """What is renamed into place must not turn out empty after a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: Path) -> None:
    """A file or a folder with all in it; it may be gone already, or go meanwhile."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(FileNotFoundError):
            path.unlink()
