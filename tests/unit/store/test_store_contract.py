"""What every store promises, of whatever kind: whole objects, versions, conditional writes."""

import threading

import pytest

from airchain.errors import Conflict, StoreError
from airchain.store import Store


def test_an_object_is_read_as_it_was_written(store: Store) -> None:
    """What put wrote is what get returns, under the same version."""
    version = store.put("a/b", b"one")
    found = store.get("a/b")
    assert found is not None
    assert (found.data, found.version) == (b"one", version)


def test_nothing_there_is_none(store: Store) -> None:
    """A missing object, also one below an object, is None and not an error."""
    store.put("a", b"file")
    assert store.get("missing") is None
    assert store.get("a/below") is None


def test_create_refuses_what_exists(store: Store) -> None:
    """A second create is a conflict and leaves the first object."""
    store.create("a", b"one")
    with pytest.raises(Conflict, match="exists already"):
        store.create("a", b"two")
    assert store.get("a").data == b"one"  # type: ignore[union-attr]


def test_replace_refuses_another_version(store: Store) -> None:
    """A replace over an older version, or over nothing, is a conflict."""
    old = store.put("a", b"one")
    store.put("a", b"two")
    with pytest.raises(Conflict):
        store.replace("a", b"three", old)
    with pytest.raises(Conflict):
        store.replace("missing", b"three", old)


def test_of_many_writers_one_wins(store: Store) -> None:
    """Twenty threads replace the same version at once: exactly one succeeds."""
    version = store.put("a", b"start")
    won: list[int] = []

    def write(number: int) -> None:
        try:
            store.replace("a", f"{number}".encode(), version)
            won.append(number)
        except Conflict:
            pass

    threads = [threading.Thread(target=write, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert store.get("a").data == f"{won[0]}".encode()  # type: ignore[union-attr]


@pytest.mark.parametrize("key", ["/etc/passwd", "../up", "a//b", "a/./b", ""])
def test_keys_stay_inside(store: Store, key: str) -> None:
    """A key cannot lead out of the store."""
    with pytest.raises(StoreError, match="not a key"):
        store.put(key, b"")


def test_delete_twice_is_fine(store: Store) -> None:
    """Deleting what is not there does nothing."""
    store.put("a", b"")
    store.delete("a")
    store.delete("a")
    assert store.get("a") is None


def test_list_shows_what_is_below_the_folder(store: Store) -> None:
    """A folder whose name merely begins alike is another one."""
    store.create("a/b/c", b"")
    store.put("a/d", b"")
    store.put("ab/e", b"")
    assert store.list("a") == ["a/b/c", "a/d"]
    assert store.list("nothing") == []


def test_a_version_is_the_same_for_who_reads_and_who_wrote(store: Store) -> None:
    """A chain of conditional writes needs no read in between."""
    version = store.create("a", b"one")
    version = store.replace("a", b"two", version)
    store.replace("a", b"three", version)
    with pytest.raises(Conflict, match="another writer"):
        store.replace("a", b"four", version)


def test_on_one_machine_the_stores_clock_is_ours(store: Store) -> None:
    """No skew, where the same clock is asked twice."""
    assert store.skew() == 0
    assert store.skew() == 0
