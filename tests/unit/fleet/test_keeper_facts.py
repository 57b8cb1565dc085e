"""From containers, reports and the edge to the facts of a plan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from airchain.fleet import keeper_facts
from airchain.fleet.haproxy import ServerStats
from airchain.fleet.keeper_facts import Memory, Seen
from airchain.fleet.keeper_plan import HostFacts, Wanted
from airchain.fleet.local import LocalHost
from airchain.spec.model import Environment, Fleet, Service
from airchain.store import DirectoryStore
from airchain.store.records import Pointer, Report, report_key

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SPECIFICATION = Environment(
    services={
        "django": Service(image="x", kind="web", port=1, stop_timeout=5, drain_timeout=7),
        "worker": Service(image="x", kind="worker", stop_timeout=120),
    },
    fleets={
        "web": Fleet(services=("django",), min=2, max=4),
        "workers": Fleet(services=("worker",)),
    },
)
HOST = LocalHost("web-1", "web", "running", "10.0.0.2", NOW)
REPORT = Report(
    host="web-1",
    fleet="web",
    address="10.0.0.2",
    booted=NOW,
    written=NOW,
    state="converging",
    in_service=False,
)
SERVER = ServerStats("web", "web-1", "10.0.0.2", "drain", "L7OK", 2, 1, 10, 0)


def pointer(**changes: object) -> Pointer:
    made = Pointer(serial=2, release="new", previous="old", updated=NOW, author="me")
    return made.model_copy(update=changes)


@pytest.mark.parametrize(("asked", "size"), [({}, 2), ({"web": 3}, 3), ({"web": 9}, 4)])
def test_sizes(asked: dict[str, int], size: int) -> None:
    """The asked size counts within min and max; without one it is min."""
    assert keeper_facts.wanted(SPECIFICATION, asked)["web"].size == size


def test_fleets() -> None:
    """Timeouts are those of the slowest service; workers are not behind the edge."""
    assert keeper_facts.wanted(SPECIFICATION, {}) == {
        "web": Wanted(2, behind_edge=True, stop_timeout=5, drain_timeout=7),
        "workers": Wanted(1, behind_edge=False, stop_timeout=120, drain_timeout=30),
    }


def test_a_new_release_counts_once_all_hosts_may_run_it() -> None:
    """Its fleets are not made while it is only being tried."""
    assert keeper_facts.release_to_follow(pointer()) == "new"
    assert keeper_facts.release_to_follow(pointer(admitted=("web-1",))) == "old"
    assert keeper_facts.release_to_follow(pointer(admitted=(), previous=None)) == "new"
    assert keeper_facts.releases_in_use(pointer(admitted=())) == ("new", "old")


def test_a_host_from_three_views() -> None:
    """Container, report and edge become one."""
    seen = Seen([HOST], {"web-1": REPORT}, {}, [SERVER])
    facts = keeper_facts.assemble(seen, SPECIFICATION, Memory(NOW))
    assert facts.hosts == [
        HostFacts(
            name="web-1",
            fleet="web",
            state="running",
            address="10.0.0.2",
            created=NOW,
            written=NOW,
            edge="drain",
            edge_address="10.0.0.2",
            sessions=3,
            stop_timeout=10,
        )
    ]
    assert facts.strays == []


def test_a_host_that_runs_a_release_has_served() -> None:
    """Even where it is out of service now."""
    report = REPORT.model_copy(update={"running": "old", "state": "failed"})
    seen = Seen([HOST], {"web-1": report}, {}, [])
    assert keeper_facts.assemble(seen, SPECIFICATION, Memory(NOW)).hosts[0].served


def test_servers_without_a_container_are_strays() -> None:
    """They are taken away; an edge that does not answer has none."""
    gone = keeper_facts.assemble(Seen([], {}, {}, [SERVER]), SPECIFICATION, Memory(NOW))
    assert gone.strays == [("web", "web-1")]
    silent = keeper_facts.assemble(Seen([], {}, {}, None), SPECIFICATION, Memory(NOW))
    assert not silent.edge
    assert silent.strays == []


def test_a_launch_is_counted_once() -> None:
    """Until its container is there; then the container counts."""
    memory = Memory(NOW, launching={"web-1": "web", "web-2": "web"})
    facts = keeper_facts.assemble(Seen([HOST], {}, {}, []), SPECIFICATION, memory)
    assert facts.launching == {"web": 1}


def test_a_snapshot_does_not_change() -> None:
    """Threads change the memory while the keeper looks."""
    memory = Memory(NOW, launching={"web-1": "web"}, ending={"web-2"})
    before = memory.snapshot()
    memory.launching.clear()
    memory.ending.clear()
    assert before.launching == {"web-1": "web"}
    assert before.ending == {"web-2"}


class Ahead(DirectoryStore):
    """The store as a keeper sees it whose clock is 1,200 s ahead."""

    def skew(self) -> float:
        return 1200.0


def test_reports_are_compared_by_the_keepers_own_clock(tmp_path: Path) -> None:
    """Hosts write the store's time; a keeper with a wrong clock still knows how old it is."""
    store = Ahead(tmp_path)
    store.put(report_key("p", "e", "web-1"), REPORT.encode())
    found = keeper_facts.read_reports(store, "p", "e", [HOST])
    assert found["web-1"].written == NOW + timedelta(seconds=1200)
