"""Layers as an engine unpacks them: proven to be whole, damaged, written again."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import tarfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from airchain.host.proof import Damaged, Proofs, prove
from airchain.host.repair import repair
from airchain.host.storage import Layer, Storage, chains

BIG = bytes(range(256)) * 9000
LONG = "etc/" + "n" * 150


@dataclass(frozen=True)
class Unpacked:
    """A layer, and the archive that it came from."""

    layer: Layer
    archive: bytes

    def path(self, name: str) -> Path:
        return self.layer.files / name

    def repair(self) -> tuple[str, ...]:
        return repair(self.layer, io.BytesIO(gzip.compress(self.archive, mtime=0)))


def archive() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:

        def add(name: str, content: bytes = b"", **fields: object) -> None:
            entry = tarfile.TarInfo(name)
            entry.size, entry.uid, entry.gid = len(content), os.getuid(), os.getgid()
            entry.mode, entry.mtime = 0o644, 1_000_000_000
            for key, value in fields.items():
                setattr(entry, key, value)
            tar.addfile(entry, io.BytesIO(content))

        add("etc/", type=tarfile.DIRTYPE, mode=0o755)
        add("etc/hello", b"good evening\n")
        add("etc/twin", type=tarfile.LNKTYPE, linkname="etc/hello")
        add("etc/also", type=tarfile.SYMTYPE, linkname="hello", mode=0o777)
        add("etc/empty")
        add(LONG, b"long name")
        add("bin", BIG, mode=0o755)
    return packed.getvalue()


def record(packed: bytes) -> bytes:
    """What the engine notes of an archive: all but the content of files."""
    lines: list[str] = []
    done = 0

    def note(part: dict[str, object]) -> None:
        lines.append(json.dumps({**part, "position": len(lines)}))

    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for entry in tar:
            note({"type": 2, "payload": b64encode(packed[done : entry.offset_data]).decode()})
            size = entry.size if entry.isreg() else 0
            note({"type": 1, "name": entry.name, "size": size} if size else _nameless(entry))
            done = entry.offset_data + size
    note({"type": 2, "payload": b64encode(packed[done:]).decode()})
    return gzip.compress("\n".join(lines).encode())


def _nameless(entry: tarfile.TarInfo) -> dict[str, object]:
    # Names that are not UTF-8 are noted in this way; any may be.
    return {"type": 1, "name_raw": b64encode(entry.name.encode()).decode()}


@pytest.fixture
def unpacked(tmp_path: Path) -> Unpacked:
    packed = archive()
    diff = "sha256:" + sha256(packed).hexdigest()
    below = place(tmp_path, chains([diff])[0], "lower", "LOWER", "")
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(below / "diff", filter="fully_trusted")
    known = tmp_path / "image/overlay2/layerdb/sha256" / chains([diff])[0].removeprefix("sha256:")
    (known / "tar-split.json.gz").write_bytes(record(packed))
    layer = Storage(tmp_path).layer(chains([diff])[0], diff)
    assert layer is not None
    return Unpacked(layer, packed)


def place(root: Path, chain: str, cache: str, link: str, lower: str) -> Path:
    """What the engine keeps of a layer, but for its files."""
    known = root / "image/overlay2/layerdb/sha256" / chain.removeprefix("sha256:")
    folder = root / "overlay2" / cache
    for made in (known, folder / "diff", root / "overlay2/l"):
        made.mkdir(parents=True, exist_ok=True)
    (known / "cache-id").write_text(cache)
    (folder / "link").write_text(link)
    (root / "overlay2/l" / link).symlink_to(f"../{cache}/diff")
    if lower:
        (folder / "lower").write_text(lower)
    return folder


def test_a_whole_layer_is_proven(unpacked: Unpacked) -> None:
    """Its archive can be put together again and has the digest that the image names."""
    prove(unpacked.layer)
    assert unpacked.repair() == ()


def empty(layer: Unpacked) -> None:
    layer.path("bin").write_bytes(b"")


def shorten(layer: Unpacked) -> None:
    os.truncate(layer.path("bin"), 100_000)


def lengthen(layer: Unpacked) -> None:
    with layer.path("etc/hello").open("ab") as file:
        file.write(b"more")


def flip(layer: Unpacked) -> None:
    with layer.path("bin").open("r+b") as file:
        file.seek(2_000_000)
        file.write(b"?")


def lose(layer: Unpacked) -> None:
    layer.path("etc/empty").unlink()


def lose_long(layer: Unpacked) -> None:
    layer.path(LONG).unlink()


def lose_link(layer: Unpacked) -> None:
    layer.path("etc/also").unlink()


def replace_link(layer: Unpacked) -> None:
    layer.path("etc/also").unlink()
    layer.path("etc/also").write_text("hello")


def close(layer: Unpacked) -> None:
    layer.path("bin").chmod(0o600)


DAMAGES: dict[Callable[[Unpacked], None], tuple[str, set[str]]] = {
    empty: ("bin: 0 bytes instead of", {"bin"}),
    shorten: ("bin: 100000 bytes instead of", {"bin"}),
    lengthen: ("etc/hello: 17 bytes instead of 13", {"etc/hello"}),
    flip: ("content of a file has changed", {"bin"}),
    lose: ("etc/empty: No such file", {"etc/empty"}),
    lose_long: ("n: No such file", {LONG}),
    lose_link: ("etc/also: No such file", {"etc/also"}),
    replace_link: ("etc/also: is another kind of file", {"etc/also"}),
    close: ("bin: has another mode", {"bin"}),
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda f: f.__name__)
def test_damage_is_found_and_written_again(
    unpacked: Unpacked, damage: Callable[[Unpacked], None]
) -> None:
    """Only what differs is written; afterwards the layer is whole."""
    damage(unpacked)
    said, names = DAMAGES[damage]
    with pytest.raises(Damaged, match=said) as caught:
        prove(unpacked.layer)
    assert caught.value.files
    assert set(unpacked.repair()) >= names
    assert len(unpacked.repair()) == 0
    prove(unpacked.layer)


def test_a_folder_that_is_gone_comes_back(unpacked: Unpacked) -> None:
    """With all that was in it, links between files included."""
    for path in unpacked.path("etc").iterdir():
        path.unlink()
    unpacked.path("etc").rmdir()
    unpacked.repair()
    prove(unpacked.layer)
    assert unpacked.path("etc/twin").samefile(unpacked.path("etc/hello"))


def test_who_has_a_file_open_sees_it_repaired(unpacked: Unpacked) -> None:
    """A container that runs keeps the file that it has: the inode stays."""
    empty(unpacked)
    with unpacked.path("bin").open("rb") as held:
        unpacked.repair()
        assert held.read() == BIG


def test_a_full_disk_is_no_damage(unpacked: Unpacked, monkeypatch: pytest.MonkeyPatch) -> None:
    """The layer is not given up for it: with room again, the next repair ends the work."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    unpacked.path("bin").write_bytes(b"cut short")
    with monkeypatch.context() as patch:
        patch.setattr("airchain.host.repair.shutil.copyfileobj", full)
        with pytest.raises(OSError, match="No space left"):
            unpacked.repair()
    assert "bin" in unpacked.repair()
    prove(unpacked.layer)


