"""The store's time: measured, compared, and said."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from airchain.errors import PreflightError
from airchain.store import DirectoryStore, clock

MINUTES_20 = 20 * 60.0


class Skewed(DirectoryStore):
    """A directory as a machine sees it whose clock is wrong by `off` seconds."""

    def __init__(self, root: Path, off: float | None) -> None:
        super().__init__(root)
        self._off = off

    def skew(self) -> float | None:
        return self._off


def test_on_one_machine_there_is_no_skew(tmp_path: Path) -> None:
    """The disk's time is this machine's, also where nothing was written before."""
    store = DirectoryStore(tmp_path)
    assert store.skew() == 0
    store.put("a", b"")
    assert store.skew() == 0
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_clock_that_is_wrong_shows_at_the_first_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty minutes behind the file system is minus 1,200 seconds, give or take the write."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - MINUTES_20)
    assert DirectoryStore(tmp_path).skew() == pytest.approx(-MINUTES_20, abs=1)


def test_a_write_shows_the_skew_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is set while the process runs is noticed with the next write."""
    store = DirectoryStore(tmp_path)
    assert store.skew() == 0
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + MINUTES_20)
    store.put("a", b"")
    assert store.skew() == pytest.approx(MINUTES_20, abs=1)


def test_a_host_asks_where_it_may_write(tmp_path: Path) -> None:
    """A host asks in its own folder, since the rest is read-only for it."""
    store = DirectoryStore(tmp_path, writable="hosts/a")
    assert store.skew() == 0
    assert [p.name for p in tmp_path.iterdir()] == ["hosts"]


def test_where_nothing_can_be_written_nothing_is_known(tmp_path: Path) -> None:
    """A store that cannot be asked is no error; its time is taken for this machine's."""
    (tmp_path / "file").write_bytes(b"")
    store = DirectoryStore(tmp_path / "file")
    assert store.skew() is None
    assert abs(clock.now(store) - datetime.now(UTC)) < timedelta(seconds=1)


def test_two_machines_agree_on_the_time(tmp_path: Path) -> None:
    """What a machine with a wrong clock writes is the store's time, not its own."""
    behind = Skewed(tmp_path, -MINUTES_20)
    assert clock.now(behind) - datetime.now(UTC) > timedelta(seconds=MINUTES_20 - 1)
    moment = datetime.now(UTC)
    assert clock.here(behind, moment) == moment - timedelta(seconds=MINUTES_20)


@pytest.mark.parametrize(
    ("mtime", "found"), [(10.5, 0.0), (9.99, 0.0), (9.9, 0.6), (11.5, -1.0), (1210.5, -1200.0)]
)
def test_what_lies_within_the_question_is_no_skew(mtime: float, found: float) -> None:
    """The answer's time may lie anywhere between question and answer."""
    assert clock.offset(mtime, 10, 11, tick=0.02) == pytest.approx(found)


def test_a_clock_that_is_too_wrong_is_named(tmp_path: Path) -> None:
    """Size, direction and what to do; a little is allowed."""
    with pytest.raises(PreflightError, match="1200 s behind the store's") as raised:
        clock.require(Skewed(tmp_path, -MINUTES_20))
    assert "timedatectl" in str(raised.value.hint)
    for fine in (None, 0.0, 60.0, -119.0):
        clock.require(Skewed(tmp_path, fine))
    assert not clock.matters(None)
    assert not clock.matters(-29)
    assert clock.matters(31)
    assert clock.said(31) == "31 s ahead of the store's"
