"""The store as a directory that several processes and hosts share.

A write goes to a temporary file and is renamed, so readers see whole objects
only. Conditional writes take an advisory lock on a file beside the objects;
readers take none, so hosts may have the directory mounted read-only.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from airchain.errors import Conflict, StoreError
from airchain.files import PARTIAL, write_whole
from airchain.store import clock
from airchain.store.base import Object, parts_of

_LOCK = ".lock"
# A write takes a millisecond; a host that was paused in the middle of one must not stop the rest.
LOCKED_WITHIN = 10.0
_POLL = 0.005
# Every write shows the file system's time; where nothing is written it is asked for this often.
SKEW_KEPT = 10.0
# A file system notes the time of the kernel's last tick.
_TICK = 0.02


class DirectoryStore:
    """A `Store` below the folder `root`.

    `writable` is the key of a folder that this process may write where it may
    not write all: there it asks the file system for its time.
    """

    interval = 0.1

    def __init__(self, root: Path, writable: str = "") -> None:
        self.root = root
        self._probed = root / writable
        self._skew: tuple[float, float] | None = None

    def get(self, key: str) -> Object | None:
        """The object, or None where there is none."""
        try:
            data = self._path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreError(str(error), where=key) from error
        return Object(key, data, _version(data))

    def put(self, key: str, data: bytes) -> str:
        """Write, whatever was there, and return the new version."""
        path = self._path(key)
        try:
            self._write(path, data)
        except OSError as error:
            raise StoreError(f"cannot write: {error}", where=str(path)) from error
        return _version(data)

    def create(self, key: str, data: bytes) -> str:
        """Write only where no object is; raise `Conflict` otherwise."""
        with self._locked(key):
            if self.get(key) is not None:
                raise Conflict("exists already", where=key)
            return self.put(key, data)

    def replace(self, key: str, data: bytes, version: str) -> str:
        """Write only over `version`; raise `Conflict` otherwise."""
        with self._locked(key):
            current = self.get(key)
            if current is None or current.version != version:
                raise Conflict("was changed by another writer", where=key)
            return self.put(key, data)

    def delete(self, key: str) -> None:
        """Remove the object; none being there is fine."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"cannot remove: {error}", where=key) from error

    def list(self, prefix: str) -> Sequence[str]:
        """All keys below the folder `prefix`, sorted."""
        # A folder that is removed meanwhile is passed over, as by no means every walk does.
        return sorted(
            str(Path(folder, name).relative_to(self.root))
            for folder, _, names in os.walk(self._path(prefix), onerror=_unreadable)
            for name in names
            if name != _LOCK and not name.startswith(PARTIAL)
        )

    def skew(self) -> float | None:
        """Seconds that this machine's clock is ahead of the file system's.

        That is the file server's on a shared one, and 0 on a disk of this machine.
        """
        if self._skew is None or time.monotonic() - self._skew[1] > SKEW_KEPT:
            probe = self._probed / f"{PARTIAL}clock-{os.getpid()}-{threading.get_ident()}"
            try:
                self._write(probe, b"")
                probe.unlink(missing_ok=True)
            except OSError:
                return None
        return self._skew[0] if self._skew else None

    def _write(self, path: Path, data: bytes) -> None:
        began = time.time()
        write_whole(path, data)
        # Another writer's file, or none any more, is as new as ours.
        with suppress(FileNotFoundError):
            found = clock.offset(path.stat().st_mtime, began, time.time(), _TICK)
            self._skew = (found, time.monotonic())

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        # One lock per folder: it also works where a host may write just that folder.
        folder = self._path(key).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / _LOCK).open("a") as lock:
                _acquire(lock, folder)
                yield
        except OSError as error:
            raise StoreError(f"cannot lock: {error}", where=str(folder)) from error

    def _path(self, key: str) -> Path:
        return self.root.joinpath(*parts_of(key))


def _acquire(lock: TextIO, folder: Path) -> None:
    deadline = time.monotonic() + LOCKED_WITHIN
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StoreError(
                    f"waited {LOCKED_WITHIN:g} s for another writer",
                    where=str(folder),
                    hint="a process that stands still holds the lock: `fuser -v` on it shows which",
                ) from None
            time.sleep(_POLL)
        else:
            return


def _unreadable(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise StoreError(f"cannot list: {error}", where=str(error.filename)) from error


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
