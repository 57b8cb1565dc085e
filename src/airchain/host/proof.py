"""Prove that a layer lies on this host exactly as it was pushed.

An engine that loses power, or whose disk lies, may hold an image whose records
are right and whose files are empty, cut short or missing. It does not notice:
a pull of what it believes to have does nothing. So the archive of each layer is
put together again from its files and must have the digest that the image names.

Reading everything takes time, hence a proof is kept as long as it holds: for
this unpacking of the layer (its cache id), this run of the engine, this boot.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import stat
import zlib
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from airchain.host.storage import Layer

_CHUNK = 1 << 20
_BLOCK = 512
WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
OPAQUE_FLAG = "trusted.overlay.opaque"
# Where a header of a tar archive holds what (POSIX ustar).
_MODE, _OWNER, _GROUP = slice(100, 108), slice(108, 116), slice(116, 124)
_TYPE = 156
_IS_TYPE = {
    b"0": stat.S_ISREG,
    b"\0": stat.S_ISREG,
    b"1": stat.S_ISREG,
    b"2": stat.S_ISLNK,
    b"3": stat.S_ISCHR,
    b"4": stat.S_ISBLK,
    b"5": stat.S_ISDIR,
    b"6": stat.S_ISFIFO,
}
_LINK = b"2"


class Damaged(Exception):
    """What of a layer is not as it was pushed, in words.

    `files` is False where it is the engine's own record of the layer.
    """

    def __init__(self, message: str, *, files: bool = True) -> None:
        super().__init__(message)
        self.files = files


@dataclass(frozen=True)
class _Entry:
    """A member of the archive: its name, the bytes of its content, its header."""

    name: str
    size: int
    header: bytes


class Proofs:
    """What has been proven. `folder` is in memory, so that a boot forgets it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, engine: str, layer: Layer) -> bool:
        """Whether the layer was proven while the engine run called `engine` lasts."""
        return (self._folder / engine / layer.cache).exists()

    def add(self, engine: str, layer: Layer) -> None:
        """Remember the proof; those of earlier runs of the engine are forgotten."""
        for old in self._folder.glob("*"):
            if old.name != engine:
                shutil.rmtree(old, ignore_errors=True)
        (self._folder / engine).mkdir(parents=True, exist_ok=True)
        (self._folder / engine / layer.cache).touch()

    def forget(self, layer: Layer) -> None:
        """Have the layer proven anew."""
        for found in self._folder.glob(f"*/{layer.cache}"):
            found.unlink(missing_ok=True)


def prove(layer: Layer) -> None:
    """Return if the layer's files are whole; raise `Damaged` naming the first that is not."""
    digest = sha256()
    try:
        for part in _archive(layer):
            digest.update(part)
    except (OSError, EOFError, ValueError, KeyError, zlib.error) as error:
        raise Damaged(f"the engine's record of the layer: {error}", files=False) from error
    if "sha256:" + digest.hexdigest() != layer.diff:
        raise Damaged("the content of a file has changed")


def _archive(layer: Layer) -> Iterator[bytes]:
    """The layer's archive, from the engine's record and the files; they are checked on the way."""
    header = b""
    root = str(layer.files)
    if not layer.archive_record.stat().st_size:
        raise ValueError("is empty")
    with gzip.open(layer.archive_record) as record:
        for line in record:
            part: dict[str, Any] = json.loads(line)
            if part["type"] == 2:
                raw = b64decode(part["payload"])
                # A file's header is what stands last before it.
                header = raw[-_BLOCK:] if len(raw) >= _BLOCK else header
                yield raw
                continue
            entry = _Entry(_name(part), int(part.get("size") or 0), header)
            try:
                yield from _content(root, entry)
            except OSError as error:
                raise Damaged(f"{entry.name}: {error.strerror}") from error


def _name(part: dict[str, Any]) -> str:
    if raw := part.get("name_raw"):
        return os.fsdecode(b64decode(raw))
    return str(part["name"])


def _content(root: str, entry: _Entry) -> Iterator[bytes]:
    # Strings, not paths: there are thousands of files.
    folder, _, name = entry.name.rstrip("/").rpartition("/")
    path = f"{root}/{folder}/{name}"
    if name == OPAQUE:
        if os.getxattr(f"{root}/{folder}", OPAQUE_FLAG) != b"y":
            raise Damaged(f"{entry.name}: the folder is not marked as opaque")
        return
    if name.startswith(WHITEOUT):
        removed = os.lstat(f"{root}/{folder}/{name.removeprefix(WHITEOUT)}")
        if not stat.S_ISCHR(removed.st_mode):
            raise Damaged(f"{entry.name}: it is not marked as removed")
        return
    _check(os.lstat(path), entry)
    if entry.size:
        yield from _read(path, entry)


def _check(found: os.stat_result, entry: _Entry) -> None:
    kind = entry.header[_TYPE : _TYPE + 1]
    if kind in _IS_TYPE and not _IS_TYPE[kind](found.st_mode):
        raise Damaged(f"{entry.name}: is another kind of file")
    owner, group, mode = (_octal(entry.header[field]) for field in (_OWNER, _GROUP, _MODE))
    if owner not in (None, found.st_uid) or group not in (None, found.st_gid):
        raise Damaged(f"{entry.name}: has another owner")
    # A symbolic link has no mode of its own.
    if kind != _LINK and mode is not None and stat.S_IMODE(mode) != stat.S_IMODE(found.st_mode):
        raise Damaged(f"{entry.name}: has another mode")


def _read(path: str, entry: _Entry) -> Iterator[bytes]:
    left = entry.size
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        while chunk := os.read(file, _CHUNK):
            left -= len(chunk)
            yield chunk
    finally:
        os.close(file)
    if left:
        raise Damaged(f"{entry.name}: {entry.size - left} bytes instead of {entry.size}")


def _octal(field: bytes) -> int | None:
    """A number of a header; None where it is written in another way."""
    try:
        return int(field.strip(b"\0 ") or b"0", 8)
    except ValueError:
        return None
