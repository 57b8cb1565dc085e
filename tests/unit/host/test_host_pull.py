"""Room for images, and whether what was pulled is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docker.errors import ImageNotFound

from airchain.errors import AirchainError, PreflightError, RegistryError, StoreDamaged
from airchain.host import pull
from airchain.host.converge import is_root
from airchain.host.facts import Disk
from airchain.host.identity import Places
from airchain.host.pull import Content, Images, cause, is_right, unpacked
from airchain.host.room import Coming, Need, check_room, need
from airchain.host.wanted import Superseded
from airchain.registry.client import Descriptor
from airchain.store.records import ImageDigest

IMAGE = ImageDigest(repository="localhost:5050/tv/www", digest="sha256:aa", size=300)
MB = 1_000_000
BASE = Coming("sha256:base", compressed=100 * MB, unpacked=300 * MB)
APP = Coming("sha256:app", compressed=10 * MB, unpacked=30 * MB)
CONTENT = Content(
    IMAGE,
    "sha256:c",
    (("base", Descriptor("tar+gzip", "sha256:1", 1)), ("app", Descriptor("tar", "sha256:2", 2))),
)


def test_a_layer_needs_room_packed_and_unpacked() -> None:
    """Each counts once, with a margin for what is written beside it."""
    both, margin = need([BASE, APP, BASE]), need([])
    assert 110 * MB + 330 * MB < both.bytes - margin.bytes < 110 * MB + 330 * MB * 1.2
    assert margin.bytes > 100 * MB
    assert both.inodes > margin.inodes > 0


def test_a_full_disk_is_named_before_the_pull() -> None:
    """The error says how much is free, how much is needed, and for what."""
    with pytest.raises(PreflightError, match="500 MB free, 700 MB needed for r/a, r/b") as caught:
        check_room(Need(700 * MB, 10), Disk(500 * MB, 1000), ["r/a", "r/b"])
    assert caught.value.hint


def test_inodes_run_out_too() -> None:
    """A file system that does not count them is not asked."""
    with pytest.raises(PreflightError, match="out of inodes: 5 free, 10 needed"):
        check_room(Need(1, 10), Disk(2, 5), ["a"])
    check_room(Need(1, 10), Disk(2, None), ["a"])


def test_a_pulled_image_is_what_its_manifest_names() -> None:
    """Its configuration and every layer; anything else is not whole."""
    found = {"Id": "sha256:c", "RootFS": {"Layers": ["base", "app"]}}
    assert is_right(CONTENT, found)
    wrong: list[dict[str, Any] | None] = [
        None,
        {**found, "Id": "sha256:d"},
        {**found, "RootFS": {"Layers": ["base"]}},
        {**found, "RootFS": {"Layers": None}},
    ]
    assert not any(is_right(CONTENT, one) for one in wrong)


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ("write /var/lib/docker/tmp/x: no space left on device", PreflightError, "ran full"),
        ("filesystem layer verification failed for digest sha256:1", StoreDamaged, "damaged"),
        ("unexpected EOF", RegistryError, "broke off"),
        ("dial tcp 127.0.0.1:5050: connect: connection refused", RegistryError, "broke off"),
        ("read tcp: connection reset by peer", RegistryError, "broke off"),
    ],
)
def test_the_cause_of_a_failed_pull_is_named(
    said: str, kind: type[AirchainError], words: str
) -> None:
    """With what to do about it."""
    error = cause(said, IMAGE.reference)
    assert type(error) is kind
    assert words in str(error)
    assert error.hint


class Engine:
    """Pulls without end; notes what it was asked for and whether somebody still listens."""

    def __init__(self) -> None:
        self.pulls: list[str] = []
        self.heard = False

    def inspect_image(self, _: str) -> None:
        raise ImageNotFound("none")

    def pull(self, repository: str, tag: str, **_: object) -> Iterator[dict[str, str]]:
        self.pulls.append(f"{repository}@{tag}")
        self.heard = True
        try:
            while True:
                yield {"status": "Downloading"}
        finally:
            self.heard = False


@pytest.mark.parametrize(("looks", "pulls"), [(0, 0), (1, 1), (5, 1)])
def test_a_pull_is_given_up_once_nobody_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looks: int, pulls: int
) -> None:
    """The engine is no longer listened to, by which it knows."""
    engine: Any = Engine()
    made = Images(engine, Places(tmp_path))
    monkeypatch.setattr(pull, "describe", lambda _: CONTENT)
    monkeypatch.setattr(made, "_check_room", lambda _: None)
    answers = iter([True] * looks)
    with pytest.raises(Superseded):
        made.prepare([IMAGE], lambda: next(answers, False))
    assert engine.pulls == [IMAGE.reference] * pulls
    assert not engine.heard


class Ends:
    """A registry that gives the end of a blob."""

    def __init__(self, size: int) -> None:
        self.end = (size % (1 << 32)).to_bytes(4, "little")

    def blob_end(self, *_: object) -> bytes:
        return self.end


@pytest.mark.parametrize(
    ("media", "compressed", "real", "said"),
    [
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", 30, 100, 100),
        ("application/vnd.oci.image.layer.v1.tar+gzip", 3 << 30, 5 << 30, 5 << 30),
        ("application/vnd.oci.image.layer.v1.tar", 70, 0, 70),
        ("application/vnd.oci.image.layer.v1.tar+zstd", 70, 0, 280),
        ("application/vnd.oci.image.layer.v1.tar+gzip", 1000, 3 << 30, 1_032_000),
    ],
)
def test_what_a_layer_unpacks_to_is_read_from_its_end(
    media: str, compressed: int, real: int, said: int
) -> None:
    """Modulo 4 GiB, never more than can be packed that small; else it is estimated."""
    registry: Any = Ends(real)
    assert unpacked(registry, "tv/www", Descriptor(media, "sha256:1", compressed)) == said


@pytest.mark.parametrize("user", ["", "0", "00", "+0", "root", "0:0", "root:root"])
def test_root_is_recognised(user: str) -> None:
    """In every way that an image may name it."""
    assert is_root(user)
    assert not is_root("10001:10001")
