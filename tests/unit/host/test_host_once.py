"""Things that are done once: leases, tasks, crons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from airchain.errors import Conflict
from airchain.host.cron import due, stale
from airchain.host.leases import Leases
from airchain.host.tasks import decide, holder
from airchain.store import DirectoryStore
from airchain.store.records import Lease

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SOON = NOW + timedelta(seconds=5)
AGO = NOW - timedelta(seconds=5)
LONG_AGO = NOW - timedelta(seconds=60)


def at(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 1, 2, hour, minute, second, tzinfo=UTC)


DECISIONS = [
    (None, "take"),
    (Lease(holder="a/7", expires=SOON), "wait"),
    (Lease(holder="a/7", expires=AGO), "take"),
    (Lease(holder="a/7", expires=AGO, state="done"), "done"),
    (Lease(holder="a/7", expires=AGO, state="failed"), "failed"),
    (Lease(holder="a/6", expires=AGO, state="failed"), "take"),
    (Lease(holder="a/7", expires=LONG_AGO, state="failed"), "take"),
    (Lease(holder="who", expires=AGO, state="failed"), "take"),
]


@pytest.mark.parametrize(("lease", "decision"), DECISIONS)
def test_a_task_is_run_once_per_release(lease: Lease | None, decision: str) -> None:
    """Taken over when its holder is gone, tried again by a later deployment."""
    assert decide(lease, 7, NOW, watched=8) == decision


def test_a_lease_is_not_taken_from_a_holder_that_just_woke_up() -> None:
    """After a machine slept all leases have run out, and every holder still works."""
    assert decide(Lease(holder="a/7", expires=LONG_AGO), 7, NOW, watched=7.9) == "wait"


@pytest.fixture
def leases(tmp_path: Path) -> Leases:
    return Leases(DirectoryStore(tmp_path), "tv", "prod")


def test_only_one_host_gets_a_lease(leases: Leases) -> None:
    """The second is told that it came too late."""
    assert leases.take("task/r/migrate", holder("a", 1)) is not None
    assert leases.take("task/r/migrate", holder("b", 1)) is None


def test_only_one_host_takes_an_expired_lease_over(leases: Leases) -> None:
    """The version that was seen decides."""
    leases.take("task/r/migrate", "a/1")
    seen = leases.read("task/r/migrate")
    assert seen is not None
    assert leases.take("task/r/migrate", "b/1", over=seen[1]) is not None
    assert leases.take("task/r/migrate", "c/1", over=seen[1]) is None


def test_a_lease_says_how_its_work_ended(leases: Leases) -> None:
    """Afterwards renewing does nothing."""
    held = leases.take("task/r/migrate", "a/1")
    assert held is not None
    held.renew()
    held.finish("failed", "no table")
    held.renew()
    seen = leases.read("task/r/migrate")
    assert seen is not None
    assert (seen[0].state, seen[0].detail) == ("failed", "no table")


def test_a_holder_that_was_too_slow_learns_it(leases: Leases) -> None:
    """It must not report a result over that of its successor."""
    held = leases.take("x", "a/1")
    seen = leases.read("x")
    assert held is not None
    assert seen is not None
    leases.take("x", "b/1", over=seen[1])
    with pytest.raises(Conflict):
        held.finish("done")


def test_leases_are_listed_by_the_names_they_were_taken_with(leases: Leases) -> None:
    """So that old ones can be removed."""
    leases.take("cron/expire/20260102T030400Z", "a/0")
    assert leases.list("cron/expire") == ["cron/expire/20260102T030400Z"]
    leases.delete("cron/expire/20260102T030400Z")
    assert leases.list("cron/expire") == []


TICKS = [
    ("*/10 * * * *", at(3, 9, 59), at(3, 10), at(3, 10)),
    ("*/10 * * * *", at(3, 10), at(3, 10, 1), None),
    ("*/10 * * * *", at(3, 8), at(3, 9, 59), None),
    ("* * * * *", at(3, 8, 59), at(3, 9, 0), at(3, 9)),
    # Slept for a day: of many ticks only a recent one is run.
    ("* * * * *", at(0, 0), at(3, 9, 10), at(3, 9)),
    ("0 * * * *", at(0, 0), at(3, 9, 10), None),
]


@pytest.mark.parametrize(("schedule", "after", "now", "tick"), TICKS)
def test_ticks_come_due_once(
    schedule: str, after: datetime, now: datetime, tick: datetime | None
) -> None:
    """At their time, and not again; a missed one is left out."""
    assert due(schedule, after, now) == tick


def test_leases_of_ticks_are_forgotten_after_an_hour() -> None:
    """Younger ones still keep other hosts from running the tick."""
    names = ["cron/x/20260102T015959Z", "cron/x/20260102T020500Z"]
    assert stale(names, NOW) == names[:1]
