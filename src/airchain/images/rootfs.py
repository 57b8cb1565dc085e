"""From the tar that mmdebstrap writes to a layer that is the same every time.

Pure transformation of a stream: what is left out, what is replaced, what is
added is decided by path alone.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

# Kept out of images, and by dpkg's configuration out of what is installed on top of them.
EXCLUDED = (
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/lintian/*",
    "/usr/share/linda/*",
    "/usr/share/bug/*",
)
INCLUDED = ("/usr/share/doc/*/copyright", "/usr/share/locale/locale.alias")

DPKG_PATH = "etc/dpkg/dpkg.cfg.d/airchain"
DPKG_CONFIGURATION = "".join(
    [
        "# Written by Airchain: images hold no documentation and no translations.\n",
        # An image is made whole or not at all; there is nothing to sync for.
        "force-unsafe-io\n",
        *(f"path-exclude={pattern}\n" for pattern in EXCLUDED),
        *(f"path-include={pattern}\n" for pattern in INCLUDED),
    ]
)
APT_CONFIGURATION = """\
// Written by Airchain: only what is asked for, and no caches in layers.
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
APT::Keep-Downloaded-Packages "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
"""
# What a package's maintainer scripts would have made, for roots without them.
USERS = """\
root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"
NSSWITCH = "passwd: files\ngroup: files\nhosts: files dns\n"

_DROPPED = re.compile(
    r"""(
      dev/.* | run/.* | tmp/.* | proc/.* | sys/.*
    | var/lib/apt/lists/.* | var/cache/(apt|ldconfig)/.* | var/cache/debconf/.*-old
    | var/lib/apt/extended_states | var/lib/dbus/machine-id | var/lib/systemd/random-seed
    | var/lib/dpkg/[a-z]+-old | var/lib/dpkg/lock.* | var/lib/dpkg/triggers/Lock
    | etc/(hostname|resolv\.conf|machine-id|\.pwd\.lock)
    | etc/(passwd|group|shadow|gshadow|subuid|subgid)-
    | etc/apt/(apt\.conf\.d/99mmdebstrap|preferences\.d/airchain)
    | etc/apt/sources\.list | etc/apt/sources\.list\.d/.*
    | etc/dpkg/dpkg\.cfg\.d/(99mmdebstrap|airchain)
    | usr/share/(man|info|lintian|linda|bug)/.+
    | usr/share/locale/(?!locale\.alias$).+
    )$""",
    re.VERBOSE,
)
_DOCUMENTATION = re.compile(r"usr/share/doc/.+")
_LOG = re.compile(r"var/log/.+")
_FOLDERS = ("dev", "proc", "sys", "run", "tmp", "var/tmp", "root", "etc", "var/log")
_STICKY = {"tmp": 0o1777, "var/tmp": 0o1777, "root": 0o700}
_XATTR = "SCHILY.xattr."


@dataclass(frozen=True)
class Layer:
    """A layer that was written: hash of its bytes, and which names it holds."""

    digest: str
    size: int
    names: frozenset[str] = field(repr=False)


def kept(name: str, *, is_folder: bool) -> bool:
    """Whether the member `name` (without a leading `./`) belongs into an image."""
    if _DROPPED.match(name):
        return False
    if _LOG.match(name):
        return is_folder
    if _DOCUMENTATION.match(name):
        return is_folder or name.endswith("/copyright")
    return True


def additions(names: frozenset[str], sources: str | None) -> Mapping[str, bytes]:
    """The files that the image gets beside those of `names`, by path.

    `sources` is apt's list of repositories, for images that have apt.
    """
    added = {"etc/machine-id": b""}
    if "usr/bin/dpkg" in names:
        added[DPKG_PATH] = DPKG_CONFIGURATION.encode()
    if "usr/bin/apt-get" in names and sources is not None:
        added["etc/apt/apt.conf.d/90airchain"] = APT_CONFIGURATION.encode()
        added["etc/apt/sources.list.d/debian.sources"] = sources.encode()
    for path, text in (
        ("etc/passwd", USERS),
        ("etc/group", GROUP),
        ("etc/nsswitch.conf", NSSWITCH),
    ):
        if path not in names:
            added[path] = text.encode()
    return added


