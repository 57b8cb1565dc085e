"""The store as a directory: conditional writes, whole objects, safe keys."""

import fcntl
import threading
from pathlib import Path

import pytest

from airchain.errors import Conflict, StoreError
from airchain.store import DirectoryStore, directory


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path)


def test_an_object_is_read_as_it_was_written(store: DirectoryStore) -> None:
    """What put wrote is what get returns, under the same version."""
    version = store.put("a/b", b"one")
    found = store.get("a/b")
    assert found is not None
    assert (found.data, found.version) == (b"one", version)


def test_nothing_there_is_none(store: DirectoryStore) -> None:
    """A missing object, also one below an object, is None and not an error."""
    store.put("a", b"file")
    assert store.get("missing") is None
    assert store.get("a/below") is None


def test_create_refuses_what_exists(store: DirectoryStore) -> None:
    """A second create is a conflict and leaves the first object."""
    store.create("a", b"one")
    with pytest.raises(Conflict, match="exists already"):
        store.create("a", b"two")
    assert store.get("a").data == b"one"  # type: ignore[union-attr]


def test_replace_refuses_another_version(store: DirectoryStore) -> None:
    """A replace over an older version, or over nothing, is a conflict."""
    old = store.put("a", b"one")
    store.put("a", b"two")
    with pytest.raises(Conflict):
        store.replace("a", b"three", old)
    with pytest.raises(Conflict):
        store.replace("missing", b"three", old)


def test_of_many_writers_one_wins(store: DirectoryStore) -> None:
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


def test_list_shows_objects_only(store: DirectoryStore) -> None:
    """Locks and half-written files are not objects."""
    store.create("a/b/c", b"")
    store.put("a/d", b"")
    (store.root / "a" / ".partial-x").write_bytes(b"half")
    assert store.list("a") == ["a/b/c", "a/d"]
    assert store.list("nothing") == []


def test_a_folder_that_goes_away_while_it_is_listed(store: DirectoryStore) -> None:
    """Hosts end while others read all reports: what is left is listed."""
    store.put("hosts/a/report", b"")
    over = threading.Event()

    def come_and_go() -> None:
        folder = store.root / "hosts" / "b"
        while not over.is_set():
            folder.mkdir()
            folder.rmdir()

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        for _ in range(2000):
            assert store.list("hosts") == ["hosts/a/report"]
    finally:
        over.set()
        thread.join()


def test_a_writer_that_stands_still_is_not_waited_for_for_ever(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait for the lock ends and says for what it waited."""
    monkeypatch.setattr(directory, "LOCKED_WITHIN", 0.05)
    store.create("a/b", b"")
    with (store.root / "a" / ".lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="another writer"):
            store.create("a/c", b"")


@pytest.mark.parametrize("key", ["/etc/passwd", "../up", "a//b", "a/./b", ""])
def test_keys_stay_inside(store: DirectoryStore, key: str) -> None:
    """A key cannot lead out of the store."""
    with pytest.raises(StoreError, match="not a key"):
        store.put(key, b"")


def test_delete_twice_is_fine(store: DirectoryStore) -> None:
    """Deleting what is not there does nothing."""
    store.put("a", b"")
    store.delete("a")
    store.delete("a")
    assert store.get("a") is None
