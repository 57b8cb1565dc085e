"""The log of who did what: nothing is done unrecorded, and nothing is written over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airchain.errors import DeployError, GivenUp, StoreError
from airchain.release.audit import Done, Log, history, recorded
from airchain.release.pointer import author
from airchain.store import DirectoryStore


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(DirectoryStore(tmp_path), "p", "prod")


def only(log: Log) -> Done:
    (found,) = history([log], 10)
    return found


def test_a_thing_done_is_two_objects(log: Log) -> None:
    """Begun and ended, each by itself; together they say all."""
    with recorded(log, "deploy", release="r2", previous="r1", detail="from qa") as entry:
        assert only(log).outcome is None
        assert len(log.store.list(log.folder)) == 1
    assert len(log.store.list(log.folder)) == 2
    done = only(log)
    assert (done.id, done.who, done.what) == (entry.id, author(), "deploy")
    assert (done.release, done.previous, done.outcome) == ("r2", "r1", "done")
    assert done.detail == "from qa"
    assert done.seconds is not None


@pytest.mark.parametrize(
    ("error", "outcome", "detail"),
    [
        (DeployError("is unhealthy", where="host a"), "failed", "host a: is unhealthy"),
        (KeyboardInterrupt(), "interrupted", ""),
        (GivenUp("given up"), "interrupted", ""),
        (ZeroDivisionError(), "failed", "ZeroDivisionError"),
    ],
)
def test_what_fails_says_why(log: Log, error: BaseException, outcome: str, detail: str) -> None:
    """The error goes on, and its words are on record."""
    with pytest.raises(type(error)), recorded(log, "deploy"):
        raise error
    assert (only(log).outcome, only(log).detail) == (outcome, detail)


def test_what_was_cut_off_has_no_end(log: Log) -> None:
    """As after `kill -9`: the generator never came to its end."""
    with recorded(log, "deploy", release="r2"):
        begun = only(log)
    assert (begun.outcome, begun.seconds) == (None, None)


def test_the_newest_come_first_and_only_those_are_read(log: Log) -> None:
    """Also those of the whole product, which have a log of their own."""
    product = Log(log.store, "p")
    for number in range(4):
        with recorded(log, "scale", detail=str(number)):
            pass
    with recorded(product, "key rotated"):
        pass
    found = history([log, product], 3)
    assert [(d.what, d.environment, d.detail) for d in found] == [
        ("key rotated", None, ""),
        ("scale", "prod", "3"),
        ("scale", "prod", "2"),
    ]


@pytest.mark.parametrize("damaged", [0, 1])
def test_a_damaged_entry_is_shown_beside_the_others(log: Log, damaged: int) -> None:
    """With what is still known of it, at its place."""
    for number in range(3):
        with recorded(log, "scale", detail=str(number)):
            pass
    middle = log.store.list(log.folder)[2 + damaged]
    log.store.put(middle, b"damaged")
    newest, found, oldest = history([log], 10)
    assert (newest.detail, newest.outcome) == ("2", "done")
    assert (oldest.detail, oldest.outcome) == ("0", "done")
    assert found.what == "scale"
    assert found.outcome == "damaged"
    assert middle in found.detail


def test_of_an_entry_that_is_wholly_damaged_the_time_is_known(log: Log) -> None:
    """Its name tells it."""
    with recorded(log, "scale"):
        pass
    before = only(log)
    for key in log.store.list(log.folder):
        log.store.put(key, b"damaged")
    found = only(log)
    assert (found.at, found.what, found.outcome) == (before.at, "?", "damaged")
    assert found.id == before.id[:8]


def test_things_of_different_people_at_the_same_time(log: Log) -> None:
    """One within the other, as a lock within an operation: each keeps its own two events."""
    with recorded(log, "up"), recorded(log, "lock"):
        pass
    assert {(d.what, d.outcome) for d in history([log], 10)} == {("up", "done"), ("lock", "done")}


class Full(DirectoryStore):
    """A store that takes no more than `left` objects."""

    left = 0

    def create(self, key: str, data: bytes) -> str:
        if self.left == 0:
            raise StoreError("no space left", where=key)
        self.left -= 1
        return super().create(key, data)


def test_what_cannot_be_recorded_is_not_done(tmp_path: Path) -> None:
    """The block does not run."""
    ran = []
    with (
        pytest.raises(StoreError, match="no space left"),
        recorded(Log(Full(tmp_path), "p", "prod"), "deploy"),
    ):
        ran.append(True)
    assert not ran


def test_an_end_that_cannot_be_recorded_is_an_error(tmp_path: Path) -> None:
    """It says that the work itself is done."""
    store = Full(tmp_path)
    store.left = 1
    with pytest.raises(StoreError) as caught, recorded(Log(store, "p", "prod"), "deploy"):
        pass
    assert caught.value.message == (
        "the deploy is done, but its end could not be entered into the history: no space left"
    )


def test_a_failure_stays_the_failure(tmp_path: Path) -> None:
    """That its end could not be recorded is said beside it."""
    for error in (DeployError("is unhealthy", hint="look"), ZeroDivisionError("oh")):
        store = Full(tmp_path)
        store.left = 1
        with pytest.raises(type(error)) as caught, recorded(Log(store, "p", "prod"), "deploy"):
            raise error
        said = [getattr(caught.value, "hint", ""), *getattr(caught.value, "__notes__", [])]
        assert "could not be entered into the history either" in "\n".join(said)


def test_no_object_is_ever_written_over(log: Log) -> None:
    """What stands in the log is what was written first."""
    with recorded(log, "deploy", release="r1"):
        (key,) = log.store.list(log.folder)
        found = log.store.get(key)
        assert found is not None
        before = json.loads(found.data)
    after = log.store.get(key)
    assert after is not None
    assert json.loads(after.data) == before
    assert before["state"] == "begun"
