"""The keeper's decisions, as data: hosts and time in, actions out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from airchain.fleet.keeper_plan import (
    Action,
    Deregister,
    Drain,
    Facts,
    HostFacts,
    Launch,
    Register,
    Terminate,
    Wanted,
    plan,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LARGER = "the fleet is larger than wanted"


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def host(name: str, **changes: object) -> HostFacts:
    """A host that has served for ten minutes and is at the edge."""
    healthy = HostFacts(
        name=name,
        fleet="web",
        state="running",
        address=f"10.0.0.{sum(name.encode()) % 250}",
        created=ago(600),
        written=ago(1),
        in_service=True,
        served=True,
        edge="up",
        edge_address=f"10.0.0.{sum(name.encode()) % 250}",
    )
    return replace(healthy, **changes)  # type: ignore[arg-type]


def facts(*hosts: HostFacts, size: int = 2, **changes: object) -> Facts:
    fleets = {"web": Wanted(size, behind_edge=True, stop_timeout=10, drain_timeout=30)}
    watched = Facts(fleets=fleets, hosts=hosts, edge=True, watched=ago(3600))
    return replace(watched, **changes)  # type: ignore[arg-type]


A, B, C = host("a"), host("b"), host("c")
OFF = {"edge": None, "edge_address": ""}
FRESH = {"created": ago(2), "in_service": False, "served": False, "written": None, **OFF}
LONG_AGO, JUST_NOW = {"web": ago(31)}, {"web": ago(29)}

CASES: dict[str, tuple[Facts, list[Action]]] = {
    "a fleet as it shall be needs nothing": (facts(A, B), []),
    "an empty fleet gets all of its hosts at once": (facts(), [Launch("web")] * 2),
    "hosts that are just being launched count": (facts(A, launching={"web": 1}), []),
    "a booting host counts and is not yet at the edge": (facts(A, host("b", **FRESH)), []),
    "a host in service goes to the edge": (
        facts(A, host("b", **OFF)),
        [Register("web", "b", B.address)],
    ),
    "a host whose last word is old does not": (
        facts(A, host("b", written=ago(12), **OFF), watched=ago(1)),
        [],
    ),
    "nothing is asked of an edge that does not answer": (
        facts(host("a", **OFF), host("b", **OFF), edge=False),
        [],
    ),
    "no host is ended while an edge that does not answer may send it requests": (
        facts(host("a", **OFF), host("b", **OFF), host("c", **OFF), edge=False),
        [],
    ),
    "a killed host is replaced at once": (
        facts(A, host("b", state="exited")),
        [
            Deregister("web", "b"),
            Terminate("web", "b", 0, "its container has ended"),
            Launch("web"),
        ],
    ),
    "a host that is being ended does not count": (
        facts(A, B, ending=frozenset({"b"})),
        [Launch("web")],
    ),
    "a host that ended before it served makes the fleet pause": (
        facts(A, host("b", state="exited", **FRESH)),
        [Terminate("web", "b", 0, "its container has ended", setback=True)],
    ),
    "and for half a minute nothing is launched": (facts(A, setbacks=JUST_NOW), []),
    "then it is tried again": (facts(A, setbacks=LONG_AGO), [Launch("web")]),
    "a host that was made and never started is replaced at once": (
        facts(A, host("b", state="created", **FRESH), abandoned=frozenset({"b"})),
        [Terminate("web", "b", 0, "its launch was cut short"), Launch("web")],
    ),
    "the newest host is drained first": (
        facts(A, host("b", created=ago(5)), C),
        [Drain("web", "b")],
    ),
    "a host that does not serve goes before the newest": (
        facts(host("a", in_service=False, **OFF), B, host("c", created=ago(5))),
        [Terminate("web", "a", 10, LARGER)],
    ),
    "a draining host with requests under way is left alone": (
        facts(A, B, host("c", edge="drain", sessions=3), draining={"c": ago(29)}),
        [],
    ),
    "a drained host leaves the edge": (
        facts(A, B, host("c", edge="drain"), draining={"c": ago(1)}),
        [Deregister("web", "c")],
    ),
    "requests that never end do not hold it": (
        facts(A, B, host("c", edge="drain", sessions=1), draining={"c": ago(31)}),
        [Deregister("web", "c")],
    ),
    "nor do connections that stay open": (
        facts(A, B, host("c", edge="maint", sessions=1), draining={"c": ago(31)}),
        [Terminate("web", "c", 10, LARGER)],
    ),
    "a host away from the edge is ended with time for its services": (
        facts(A, B, host("c", created=ago(5), **OFF)),
        [Terminate("web", "c", 10, LARGER)],
    ),
    "a draining host is made up for": (
        facts(A, host("b", edge="drain", sessions=1), size=2),
        [Launch("web")],
    ),
    "a silent host that answers viewers is waited for": (
        facts(A, host("b", written=ago(60))),
        [],
    ),
    "after a minute another one is to take its place": (
        facts(A, host("b", written=ago(61))),
        [Launch("web")],
    ),
    "until that one serves it goes on": (
        facts(A, host("b", written=ago(90)), host("c", **FRESH)),
        [],
    ),
    "then it is drained": (
        facts(A, host("b", written=ago(90)), C),
        [Drain("web", "b")],
    ),
    "with the requests that it has it is left alone": (
        facts(A, host("b", written=ago(99), edge="drain", sessions=1), C, draining={"b": ago(9)}),
        [],
    ),
    "away from the edge it is ended": (
        facts(A, host("b", written=ago(99), **OFF), C),
        [Terminate("web", "b", 5, "it has been silent for 99 s", replacement=True)],
    ),
    "and before any other, where it may not be replaced yet": (
        facts(A, host("b", written=ago(99), **OFF), C, replaced=JUST_NOW),
        [Terminate("web", "b", 10, LARGER)],
    ),
    "of several such hosts one is replaced at a time": (
        facts(host("a", written=ago(99)), host("b", written=ago(99))),
        [Launch("web")],
    ),
    "nobody is replaced whom an edge that does not answer may ask": (
        facts(A, host("b", written=ago(99), edge=None), edge=False),
        [],
    ),
    "a silent host that does not answer viewers is replaced": (
        facts(A, host("b", written=ago(11), edge="down")),
        [
            Deregister("web", "b"),
            Terminate("web", "b", 5, "it has been silent for 11 s", replacement=True),
            Launch("web"),
        ],
    ),
    "a silent host's workers may be busy all the same": (
        facts(A, host("b", written=ago(11), edge="down", stop_timeout=120)),
        [
            Deregister("web", "b"),
            Terminate("web", "b", 120, "it has been silent for 11 s", replacement=True),
            Launch("web"),
        ],
    ),
    "a silent host may still be booting": (
        facts(A, host("b", created=ago(59), written=ago(30))),
        [],
    ),
    "only one silent host at a time": (
        facts(
            host("a", written=ago(11), edge="down"),
            host("b", written=ago(11), edge="down"),
            replaced=JUST_NOW,
        ),
        [],
    ),
    "after a gap in watching hosts may first speak again": (
        facts(host("a", written=ago(900)), B, watched=ago(14)),
        [],
    ),
    "a host that never came into service is replaced": (
        facts(A, host("b", created=ago(181), in_service=False, served=False, **OFF)),
        [
            Terminate("web", "b", 5, "it did not come into service within 180 s", replacement=True),
            Launch("web"),
        ],
    ),
    "but not where the release never served anywhere": (
        facts(
            host("a", created=ago(999), in_service=False, served=False, **OFF),
            host("b", created=ago(999), in_service=False, served=False, written=ago(99), **OFF),
        ),
        [],
    ),
    "a host that never reported is replaced": (
        facts(A, host("b", created=ago(61), written=None, in_service=False, **OFF)),
        [
            Terminate(
                "web", "b", 5, "it has not reported since its start 61 s ago", replacement=True
            ),
            Launch("web"),
        ],
    ),
    "a server without a container leaves the edge": (
        facts(A, B, strays=(("web", "z"),)),
        [Deregister("web", "z")],
    ),
    "a host with a new address is registered anew": (
        facts(A, host("b", edge_address="10.0.0.251")),
        [Deregister("web", "b")],
    ),
    "hosts of a fleet that is gone are drained": (
        facts(A, fleets={}),
        [Drain("web", "a")],
    ),
    "their services get the time to stop that they ask for": (
        facts(A, host("b", fleet="gone", stop_timeout=120, **OFF), size=1),
        [Terminate("gone", "b", 120, LARGER)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_plan(case: str) -> None:
    """Each case's name says what the keeper does."""
    given, expected = CASES[case]
    assert list(plan(given, NOW)) == expected


def test_workers_never_meet_the_edge() -> None:
    """A fleet without web services is grown and shrunk without the edge."""
    fleets = {"web": Wanted(1, behind_edge=False, stop_timeout=120, drain_timeout=30)}
    given = facts(host("a", **OFF), host("b", created=ago(5), **OFF), fleets=fleets)
    assert list(plan(given, NOW)) == [Terminate("web", "b", 120, LARGER)]
    assert list(plan(replace(given, edge=False), NOW)) == [Terminate("web", "b", 120, LARGER)]


def test_scaling_down_by_many_keeps_the_oldest() -> None:
    """From six to two: the four newest go."""
    hosts = [host(name, created=ago(100 - 10 * i)) for i, name in enumerate("abcdef")]
    assert {a.host for a in plan(facts(*hosts), NOW) if isinstance(a, Drain)} == set("cdef")
