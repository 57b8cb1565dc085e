"""What ends a deployment, as a table of figures and reports."""

from datetime import UTC, datetime
from typing import Any

import pytest

from airchain.release.figures import Figures, Ledger
from airchain.release.gates import Fault, Passed, Watch, Watching, judge, suffered
from airchain.spec.model import Deploy
from airchain.store.records import Report, ServiceReport

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SETTINGS = Deploy(watch=1, errors=0.02, slowdown=3)


def seen(requests: int, failed: int = 0, ms: float = 0.0, margin: float = 1.0) -> Figures:
    """`requests`, all answered within `ms` on average."""
    return Figures(requests, failed, requests, ms / 1000, margin / 1000)


# Of new and old hosts; the kinds of findings, with whether they are sure.
CASES: dict[str, tuple[Figures, Figures, list[tuple[str, bool]]]] = {
    "nothing came": (Figures(), Figures(), []),
    "nothing came to the new ones": (Figures(), seen(100, 0, 5), []),
    "nothing to compare with": (seen(100, 50, 900), Figures(), []),
    "as before": (seen(20, 0, 6), seen(40, 0, 5), []),
    "half of the answers are errors": (seen(20, 10, 5), seen(40, 0, 5), [("errors", True)]),
    "one stray error is watched on": (seen(20, 1, 5), seen(40, 0, 5), [("errors", False)]),
    "two errors are never sure": (seen(2, 2, 5), seen(400, 0, 5), [("errors", False)]),
    "one stray error among many is none": (seen(60, 1, 5), seen(120, 0, 5), []),
    "few errors of few requests could be chance": (
        seen(10, 3, 5),
        seen(10, 0, 5),
        [("errors", False)],
    ),
    "old hosts fail as often": (seen(100, 10, 5), seen(200, 20, 5), []),
    "somewhat more than old hosts, within what is allowed": (
        seen(1000, 25, 5),
        seen(2000, 10, 5),
        [],
    ),
    "more than is allowed, on top of what always fails": (
        seen(1000, 60, 5),
        seen(2000, 40, 5),
        [("errors", True)],
    ),
    "300 ms slower": (seen(20, 0, 302, 26), seen(40, 0, 2, 18), [("slow", True)]),
    "300 ms slower, by figures that leave it open": (
        seen(3, 0, 302, 171),
        seen(40, 0, 2, 18),
        [("slow", False)],
    ),
    "300 ms slower, in too few answers": (seen(9, 0, 302), seen(40, 0, 2), [("slow", False)]),
    "ten times as slow, and nobody would notice": (seen(50, 0, 20), seen(99, 0, 2), []),
    "100 ms more of a slow page is not three times as much": (
        seen(50, 0, 500),
        seen(99, 0, 400),
        [],
    ),
    "both": (seen(50, 25, 500), seen(99, 0, 2), [("errors", True), ("slow", True)]),
}


@pytest.mark.parametrize("case", CASES)
def test_new_hosts_against_old_ones(case: str) -> None:
    """What counts is more than is allowed; what is sure is more than chance."""
    new, old, expected = CASES[case]
    assert [(f.kind, f.sure) for f in judge(new, new, old, SETTINGS)] == expected


def report(**changes: Any) -> Report:
    fields: dict[str, Any] = {
        "host": "web-1",
        "fleet": "web",
        "address": "10.0.0.1",
        "booted": NOW,
        "written": NOW,
        "state": "in_service",
        "in_service": True,
        "running": "new",
        "services": (service(),),
    }
    return Report(**{**fields, **changes})


def service(**changes: Any) -> ServiceReport:
    fields = {"name": "web", "kind": "web", "instance": "a1", "state": "running", "since": NOW}
    return ServiceReport.model_validate({**fields, **changes})


WORKER = {"name": "mail", "kind": "worker"}
SUFFERED: dict[str, tuple[Report, str | None]] = {
    "it serves on": (report(), None),
    "a service restarted": (
        report(services=(service(restarts=1),)),
        "web restarted once after it had become healthy",
    ),
    "another instance counts its own restarts": (
        report(services=(service(instance="b2", restarts=4),)),
        None,
    ),
    "a worker was given up": (
        report(services=(service(), service(**WORKER, state="failed", check="exit status 1"))),
        "mail ended after it had become healthy",
    ),
    "a cron's run failed": (
        report(services=(service(), service(name="tidy", kind="cron", state="failed"))),
        None,
    ),
    "it left service": (
        report(in_service=False, error="web ended and did not come back yet"),
        "left service: web ended and did not come back yet",
    ),
}


@pytest.mark.parametrize("case", SUFFERED)
def test_what_befalls_a_host(case: str) -> None:
    """A host that had arrived must go on as it was."""
    now, expected = SUFFERED[case]
    fault = suffered(report(), now)
    assert (fault.message if fault else None) == expected
    assert fault is None or fault.hosts == ("web-1",)


class Counter:
    """What an edge counts of a host; every answer takes `seconds`."""

    def __init__(self, requests: int = 0, failed: int = 0, seconds: float = 0.0) -> None:
        self.requests, self.failed, self.seconds = requests, failed, seconds
        self.fleet = "web"

    def lifetime(self) -> Figures:
        mean = self.seconds / self.requests if self.requests else 0.0
        return Figures(self.requests, self.failed, self.requests, mean)

    def since(self, before: "Counter") -> Figures | None:
        count = self.requests - before.requests
        if count < 0:
            return None
        mean = (self.seconds - before.seconds) / count if count else 0.0
        return Figures(count, self.failed - before.failed, count, mean)


