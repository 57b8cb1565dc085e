"""The picture of an environment: nothing is believed that was not seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airchain.fleet.status import Container, Facts, HostStatus, assemble
from airchain.spec.model import Edge, Environment, Fleet, Service
from airchain.store.records import Pointer, Report

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SPECIFICATION = Environment(
    services={"site": Service(image="site", kind="web", port=8000)},
    fleets={"web": Fleet(services=("site",), min=2)},
    edge=Edge(port=8080, domains=("a.localhost", "b.localhost")),
)
POINTER = Pointer(serial=1, release="r1", updated=NOW, author="me")


def report(host: str, **changes: Any) -> Report:
    fields: dict[str, Any] = {
        "host": host,
        "fleet": "web",
        "address": "10.0.0.1",
        "booted": NOW,
        "written": NOW,
        "state": "in_service",
        "in_service": True,
        "running": "r1",
    }
    return Report(**{**fields, **changes})


def container(name: str, state: str = "running") -> Container:
    return Container(name, "web", state, "10.0.0.1")


FACTS = Facts(
    product="tv",
    environment="prod",
    specification=SPECIFICATION,
    pointer=POINTER,
    sizes={},
    containers=(container("web-1"), container("web-2")),
    reports=(report("web-1"), report("web-2")),
    edge_servers={"web-1": "up", "web-2": "up"},
    edge="running",
    keeper="running",
    backing={},
)


def host(facts: Facts, name: str = "web-1") -> HostStatus:
    return next(h for f in assemble(facts, NOW).fleets for h in f.hosts if h.name == name)


def test_a_settled_environment() -> None:
    """All hosts there, all on the release: settled, at the addresses of its domains."""
    status = assemble(FACTS, NOW)
    assert status.settled
    assert status.addresses == ("http://a.localhost:8080", "http://b.localhost:8080")
    assert [(f.wanted, f.in_service) for f in status.fleets] == [(2, 2)]


def test_what_was_taken_down_is_not_up() -> None:
    """A backing service alone is something; the pointer that stays in the store is not."""
    down = replace(
        FACTS, containers=(), reports=(), edge_servers={}, backing={}, edge="down", keeper="down"
    )
    assert assemble(FACTS, NOW).up
    assert assemble(replace(down, backing={"redis": "running"}), NOW).up
    assert assemble(replace(down, keeper="running", edge="running"), NOW).up, "of no hosts"
    assert not assemble(down, NOW).up


def test_a_size_that_was_set_counts() -> None:
    """What `scale` wrote is wanted, not the minimum; and too few hosts are not settled."""
    status = assemble(replace(FACTS, sizes={"web": 3}), NOW)
    assert status.fleets[0].wanted == 3
    assert not status.settled


def test_a_host_on_another_release_is_not_settled() -> None:
    """One host still runs the old release."""
    old = (report("web-1"), report("web-2", running="r0"))
    assert not assemble(replace(FACTS, reports=old), NOW).settled


def test_only_the_edge_says_who_is_at_the_edge() -> None:
    """A host that calls itself in service is not at the edge before the edge has it."""
    facts = replace(FACTS, edge_servers={"web-1": "up"})
    assert host(facts, "web-1").at_edge == "up"
    assert host(facts, "web-2").at_edge == "-"
    assert assemble(facts, NOW).unsettled == ("web-2 is not yet at the edge",)


SILENT = report("web-1", written=NOW - timedelta(seconds=11))
STATES = {
    "gone": replace(FACTS, containers=()),
    "exited": replace(FACTS, containers=(container("web-1", "exited"),)),
    "booting": replace(FACTS, reports=()),
    "silent": replace(FACTS, reports=(SILENT,)),
    "failed": replace(FACTS, reports=(report("web-1", state="failed", error="no"),)),
}


@pytest.mark.parametrize("state", STATES)
def test_the_state_of_a_host(state: str) -> None:
    """Container and report together say what a host is."""
    assert host(STATES[state]).state == state


def test_what_serves_is_counted_whatever_a_newer_release_does_there() -> None:
    """A host that refuses a release serves the one before; a silent or dead one does not."""
    assert {name: host(facts).serves for name, facts in STATES.items()} == {
        "gone": False,
        "exited": False,
        "booting": False,
        "silent": False,
        "failed": True,
    }
    assert assemble(STATES["failed"], NOW).fleets[0].in_service == 1


ROLLOUTS = {
    "nothing deployed": None,
    "complete": POINTER,
    "preparing": POINTER.model_copy(update={"trial": True, "admitted": ()}),
    "let run by 1 of 2 hosts": POINTER.model_copy(update={"trial": True, "admitted": ("web-1",)}),
    "let run by all hosts, not yet seen through": POINTER.model_copy(update={"trial": True}),
}


@pytest.mark.parametrize("rollout", ROLLOUTS)
def test_how_far_a_deployment_has_come(rollout: str) -> None:
    """The pointer's admitted hosts tell the phase."""
    assert assemble(replace(FACTS, pointer=ROLLOUTS[rollout]), NOW).rollout == rollout
