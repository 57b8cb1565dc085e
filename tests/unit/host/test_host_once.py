"""Things that are done once: leases, tasks, crons."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from airchain.errors import Conflict, EngineError, StoreError, WaitTimeout
from airchain.host import cron
from airchain.host.cron import Crons, due
from airchain.host.instances import Instance
from airchain.host.leases import Held, Leases, holder
from airchain.host.tasks import Tasks, decide, overdue
from airchain.spec.model import Service
from airchain.store import DirectoryStore
from airchain.store.records import Lease, lease_key, report_key

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SOON = NOW + timedelta(seconds=5)
AGO = NOW - timedelta(seconds=5)
LONG_AGO = NOW - timedelta(seconds=60)


def at(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 1, 2, hour, minute, second, tzinfo=UTC)


DECISIONS = [
    (None, "take"),
    (Lease(holder="a/7", expires=SOON), "wait"),
    (Lease(holder="a/7", expires=AGO), "wait"),
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
    lease = Lease(holder="a/7", expires=LONG_AGO)
    assert decide(lease, 7, NOW, watched=7.9, abandoned=True) == "wait"
    assert decide(lease, 7, NOW, watched=8, abandoned=True) == "take"


def test_a_host_goes_on_with_what_its_own_agent_began() -> None:
    """Whether the unit still runs is seen then; no other host has to be waited for."""
    lease = Lease(holder="a/7", expires=SOON)
    assert decide(lease, 8, NOW, watched=0, mine=True) == "resume"
    done = lease.model_copy(update={"state": "done"})
    assert decide(done, 8, NOW, watched=0, mine=True) == "done"


def test_a_wait_for_another_host_ends_by_its_lease() -> None:
    """Not later because it was begun anew; a holder that is silent is judged by its expiry."""
    lease = Lease(holder="a/7", expires=SOON, until=NOW - timedelta(seconds=59))
    assert not overdue(lease, NOW)
    late = lease.model_copy(update={"until": NOW - timedelta(seconds=61)})
    assert overdue(late, NOW)
    assert not overdue(late.model_copy(update={"expires": AGO}), NOW)


def test_whoever_waits_again_waits_no_longer(tmp_path: Path) -> None:
    """A host that comes back to a task that another should have ended says so at once."""
    store = DirectoryStore(tmp_path)
    leases = Leases(store, "tv", "prod")
    now = leases.now()
    lease = Lease(
        holder="a/7", expires=now + timedelta(seconds=9), until=now - timedelta(seconds=70)
    )
    store.put(lease_key("tv", "prod", "task/r/expire"), lease.encode())
    tasks = Tasks(cast("Any", Starter()), leases, cast("Any", Jobs()), "b")
    for _ in range(2):
        with pytest.raises(WaitTimeout, match="a had to end the task by"):
            tasks.complete(cron_instance(), "sha256:r", 7, lambda: True)


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


LEASE = Lease(holder="a/0", expires=SOON, tick=at(3, 4))
CRONS = [
    (None, False, "run"),
    (LEASE, False, "skip"),
    (LEASE, True, "run"),
    (LEASE.model_copy(update={"tick": at(3, 5)}), True, "past"),
    (LEASE.model_copy(update={"tick": at(3, 6)}), True, "past"),
    # Written by a host whose clock was a day ahead.
    (LEASE.model_copy(update={"tick": at(3, 6) + timedelta(days=1)}), True, "run"),
]


@pytest.mark.parametrize(("lease", "abandoned", "decision"), CRONS)
def test_a_tick_runs_once_and_not_beside_an_earlier_one(
    lease: Lease | None, abandoned: bool, decision: str
) -> None:
    """A later tick is never followed by an earlier one, whatever a host's clock says."""
    assert cron.decide(lease, at(3, 5), at(3, 5, 1), abandoned=abandoned) == decision


def test_a_lease_is_abandoned_with_its_host_or_its_unit(tmp_path: Path) -> None:
    """Not because an agent is silent: what it started may go on without it."""
    store = DirectoryStore(tmp_path)
    leases = Leases(store, "tv", "prod")
    now = leases.now()
    past, future = now - timedelta(seconds=60), now + timedelta(seconds=60)
    running = Lease(holder="a/1", expires=past, until=future)
    assert leases.abandoned(running)
    store.put(report_key("tv", "prod", "a"), b"{}")
    assert not leases.abandoned(running)
    assert leases.abandoned(running.model_copy(update={"until": past}))
    assert not leases.abandoned(running.model_copy(update={"expires": future, "until": past}))
    assert leases.abandoned(running.model_copy(update={"state": "done"}))


