"""Pushes and sweeps keep out of each other's way."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from airchain.errors import RegistryError
from airchain.registry import pushes
from airchain.registry.pushes import MARK, PUSHES, Busy, Notice, pushing, sweeping
from airchain.store import DirectoryStore, clock
from airchain.store.records import read


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path)


def notice(store: DirectoryStore, seconds: float) -> bytes:
    return Notice(what="x", expires=clock.now(store) + timedelta(seconds=seconds)).encode()


def swept(store: DirectoryStore) -> bool:
    """Whether a push would wait."""
    mark = read(store, MARK, Notice)
    return mark is not None and mark.expires > clock.now(store)


def test_a_sweep_gives_way_to_a_push(store: DirectoryStore) -> None:
    """And leaves nothing that another push would wait for."""
    with pushing(store, "a build"):
        with pytest.raises(Busy, match="a build"), sweeping(store, "clean-up"):
            raise AssertionError
        assert not swept(store)
    assert not store.list(PUSHES)
    with sweeping(store, "clean-up") as go_on:
        assert swept(store)
        assert go_on()
    assert not swept(store)


def test_a_push_waits_for_the_end_of_a_sweep(store: DirectoryStore) -> None:
    """It is short."""
    order: list[str] = []

    def push() -> None:
        with pushing(store, "a build"):
            order.append("pushes")

    thread = threading.Thread(target=push)
    with sweeping(store, "clean-up"):
        thread.start()
        time.sleep(0.2)
        order.append("swept")
    thread.join()
    assert order == ["swept", "pushes"]


def test_two_sweeps_are_one_after_the_other(store: DirectoryStore) -> None:
    """The second is told."""
    with (
        sweeping(store, "one"),
        pytest.raises(Busy, match="another clean-up"),
        sweeping(store, "two"),
    ):
        raise AssertionError


def test_a_sweep_that_stood_still_does_not_end_another(store: DirectoryStore) -> None:
    """The mark that it finds at its end is not its own any more."""
    with sweeping(store, "one"):
        store.put(MARK, notice(store, -1))
        with sweeping(store, "two"):
            theirs = store.get(MARK)
        assert theirs
        store.put(MARK, theirs.data)
    assert store.get(MARK) == theirs
    assert swept(store)


def test_whoever_was_killed_stops_nobody_for_long(store: DirectoryStore) -> None:
    """Notices have an end, and the next one tidies up."""
    store.put(f"{PUSHES}/dead", notice(store, -1))
    store.put(MARK, notice(store, -1))
    with sweeping(store, "clean-up"):
        assert not store.list(PUSHES)
    store.put(MARK, notice(store, -1))
    with pushing(store, "a build"):
        pass


def test_a_push_that_stood_still_says_so(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it found in the registry at its beginning may be gone."""
    monkeypatch.setattr(pushes, "PUSH", timedelta(seconds=0.05))
    with pytest.raises(RegistryError, match="stood still"), pushing(store, "a build"):
        time.sleep(0.1)
    assert not store.list(PUSHES)


def test_a_failed_push_fails_as_it_did(store: DirectoryStore) -> None:
    """And is forgotten."""
    with pytest.raises(ValueError, match="its own"), pushing(store, "a build"):
        raise ValueError("its own")
    assert not store.list(PUSHES)


def test_what_a_sweep_reads_first_takes_nothing_from_its_time(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may begin to remove however long it looked, and pushes wait for all of that."""
    monkeypatch.setattr(pushes, "BATCH", 0.1)
    with sweeping(store, "clean-up") as go_on:
        before = read(store, MARK, Notice)
        time.sleep(0.2)
        assert go_on()
        after = read(store, MARK, Notice)
        assert before
        assert after
        assert after.expires - before.expires >= timedelta(seconds=0.2)
        time.sleep(0.2)
        assert not go_on()
    assert not swept(store)


def test_a_sweep_that_looked_for_too_long_removes_nothing(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its mark ran out meanwhile, so somebody may push."""
    monkeypatch.setattr(pushes, "SWEEP", timedelta(seconds=0.1))
    monkeypatch.setattr(pushes, "_MARGIN", 0.0)
    with sweeping(store, "clean-up") as go_on:
        time.sleep(0.2)
        with pytest.raises(Busy, match="too long"):
            go_on()
    assert not swept(store)
