"""The index of releases: entered once, found by digits of digest or commit."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from airchain.errors import ReleaseError
from airchain.release import index
from airchain.release.revision import Revision
from airchain.store import DirectoryStore

ONE = "sha256:" + "1a" * 32
TWO = "sha256:" + "2b" * 32


def revision(name: str) -> Revision:
    return Revision(name, "subject", "someone")


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    found = DirectoryStore(tmp_path)
    index.add(found, "p", ONE, revision("c0ffee"))
    index.add(found, "p", TWO, revision("c0de01"))
    return found


def test_the_newest_comes_first(store: DirectoryStore) -> None:
    """Entries are listed by the time they were made, newest first."""
    assert [e.digest for e in index.entries(store, "p")] == [TWO, ONE]


def test_the_same_release_is_entered_once(store: DirectoryStore) -> None:
    """Making a release again changes nothing."""
    index.add(store, "p", ONE, revision("c0ffee"))
    assert len(index.entries(store, "p")) == 2


@pytest.mark.parametrize("name", ["1a1a", "sha256:1a1a", "c0ff"])
def test_a_release_is_found_by_its_first_digits(store: DirectoryStore, name: str) -> None:
    """Digits of the digest or of the commit are enough."""
    assert index.find(store, "p", name).digest == ONE


def test_a_name_that_fits_several_is_refused(store: DirectoryStore) -> None:
    """Digits that two commits share are not guessed at."""
    with pytest.raises(ReleaseError, match="several releases"):
        index.find(store, "p", "c0")


def test_an_unknown_name_says_where_to_look(store: DirectoryStore) -> None:
    """A name that fits nothing leads to the list."""
    with pytest.raises(ReleaseError) as caught:
        index.find(store, "p", "beef")
    assert caught.value.hint is not None
    assert "airchain releases" in caught.value.hint


def test_one_entry_is_found_without_reading_the_others(store: DirectoryStore) -> None:
    """Damage elsewhere, and thousands of old releases, do not matter to it."""
    (other,) = [key for key in store.list("products/p/releases") if key.endswith("2b2b")]
    store.put(other, b"damaged")
    found = index.entry(store, "p", ONE)
    assert found is not None
    assert found.digest == ONE
    assert index.add(store, "p", ONE, revision("c0ffee")) == found


def test_digits_of_a_digest_are_looked_for_in_names(store: DirectoryStore) -> None:
    """What else there is is not read for it."""
    (other,) = [key for key in store.list("products/p/releases") if key.endswith("2b2b")]
    store.put(other, b"damaged")
    assert index.find(store, "p", "1a1a").digest == ONE
    assert index.find(store, "p", ONE).digest == ONE


def test_releases_are_made_at_the_store_s_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By which it is judged how old they are: this machine's clock may be off."""
    store = DirectoryStore(tmp_path)
    monkeypatch.setattr(DirectoryStore, "skew", lambda _: 3600.0)
    made = index.add(store, "p", ONE, revision("c0ffee"))
    ago = datetime.now(UTC) - made.created
    assert timedelta(minutes=59) < ago < timedelta(minutes=61)
