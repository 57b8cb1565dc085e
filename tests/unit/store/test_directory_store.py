"""The store as a directory: what only it has to care about."""

import fcntl
import threading
from pathlib import Path

import pytest

from airchain.errors import StoreError
from airchain.store import DirectoryStore, directory


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path)


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
