"""From a tar with the traces of its making to one that is always the same."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from airchain.images import rootfs

CREATED = datetime(2026, 11, 21, 2, 10, 46, tzinfo=UTC)


def member(name: str, data: bytes | None = None, **more: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
    info.size = len(data or b"")
    for key, value in more.items():
        setattr(info, key, value)
    return info, data or b""


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for info, data in members:
            file.addfile(info, io.BytesIO(data))
    out.seek(0)
    return out


def layer(*members: tuple[tarfile.TarInfo, bytes], **more: bytes) -> dict[str, tarfile.TarInfo]:
    return {info.name: info for info in written(*members, **more).getmembers()}


def written(*members: tuple[tarfile.TarInfo, bytes], **more: bytes) -> tarfile.TarFile:
    out = io.BytesIO()
    rootfs.write_layer(tar(*members), out, created=CREATED, sources="S", **more)
    out.seek(0)
    return tarfile.open(fileobj=out)


@pytest.mark.parametrize(
    "name",
    [
        "dev/null",
        "etc/hostname",
        "etc/resolv.conf",
        "etc/apt/preferences.d/airchain",
        "etc/apt/sources.list.d/0000.list",
        "usr/share/man/man1/ls.1.gz",
        "usr/share/locale/de/LC_MESSAGES/x.mo",
        "usr/share/doc/bash/README",
        "var/cache/apt/archives/a.deb",
        "var/cache/ldconfig/aux-cache",
        "var/lib/apt/lists/x",
        "var/lib/dpkg/status-old",
        "var/log/dpkg.log",
    ],
)
def test_what_no_image_needs_is_left_out(name: str) -> None:
    """Nor what differs between two machines."""
    assert not rootfs.kept(name, is_folder=False)


@pytest.mark.parametrize(
    "name",
    [
        "usr/share/doc/bash/copyright",
        "usr/share/locale/locale.alias",
        "var/lib/dpkg/status",
        "etc/apt/apt.conf.d/01autoremove",
        "usr/bin/env",
    ],
)
def test_what_is_needed_stays(name: str) -> None:
    """Licences have to stay with what they license."""
    assert rootfs.kept(name, is_folder=False)


def test_folders_of_logs_stay() -> None:
    """Daemons do not make them."""
    assert rootfs.kept("var/log/apt", is_folder=True)


def test_nothing_is_newer_than_the_archive() -> None:
    """And no user's or group's name of this machine is kept."""
    old, new = CREATED.timestamp() - 10, CREATED.timestamp() + 10
    found = layer(
        member("./a", b"1", mtime=old), member("./b", b"2", mtime=new, uname="me", gname="us")
    )
    assert found["a"].mtime == CREATED.timestamp() - 10
    assert found["b"].mtime == CREATED.timestamp()
    assert (found["b"].uname, found["b"].gname) == ("", "")


def test_the_same_tar_is_the_same_layer() -> None:
    """Bytes and digest."""
    outs = [io.BytesIO(), io.BytesIO()]
    layers = [
        rootfs.write_layer(tar(member("./a", b"1")), out, created=CREATED, sources=None)
        for out in outs
    ]
    assert outs[0].getvalue() == outs[1].getvalue()
    assert layers[0].digest == layers[1].digest
    assert layers[0].size == len(outs[0].getvalue())


def test_a_root_without_scripts_gets_users_and_folders() -> None:
    """So that a service can run as nobody and write to /tmp."""
    file = written(member("./usr/bin/python3.11", b""))
    names = {info.name: info for info in file.getmembers()}
    passwd = file.extractfile("etc/passwd")
    assert passwd is not None
    assert b"nobody:x:65534" in passwd.read()
    assert names["tmp"].mode == 0o1777
    assert names["etc/machine-id"].size == 0
    assert "etc/apt/sources.list.d/debian.sources" not in names
    assert rootfs.DPKG_PATH not in names


def test_a_root_with_apt_knows_its_archive() -> None:
    """And installs without documentation from now on."""
    found = layer(
        member("./usr/bin/dpkg", b""),
        member("./usr/bin/apt-get", b""),
        member("./etc/passwd", b"kept"),
    )
    assert found["etc/apt/sources.list.d/debian.sources"].size == 1
    assert found[rootfs.DPKG_PATH].size > 0
    assert found["etc/passwd"].size == 4


def test_authorities_are_joined_where_no_script_did_it() -> None:
    """Debian's own, then those of the machine."""
    file = written(
        member("./usr/share/ca-certificates/mozilla/a.crt", b"A\n"),
        member("./usr/share/ca-certificates/mozilla/b.crt", b"B\n"),
        authorities=b"X\n",
    )
    bundle = file.extractfile("etc/ssl/certs/ca-certificates.crt")
    assert bundle is not None
    assert bundle.read() == b"A\nB\nX\n"


def test_the_image_is_named_by_its_configuration(tmp_path: Path) -> None:
    """The ID is the hash of canonical bytes, with a fixed time in them."""
    path = tmp_path / "layer.tar"
    with path.open("wb") as out:
        made = rootfs.write_layer(
            tar(member("./usr/bin/bash", b"")), out, created=CREATED, sources=None
        )
    config = rootfs.configuration(made, created=CREATED, architecture="amd64")
    document = json.loads(config)
    assert document["created"] == "2026-11-21T02:10:46Z"
    assert document["config"]["Cmd"] == ["/bin/bash"]
    assert document["rootfs"]["diff_ids"] == [made.digest]
    packed = io.BytesIO()
    identity = rootfs.write_image(packed, path, config, "x:1")
    packed.seek(0)
    with tarfile.open(fileobj=packed) as image:
        names = image.getnames()
    assert names == [f"{identity.removeprefix('sha256:')}.json", "manifest.json", "layer.tar"]