class Starter:
    """Keeps what was reported."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    def report(self, _: Instance, **fields: Any) -> None:
        self.said.append(fields)


class Jobs:
    """Notes what was run."""

    def __init__(self) -> None:
        self.ran: list[datetime | None] = []

    def run(self, _: Instance, held: Held) -> None:
        self.ran.append(held.lease.tick)

    def forget(self, _: Instance) -> None:
        pass


def crons(leases: Leases, jobs: Jobs, host: str, starter: Starter | None = None) -> Crons:
    return Crons(cast("Any", starter or Starter()), leases, cast("Any", jobs), host)


def cron_instance() -> Instance:
    spec = Service.model_validate({"image": "www", "kind": "cron", "schedule": "* * * * *"})
    return Instance(id="1", product="tv", service="expire", image="r/tv/www@sha256:aa", spec=spec)


def test_of_many_hosts_one_runs_a_tick(leases: Leases) -> None:
    """And none of them the one before, which a host with a late clock still sees."""
    jobs = Jobs()
    hosts = [crons(leases, jobs, f"web-{n}") for n in range(20)]
    with ThreadPoolExecutor(20) as pool:
        for tick in (at(3, 4), at(3, 5)):
            fired = [pool.submit(host._fire, cron_instance(), tick) for host in hosts]
            for one in fired:
                one.result()
    hosts[7]._fire(cron_instance(), at(3, 4))
    assert jobs.ran == [at(3, 4), at(3, 5)]


def test_a_tick_is_skipped_while_another_host_still_runs_the_one_before(tmp_path: Path) -> None:
    """The report says so. It runs again once that host and its report are gone."""
    store = DirectoryStore(tmp_path)
    leases = Leases(store, "tv", "prod")
    store.put(report_key("tv", "prod", "web-1"), b"{}")
    assert leases.take("crons/expire", "web-1/0", bound=600, tick=at(3, 4))
    starter, jobs = Starter(), Jobs()
    mine = crons(leases, jobs, "web-2", starter)
    mine._fire(cron_instance(), at(3, 5))
    assert not jobs.ran
    assert starter.said[-1]["check"] == (
        "tick 03:05 UTC skipped: that of 03:04 UTC still runs on web-1"
    )
    lease, version = leases.read("crons/expire") or (None, "")
    assert lease
    expired = lease.model_copy(update={"expires": leases.now() - timedelta(seconds=1)})
    store.replace(lease_key("tv", "prod", "crons/expire"), expired.encode(), version)
    mine._fire(cron_instance(), at(3, 6))
    assert not jobs.ran, "its agent is silent, its unit may go on"
    store.delete(report_key("tv", "prod", "web-1"))
    mine._fire(cron_instance(), at(3, 7))
    assert jobs.ran == [at(3, 7)]


def test_a_run_that_systemd_refuses_is_over_and_told(leases: Leases) -> None:
    """Nothing runs, so the report does not say that it does; why stands in it."""

    class Refused(Jobs):
        def run(self, _: Instance, held: Held) -> None:
            raise EngineError("the job was not run")

    starter = Starter()
    mine = crons(leases, Refused(), "web-1", starter)
    with pytest.raises(EngineError):
        mine._fire(cron_instance(), at(3, 5))
    assert starter.said[-1]["state"] == "waiting"
    assert starter.said[-1]["check"] == "tick 03:05 UTC: the job was not run"


class Away(Leases):
    """Of a store that does not answer so often; `writes` of the failures are done all the same."""

    failures = 2
    writes = False

    def _fails(self) -> bool:
        self.failures -= 1
        return self.failures >= 0

    def read(self, name: str) -> tuple[Lease, str] | None:
        if not self.writes and self._fails():
            raise StoreError("the store does not answer")
        return super().read(name)

    def take(self, *words: Any, **fields: Any) -> Held | None:
        held = super().take(*words, **fields)
        if self.writes and self._fails():
            raise StoreError("the store does not answer")
        return held


@pytest.mark.parametrize("writes", [False, True], ids=["read", "answer lost"])
def test_a_tick_outlasts_a_store_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: bool
) -> None:
    """It is asked again, and the tick is run once, also where it was taken unknowingly."""
    monkeypatch.setattr(cron, "_STORE_PAUSE", 0.01)
    away, jobs = Away(DirectoryStore(tmp_path), "tv", "prod"), Jobs()
    away.writes, away.failures = writes, 1 if writes else 2
    tick = away.now().replace(microsecond=0)
    crons(away, jobs, "web-1")._fire(cron_instance(), tick)
    crons(away, jobs, "web-2")._fire(cron_instance(), tick)
    assert jobs.ran == [tick]


def test_a_tick_that_the_store_outlasts_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to find out from what was not done in the night."""
    monkeypatch.setattr(cron, "_STORE_PAUSE", 0.01)
    monkeypatch.setattr(cron, "LATE", timedelta(seconds=0.1))
    away, jobs, starter = Away(DirectoryStore(tmp_path), "tv", "prod"), Jobs(), Starter()
    away.failures = 1_000_000
    tick = away.now()
    with pytest.raises(StoreError):
        crons(away, jobs, "web-1", starter)._fire(cron_instance(), tick)
    said = f"tick {tick:%H:%M} UTC not run: the store does not answer"
    assert (jobs.ran, starter.said[-1]["check"]) == ([], said)


def test_a_host_that_was_rebooted_runs_the_next_tick(leases: Leases) -> None:
    """It knows that nothing runs here, whatever its lease says."""
    assert leases.take("crons/expire", "web-1/0", bound=600, tick=at(3, 4))
    jobs = Jobs()
    crons(leases, jobs, "web-1")._fire(cron_instance(), at(3, 5))
    assert jobs.ran == [at(3, 5)]
