"""Room for images, and whether what was pulled is whole."""

from __future__ import annotations

import pytest

from airchain.errors import PreflightError, RegistryError
from airchain.host.converge import is_root
from airchain.host.facts import Disk
from airchain.host.pull import Content, Need, check_room, need, verify
from airchain.store.records import ImageDigest

IMAGE = ImageDigest(repository="localhost:5050/tv/www", digest="sha256:aa", size=300)
MB = 1_000_000
CONTENT = Content(IMAGE, "sha256:c", (("base", 100 * MB), ("app", 10 * MB)))


def test_layers_that_are_here_take_no_room() -> None:
    """A shared layer counts once, one that is here not at all."""
    margin = need([], set())
    everything = need([CONTENT, CONTENT], set())
    assert everything.bytes - margin.bytes == 4 * 110 * MB
    assert need([CONTENT], {"base"}).bytes - margin.bytes == 4 * 10 * MB
    assert margin.bytes > 100 * MB
    assert everything.inodes > margin.inodes > 0


def test_a_full_disk_is_named_before_the_pull() -> None:
    """The error says how much is free and how much is needed."""
    with pytest.raises(PreflightError, match="500 MB free, 700 MB needed") as caught:
        check_room(Need(700 * MB, 10), Disk(500 * MB, 1000))
    assert caught.value.hint


def test_inodes_run_out_too() -> None:
    """A file system that does not count them is not asked."""
    with pytest.raises(PreflightError, match="out of inodes: 5 free, 10 needed"):
        check_room(Need(1, 10), Disk(2, 5))
    check_room(Need(1, 10), Disk(2, None))


def test_a_pulled_image_has_the_layers_of_its_manifest() -> None:
    """Anything else is not whole."""
    verify(CONTENT, {"RootFS": {"Layers": ["base", "app"]}})
    for found in (None, {"RootFS": {"Layers": ["base"]}}, {"RootFS": {"Layers": None}}):
        with pytest.raises(RegistryError, match="not whole"):
            verify(CONTENT, found)


@pytest.mark.parametrize("user", ["", "0", "00", "+0", "root", "0:0", "root:root"])
def test_root_is_recognised(user: str) -> None:
    """In every way that an image may name it."""
    assert is_root(user)
    assert not is_root("10001:10001")