class Edge:
    """Two hosts: `old` and `new`, asked twenty times a second."""

    def __init__(self) -> None:
        self.counters = {"old": Counter(1000, 0, 2.0), "new": Counter(1000, 0, 2.0)}
        self.ledger = Ledger()
        self.enter()

    def enter(self) -> None:
        self.ledger.enter(dict(self.counters), frozenset({"old"}), frozenset({"new"}))

    def come(self, host: str, requests: int, failed: int = 0, took: float = 0.002) -> None:
        was = self.counters[host]
        self.counters[host] = Counter(
            was.requests + requests, was.failed + failed, was.seconds + requests * took
        )


def run(watch: Watch, edge: Edge, *seconds: tuple[int, int, float]) -> list[type]:
    """Verdicts after each second, in which so many requests came to the new host."""
    found: list[type] = []
    for at, (requests, failed, took) in enumerate(seconds, 1):
        edge.come("old", 20)
        edge.come("new", requests, failed, took)
        edge.enter()
        found.append(type(watch.look(float(at))))
    return found


GOOD = (20, 0, 0.002)
IDLE = (0, 0, 0.0)
SLOW = (20, 0, 0.3)
WATCHES: dict[str, tuple[list[tuple[int, int, float]], list[type]]] = {
    "a good release": ([GOOD], [Passed]),
    "nobody asks": ([IDLE], [Passed]),
    "errors": ([(20, 10, 0.002)], [Fault]),
    "a stray error is watched until it is one of many": (
        [(20, 1, 0.002), GOOD, GOOD],
        [Watching, Watching, Passed],
    ),
    "slow in two windows": ([SLOW, SLOW], [Watching, Fault]),
    "slow at first: a request that was under way, a cold start": ([SLOW, GOOD], [Watching, Passed]),
    "so slow that hardly anybody is sent there": (
        [(3, 0, 0.3)] * 8,
        [Watching] * 7 + [Fault],
    ),
    "one error, and then nobody": (
        [(1, 1, 0.002), *[IDLE] * 10],
        [Watching] * 10 + [Passed],
    ),
}


@pytest.mark.parametrize("case", WATCHES)
def test_a_watch(case: str) -> None:
    """It ends when its time is over, unless something has to be seen more of."""
    seconds, expected = WATCHES[case]
    edge = Edge()
    assert run(Watch(SETTINGS, edge.ledger, 0.0), edge, *seconds) == expected


def test_errors_do_not_wait_for_the_end() -> None:
    """What is sure ends the deployment at once: fewer viewers see it."""
    edge = Edge()
    watch = Watch(Deploy(watch=600), edge.ledger, 0.0)
    edge.come("old", 20)
    edge.come("new", 20, 10)
    edge.enter()
    verdict = watch.look(1.0)
    assert isinstance(verdict, Fault)
    assert verdict.where == "host new"
    assert "10 of 20 requests failed (50.0%)" in verdict.message
    assert "0 of 1020 (0.0%)" in verdict.message


def test_the_last_wave_is_compared_with_what_was_seen_before() -> None:
    """Once no host runs the old release, figures taken of them earlier stand in."""
    edge = Edge()
    edge.come("old", 100)
    edge.enter()
    everybody = frozenset({"old", "new"})
    edge.ledger.enter(dict(edge.counters), frozenset(), everybody)
    watch = Watch(SETTINGS, edge.ledger, 0.0)
    edge.come("old", 20, 10)
    edge.come("new", 20, 10)
    edge.ledger.enter(dict(edge.counters), frozenset(), everybody)
    verdict = watch.look(1.0)
    assert isinstance(verdict, Fault)
    assert "20 of 40 requests failed (50.0%)" in verdict.message
    assert "0 of 100 (0.0%)" in verdict.message


LAST = frozenset({"old", "new"})
LAST_WAVES: dict[str, tuple[list[float], list[type]]] = {
    "slow while everybody starts": ([0.3] * 5 + [0.002], [Watching] * 5 + [Passed]),
    "slow for good": ([0.3] * 11, [Watching] * 10 + [Fault]),
}


@pytest.mark.parametrize("case", LAST_WAVES)
def test_without_an_old_host_slowness_must_last(case: str) -> None:
    """The load of a wave slows every answer; only side by side that can be told at once."""
    means, expected = LAST_WAVES[case]
    edge = Edge()
    edge.come("old", 100)
    edge.enter()
    edge.ledger.enter(dict(edge.counters), frozenset(), LAST)
    watch = Watch(SETTINGS, edge.ledger, 0.0)
    found = []
    for at, took in enumerate(means, 1):
        for host in sorted(LAST):
            edge.come(host, 20, 0, took)
        edge.ledger.enter(dict(edge.counters), frozenset(), LAST)
        found.append(type(watch.look(float(at))))
    assert found == expected


def test_what_a_host_answered_while_it_switched_counts_for_nobody() -> None:
    """Neither for the old release nor for the new one."""
    edge = Edge()
    edge.come("old", 30, 0)
    edge.enter()
    edge.come("old", 50, 50)
    edge.ledger.enter(dict(edge.counters), frozenset(), frozenset({"new"}))
    edge.ledger.enter(dict(edge.counters), frozenset(), frozenset({"new", "old"}))
    assert edge.ledger.old("web").failed == 0
    assert edge.ledger.new("web").failed == 0


def test_an_edge_that_began_to_count_anew_is_no_fault() -> None:
    """Counters that went back are a new beginning."""
    edge = Edge()
    edge.counters = {"old": Counter(5), "new": Counter(5, 1)}
    edge.enter()
    assert edge.ledger.new("web") == Figures()
