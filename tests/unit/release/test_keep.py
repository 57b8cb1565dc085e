"""Which releases stay: those that any environment could need, and recent ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airchain.errors import ReleaseError
from airchain.release import index, keep
from airchain.release.keep import Retention, judge
from airchain.release.revision import Revision
from airchain.store import DirectoryStore
from airchain.store.records import (
    OwnImages,
    Pointer,
    ReleaseEntry,
    Report,
    images_key,
    pointer_key,
    report_key,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def entry(digest: str, days: float, pruned_minutes: float | None = None) -> ReleaseEntry:
    pruned = None if pruned_minutes is None else NOW - timedelta(minutes=pruned_minutes)
    created = NOW - timedelta(days=days)
    return ReleaseEntry(
        digest=digest, revision="c0ffee", subject="", created=created, author="", pruned=pruned
    )


def test_the_newest_and_the_young_stay() -> None:
    """The rest is given up, and still kept for a while."""
    entries = [entry("a", 1), entry("b", 20), entry("c", 30), entry("d", 40)]
    found = judge(entries, {"d"}, Retention(newest=2), NOW)
    assert found.give_up == {"c"}
    assert found.kept == {"a", "b", "c", "d"}
    assert not found.remove


def test_what_was_given_up_goes_unless_somebody_came_back_to_it() -> None:
    """Ten minutes later."""
    entries = [entry("a", 90, 60), entry("b", 90, 60), entry("c", 90, 5)]
    found = judge(entries, {"b"}, Retention(newest=9), NOW)
    assert found.remove == {"a"}
    assert found.take_back == {"b"}
    assert found.kept == {"b", "c"}


DIGEST = st.sampled_from([f"r{n}" for n in range(10)])
ENTRIES = st.lists(
    st.builds(entry, DIGEST, st.floats(0, 60), st.none() | st.floats(0, 30)),
    max_size=10,
    unique_by=lambda e: e.digest,
)


@given(ENTRIES, st.sets(DIGEST), st.integers(0, 5), st.floats(0, 30))
def test_what_an_environment_names_is_never_given_up(
    entries: list[ReleaseEntry], named: set[str], newest: int, days: float
) -> None:
    """Whatever else: nothing goes that is kept, and nothing goes at once."""
    retention = Retention(newest, timedelta(days=days))
    found = judge(entries, named, retention, NOW)
    assert named <= found.kept
    assert not found.kept & found.remove
    assert not named & (found.give_up | found.remove)
    assert found.give_up <= found.kept
    current = [e.digest for e in entries if e.pruned is None]
    assert set(current) <= found.kept
    settled = {e.digest for e in entries if e.pruned and NOW - e.pruned >= retention.settle}
    assert found.remove == settled - named


def test_all_environments_and_hosts_are_asked(tmp_path: Path) -> None:
    """What they run, what they ran before, what they could go back to."""
    store = DirectoryStore(tmp_path)
    for environment, release in (("prod", "p"), ("qa", "q")):
        pointer = Pointer(
            serial=3,
            release=release,
            previous=f"{release}1",
            history=(f"{release}1", f"{release}2"),
            updated=NOW,
            author="me",
        )
        store.put(pointer_key("tv", environment), pointer.encode())
    report = Report(
        host="web-1",
        fleet="web",
        address="",
        booted=NOW,
        written=NOW,
        state="failed",
        in_service=True,
        running="old",
        wanted="new",
    )
    store.put(report_key("tv", "qa", "web-1"), report.encode())
    assert keep.products(store) == ["tv"]
    assert keep.named(store, "tv") == {"p", "p1", "p2", "q", "q1", "q2", "old", "new"}
    assert keep.named(store, "else") == set()


def test_own_images_of_all_environments_are_known(tmp_path: Path) -> None:
    """Of whichever product and machine: they share the store."""
    store = DirectoryStore(tmp_path)
    for product, environment, host in (("tv", "prod", "h1"), ("tv", "qa", "h2"), ("x", "qa", "h1")):
        own = OwnImages(host=host, edge="edge")
        store.put(images_key(product, environment), own.encode())
    store.put(report_key("tv", "dev", "web-1"), b"{}")
    assert keep.own_images(store) == {"h1", "h2", "edge"}


def test_a_release_that_was_given_up_is_not_deployed(tmp_path: Path) -> None:
    """Whoever asks for it hears why; making it again brings it back."""
    store = DirectoryStore(tmp_path)
    revision = Revision("c0ffee" * 6, "a change", "me")
    made = index.add(store, "tv", "sha256:aa", revision)
    index.prune(store, "tv", {made.digest}, NOW)
    assert not index.entries(store, "tv")
    with pytest.raises(ReleaseError, match="was cleaned up on 2026-11-23"):
        index.find(store, "tv", "aa")
    other = index.add(store, "tv", "sha256:bb", revision)
    assert index.find(store, "tv", "c0ffee").digest == other.digest
    assert index.add(store, "tv", "sha256:aa", revision).pruned is None
    assert index.find(store, "tv", "aa").created == made.created
