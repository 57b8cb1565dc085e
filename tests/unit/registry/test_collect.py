"""What of a registry's storage can go: decided as data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airchain.errors import RegistryError
from airchain.registry.collect import Garbage, Keep, Manifest, garbage
from airchain.registry.storage import Blob, Inventory

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OLD = NOW - timedelta(days=100)


def manifest(*layers: str, children: tuple[str, ...] = ()) -> bytes:
    named = [{"digest": layer} for layer in layers]
    if children:
        return json.dumps({"manifests": [{"digest": c} for c in children]}).encode()
    return json.dumps({"config": named[0], "layers": named[1:]}).encode()


class World:
    """A storage as data: manifests with their contents, blobs, tags."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.revisions: dict[Manifest, datetime] = {}
        self.blobs: dict[str, Blob] = {}
        self.tags: dict[tuple[str, str], datetime] = {}
        self.tagged: dict[tuple[str, str], str] = {}

    def blob(self, digest: str, written: datetime = OLD) -> None:
        self.blobs[digest] = Blob(10, written)

    def push(
        self,
        repository: str,
        digest: str,
        raw: bytes,
        *,
        written: datetime = OLD,
        tags: Mapping[str, datetime] = {},
    ) -> Manifest:
        self.contents[digest] = raw
        self.revisions[repository, digest] = written
        self.blob(digest)
        for name, when in tags.items():
            self.tags[repository, name] = when
            self.tagged[repository, name] = digest
        return repository, digest

    def garbage(self, keep: Keep) -> Garbage:
        links = {digest: frozenset({"tv/www"}) for digest in self.blobs}
        inventory = Inventory(self.blobs, self.revisions, self.tags, links)
        return garbage(inventory, keep, self.tagged, self.read, NOW)

    def read(self, digests: Iterable[str]) -> dict[str, bytes]:
        return {d: self.contents[d] for d in digests if d in self.contents}


TV = frozenset({"tv"})


def test_what_no_manifest_names_goes() -> None:
    """With the manifest that named it; a layer that another one shares stays."""
    world = World()
    for blob in ("config-1", "config-2", "base", "app-1", "app-2"):
        world.blob(blob)
    kept = world.push("tv/www", "m1", manifest("config-1", "base", "app-1"))
    world.push("tv/www", "m2", manifest("config-2", "base", "app-2"))
    found = world.garbage(Keep(TV, frozenset({kept})))
    assert found.manifests == (("tv/www", "m2"),)
    assert set(found.blobs) == {"m2", "config-2", "app-2"}
    assert found.bytes == 30


def test_what_is_young_stays() -> None:
    """It may belong to a push that goes on, or to a release that is yet to be named."""
    world = World()
    world.blob("lone", NOW - timedelta(minutes=5))
    world.push("tv/www", "m1", manifest("config"), written=NOW - timedelta(hours=5))
    assert world.garbage(Keep(TV, frozenset())) == Garbage()


def test_other_products_are_left_alone() -> None:
    """Nobody knows what keeps them."""
    world = World()
    world.push("somebody/www", "m1", manifest("config"))
    assert world.garbage(Keep(TV, frozenset())) == Garbage()


def test_builds_find_the_newest_images_again() -> None:
    """By tag. Tags of releases are for people, and keep nothing."""
    world = World()
    for n in range(5):
        world.push("tv/www", f"m{n}", manifest("c"), tags={f"t{n}": OLD + timedelta(hours=n)})
        world.push("tv/releases", f"r{n}", manifest("c"), tags={f"t{n}": OLD})
    found = world.garbage(Keep(TV, frozenset(), tags=2))
    assert [m for m in found.manifests if m[0] == "tv/www"] == [
        ("tv/www", "m0"),
        ("tv/www", "m1"),
        ("tv/www", "m2"),
    ]
    assert len([m for m in found.manifests if m[0] == "tv/releases"]) == 5


def test_an_index_keeps_its_images() -> None:
    """And what they name."""
    world = World()
    world.blob("layer")
    world.push("tv/www", "arm", manifest("config", "layer"))
    kept = world.push("tv/www", "index", manifest(children=("arm",)))
    assert world.garbage(Keep(TV, frozenset({kept}))) == Garbage()


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"layers": [{}]}', b'{"layers": 1}'])
def test_nothing_goes_where_a_kept_manifest_cannot_be_read(raw: bytes) -> None:
    """What it needs is not known then."""
    world = World()
    kept = world.push("tv/www", "m1", raw)
    with pytest.raises(RegistryError, match="nothing is removed"):
        world.garbage(Keep(TV, frozenset({kept})))


DIGESTS = st.sampled_from([f"b{n}" for n in range(8)])
IMAGES = st.dictionaries(
    st.tuples(st.sampled_from(["tv/www", "tv/mysql", "tv/releases", "else/x"]), st.integers(0, 9)),
    st.tuples(
        st.lists(DIGESTS, min_size=1, max_size=4), st.integers(0, 60), st.booleans(), st.booleans()
    ),
    max_size=12,
)


@given(IMAGES, st.dictionaries(DIGESTS, st.integers(0, 300)), st.integers(0, 3))
def test_whatever_is_pushed_nothing_that_is_kept_loses_a_part(
    images: dict[tuple[str, int], tuple[list[str], int, bool, bool]],
    ages: dict[str, int],
    tags: int,
) -> None:
    """And all that goes is named by nothing that stays."""
    world = World()
    keep = set()
    for digest, minutes in ages.items():
        world.blob(digest, NOW - timedelta(minutes=minutes))
    for (repository, n), (layers, hours, is_kept, has_tag) in images.items():
        made = world.push(
            repository,
            f"{repository}@{n}",
            manifest(*layers),
            written=NOW - timedelta(hours=hours),
            tags={f"t{n}": NOW - timedelta(hours=hours)} if has_tag else {},
        )
        if is_kept:
            keep.add(made)
    found = world.garbage(Keep(TV, frozenset(keep), tags))
    gone = set(found.manifests)
    assert not gone & keep
    stays = [m for m in world.revisions if m not in gone]
    for repository, digest in stays:
        assert digest not in found.blobs
        layers = images[repository, int(digest.rpartition("@")[2])][0]
        assert not set(layers) & set(found.blobs)
    for repository, digest in gone:
        assert world.revisions[repository, digest] < NOW - keep_for()
    for digest in found.blobs:
        assert world.blobs[digest].written < NOW - timedelta(hours=1)


def keep_for() -> timedelta:
    return Keep(TV, frozenset()).manifests_for