def test_a_repair_never_leaves_the_layer(unpacked: Unpacked, tmp_path: Path) -> None:
    """Whatever links damage has left where a folder should be."""
    outside = tmp_path / "outside"
    outside.mkdir()
    for path in unpacked.path("etc").iterdir():
        path.unlink()
    unpacked.path("etc").rmdir()
    unpacked.path("etc").symlink_to(outside)
    unpacked.repair()
    assert list(outside.iterdir()) == []
    prove(unpacked.layer)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b'{"type":2')[:-9]],
    ids=["empty", "no gzip", "cut short"],
)
def test_a_damaged_record_is_no_damaged_file(unpacked: Unpacked, content: bytes) -> None:
    """Writing files again would not help: the image has to go."""
    unpacked.layer.archive_record.write_bytes(content)
    with pytest.raises(Damaged) as caught:
        prove(unpacked.layer)
    assert not caught.value.files


def test_a_layer_can_be_stacked_if_the_notes_for_it_are_whole(tmp_path: Path) -> None:
    """An engine that lost power may have left them empty."""
    storage = Storage(tmp_path)
    diffs = ["sha256:1", "sha256:2"]
    low, high = chains(diffs)
    place(tmp_path, low, "low", "LOW", "")
    folder = place(tmp_path, high, "high", "HIGH", "l/LOW")
    below, layer = storage.layer(low, diffs[0]), storage.layer(high, diffs[1])
    assert below
    assert layer
    assert storage.mountable(below, None)
    assert storage.mountable(layer, below)
    (folder / "lower").write_text("")
    assert not storage.mountable(layer, below)
    (tmp_path / "overlay2/l/LOW").unlink()
    assert not storage.mountable(below, None)


def test_a_proof_holds_for_one_unpacking_and_one_run_of_the_engine(
    unpacked: Unpacked, tmp_path: Path
) -> None:
    """It is forgotten with either, and on demand."""
    proofs = Proofs(tmp_path / "proofs")
    proofs.add("engine-1", unpacked.layer)
    assert proofs.has("engine-1", unpacked.layer)
    assert not proofs.has("engine-2", unpacked.layer)
    proofs.forget(unpacked.layer)
    assert not proofs.has("engine-1", unpacked.layer)
    proofs.add("engine-1", unpacked.layer)
    proofs.add("engine-2", unpacked.layer)
    assert not proofs.has("engine-1", unpacked.layer)
