"""Write damaged files of a layer again, from its archive, while containers use the others.

Removing the layer and pulling it again would do as well, but the engine removes
nothing that a container stands on, and what serves is not stopped for it. A file
keeps its inode where it can, so that containers that run see it whole, too.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from airchain.host.proof import OPAQUE, OPAQUE_FLAG, WHITEOUT, Damaged
from airchain.host.storage import Layer

_CHUNK = 1 << 20
_XATTR = "SCHILY.xattr."
_FULL = (errno.ENOSPC, errno.EDQUOT)


def repair(layer: Layer, archive: IO[bytes]) -> tuple[str, ...]:
    """Make the layer's files what its gzipped `archive` says; return what differed.

    Raises `Damaged` where that cannot be done, and `OSError` where the disk is full.
    """
    try:
        with tarfile.open(fileobj=archive, mode="r:*") as members:
            written = [m.name for m in members if _restore(layer.files, members, m)]
            # Last, since writing a file into a folder changes the folder.
            for member in members.getmembers():
                if member.isdir():
                    os.utime(_path(layer.files, member.name), (member.mtime, member.mtime))
    except (OSError, tarfile.TarError) as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise  # A layer is not given up for what will pass.
        raise Damaged(f"it could not be repaired: {error}") from error
    return tuple(written)


def _restore(root: Path, members: tarfile.TarFile, member: tarfile.TarInfo) -> bool:
    """Bring one member to its path; say whether it had to be written."""
    path = _path(root, member.name)
    if path.name == OPAQUE:
        return _mark_opaque(path.parent)
    if path.name.startswith(WHITEOUT):
        removed = path.with_name(path.name.removeprefix(WHITEOUT))
        return _make(removed, stat.S_ISCHR, lambda: os.mknod(removed, stat.S_IFCHR, 0))
    changed = _make_kind(root, path, members, member)
    return _settle(path, member) or changed


def _make_kind(root: Path, path: Path, members: tarfile.TarFile, member: tarfile.TarInfo) -> bool:
    if member.islnk():
        return _link(path, _path(root, member.linkname))
    if member.isreg():
        content = members.extractfile(member)
        return content is not None and _write(path, content, member.size)
    if member.isdir():
        return _make(path, stat.S_ISDIR, path.mkdir)
    if member.issym():
        if path.is_symlink() and str(path.readlink()) != member.linkname:
            path.unlink()
        return _make(path, stat.S_ISLNK, lambda: path.symlink_to(member.linkname))
    device = os.makedev(member.devmajor, member.devminor)
    kind, has = {
        tarfile.CHRTYPE: (stat.S_IFCHR, stat.S_ISCHR),
        tarfile.BLKTYPE: (stat.S_IFBLK, stat.S_ISBLK),
    }.get(member.type, (stat.S_IFIFO, stat.S_ISFIFO))
    return _make(path, has, lambda: os.mknod(path, kind, device))


def _path(root: Path, name: str) -> Path:
    """Where a member stands; never outside of the layer, whatever links lead there."""
    path = root / name.lstrip("/")
    if not path.parent.resolve().is_relative_to(root.resolve()) or path.name == "..":
        raise Damaged(f"{name}: leads out of the layer")
    return path


def _make(path: Path, right: Callable[[int], bool], make: Callable[[], object]) -> bool:
    """Have `path` be of the `right` kind."""
    if os.path.lexists(path):
        if right(path.lstat().st_mode):
            return False
        path.unlink()
    make()
    return True


def _link(path: Path, target: Path) -> bool:
    if os.path.lexists(path):
        if path.samefile(target):
            return False
        path.unlink()
    os.link(target, path, follow_symlinks=False)
    return True


def _write(path: Path, content: IO[bytes], size: int) -> bool:
    """Compare, and write from the first difference on."""
    made = _make(path, stat.S_ISREG, path.touch)
    with path.open("rb") as old:
        same, chunk = 0, b""
        while chunk := content.read(_CHUNK):
            if old.read(len(chunk)) != chunk:
                break
            same += len(chunk)
        if not chunk and path.stat().st_size == size:
            return made
        with _writable(path) as new:
            if not os.path.sameopenfile(old.fileno(), new.fileno()):
                old.seek(0)
                new.write(old.read(same))
            new.seek(same)
            new.write(chunk)
            shutil.copyfileobj(content, new, _CHUNK)
            new.truncate(size)
    return True


def _writable(path: Path) -> IO[bytes]:
    try:
        return path.open("r+b")
    except OSError as error:
        if error.errno != errno.ETXTBSY:
            raise
    # What is just being executed cannot be written: its next start finds a new file.
    path.unlink()
    return path.open("x+b")


def _settle(path: Path, member: tarfile.TarInfo) -> bool:
    """Owner, mode, times and extended attributes; says whether owner or mode were others."""
    found = path.lstat()
    changed = (found.st_uid, found.st_gid) != (member.uid, member.gid)
    if changed:
        os.chown(path, member.uid, member.gid, follow_symlinks=False)
        found = path.lstat()  # A new owner takes special bits away.
    if not member.issym() and stat.S_IMODE(found.st_mode) != stat.S_IMODE(member.mode):
        path.chmod(stat.S_IMODE(member.mode))
        changed = True
    os.utime(path, (member.mtime, member.mtime), follow_symlinks=False)
    for key, value in member.pax_headers.items():
        if key.startswith(_XATTR):
            raw = value.encode("utf-8", "surrogateescape")
            os.setxattr(path, key.removeprefix(_XATTR), raw, follow_symlinks=False)
    return changed


def _mark_opaque(folder: Path) -> bool:
    try:
        if os.getxattr(folder, OPAQUE_FLAG) == b"y":
            return False
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
    os.setxattr(folder, OPAQUE_FLAG, b"y")
    return True