def write_layer(
    source: IO[bytes],
    target: IO[bytes],
    *,
    created: datetime,
    sources: str | None,
    authorities: bytes = b"",
) -> Layer:
    """Copy the tar `source` to `target`, trimmed, no file newer than `created`.

    `authorities` are further certificates (PEM) for roots whose maintainer
    scripts did not run: they are joined with those of `ca-certificates`.
    """
    newest = int(created.timestamp())
    names: set[str] = set()
    bundle: list[bytes] = []
    hashing = _Hashing(target)
    with (
        tarfile.open(fileobj=source, mode="r|") as read,
        tarfile.open(fileobj=hashing, mode="w|", format=tarfile.PAX_FORMAT) as written,
    ):
        for member in read:
            name = member.name.removeprefix("./").rstrip("/")
            if name in (".", "") or not kept(name, is_folder=member.isdir()):
                continue
            content = read.extractfile(member) if member.isreg() else None
            if name.startswith("usr/share/ca-certificates/") and content is not None:
                data = content.read()
                bundle.append(data)
                content = io.BytesIO(data)
            _normalise(member, name, newest)
            written.addfile(member, content)
            names.add(name)
        _add_folders(written, names, newest)
        added = dict(additions(frozenset(names), sources))
        if bundle and "etc/ssl/certs/ca-certificates.crt" not in names:
            added["etc/ssl/certs/ca-certificates.crt"] = b"".join([*bundle, authorities])
        for name in sorted(added):
            written.addfile(_file(name, len(added[name]), newest), io.BytesIO(added[name]))
            names.add(name)
    return Layer(f"sha256:{hashing.hash.hexdigest()}", hashing.size, frozenset(names))


def configuration(layer: Layer, *, created: datetime, architecture: str) -> bytes:
    """The canonical bytes of an image's configuration; their hash is the image's ID."""
    shell = next((s for s in ("bin/bash", "bin/sh") if f"usr/{s}" in layer.names), None)
    time = f"{created:%Y-%m-%dT%H:%M:%SZ}"
    document = {
        "architecture": architecture,
        "os": "linux",
        "created": time,
        "config": {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "Cmd": [f"/{shell}"] if shell else None,
            "Labels": {"org.opencontainers.image.created": time},
        },
        "rootfs": {"type": "layers", "diff_ids": [layer.digest]},
        "history": [{"created": time, "created_by": "airchain bootstrap"}],
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def write_image(target: IO[bytes], layer: Path, config: bytes, tag: str) -> str:
    """Write what `docker load` takes and return the image's ID."""
    identity = hashlib.sha256(config).hexdigest()
    manifest = [{"Config": f"{identity}.json", "RepoTags": [tag], "Layers": ["layer.tar"]}]
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as image:
        for name, data in (
            (f"{identity}.json", config),
            ("manifest.json", json.dumps(manifest).encode()),
        ):
            image.addfile(_file(name, len(data), 0), io.BytesIO(data))
        with layer.open("rb") as file:
            image.addfile(_file("layer.tar", layer.stat().st_size, 0), file)
    return f"sha256:{identity}"


class _Hashing(io.RawIOBase):
    """Passes bytes on and hashes them."""

    def __init__(self, target: IO[bytes]) -> None:
        super().__init__()
        self.hash = hashlib.sha256()
        self.size = 0
        self._target = target

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Hash and pass on."""
        self.hash.update(data)
        self.size += len(data)
        return self._target.write(data)


def _normalise(member: tarfile.TarInfo, name: str, newest: int) -> None:
    member.name = name
    if member.islnk():
        member.linkname = member.linkname.removeprefix("./")
    member.mtime = min(int(member.mtime), newest)
    member.uname = member.gname = ""
    member.pax_headers = {k: v for k, v in member.pax_headers.items() if k.startswith(_XATTR)}
    if name in _STICKY:
        member.mode = _STICKY[name]


def _add_folders(written: tarfile.TarFile, names: set[str], newest: int) -> None:
    for name in _FOLDERS:
        if name in names:
            continue
        folder = tarfile.TarInfo(name)
        folder.type = tarfile.DIRTYPE
        folder.mode = _STICKY.get(name, 0o755)
        folder.mtime = newest
        written.addfile(folder)
        names.add(name)


def _file(name: str, size: int, mtime: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o644
    info.mtime = mtime
    return info
