"""What is true of an environment right now: one frozen picture, assembled from facts.

Nothing is believed that was not seen: a host is listed because its container
exists or its report is there; it is `at_edge` because the edge says so; a
report that is older than ten seconds makes its host `silent`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from airchain.release.rollout import STALE
from airchain.spec.model import Environment
from airchain.store.records import Pointer, Report


@dataclass(frozen=True)
class HostStatus:
    """One host: what its container, its report and the edge say of it."""

    name: str
    fleet: str
    container: str
    state: str
    release: str | None
    at_edge: str
    address: str
    services: Mapping[str, str]
    error: str | None
    hint: str | None


@dataclass(frozen=True)
class FleetStatus:
    """A fleet: how many hosts it shall have and which it has."""

    name: str
    wanted: int
    minimum: int
    maximum: int
    hosts: tuple[HostStatus, ...]

    @property
    def in_service(self) -> int:
        """Hosts that serve."""
        return sum(h.state == "in_service" for h in self.hosts)


@dataclass(frozen=True)
class EnvironmentStatus:
    """An environment. `rollout` says how far a deployment has come."""

    product: str
    environment: str
    release: str | None
    rollout: str
    keeper: str
    edge: str
    addresses: tuple[str, ...]
    backing: Mapping[str, str]
    fleets: tuple[FleetStatus, ...]

    @property
    def settled(self) -> bool:
        """Whether every fleet has its size and every host serves the release."""
        return all(
            len(f.hosts) == f.wanted
            and all(h.state == "in_service" and h.release == self.release for h in f.hosts)
            for f in self.fleets
        )


@dataclass(frozen=True)
class Container:
    """A host's container on the building machine. `state` is the engine's word for it."""

    name: str
    fleet: str
    state: str
    address: str


@dataclass(frozen=True)
class Facts:
    """All that `assemble` needs; read by `fleet.environment`."""

    product: str
    environment: str
    specification: Environment
    pointer: Pointer | None
    sizes: Mapping[str, int]
    containers: Sequence[Container]
    reports: Sequence[Report]
    edge_servers: Mapping[str, str]
    edge: str
    keeper: str
    backing: Mapping[str, str]


def assemble(facts: Facts, now: datetime) -> EnvironmentStatus:
    """The picture that these facts give."""
    reports = {r.host: r for r in facts.reports}
    containers = {c.name: c for c in facts.containers}
    hosts = [
        _host(name, containers.get(name), reports.get(name), facts.edge_servers, now)
        for name in sorted(containers.keys() | reports.keys())
    ]
    fleets = tuple(
        FleetStatus(
            name,
            facts.sizes.get(name, fleet.min),
            fleet.min,
            fleet.max,
            tuple(h for h in hosts if h.fleet == name),
        )
        for name, fleet in facts.specification.fleets.items()
    )
    edge = facts.specification.edge
    return EnvironmentStatus(
        facts.product,
        facts.environment,
        facts.pointer.release if facts.pointer else None,
        _rollout(facts.pointer),
        facts.keeper,
        facts.edge,
        tuple(f"http://{domain}:{edge.port}" for domain in edge.domains),
        facts.backing,
        fleets,
    )


def _host(
    name: str,
    container: Container | None,
    report: Report | None,
    edge: Mapping[str, str],
    now: datetime,
) -> HostStatus:
    silent = report is not None and now - report.written > STALE
    return HostStatus(
        name=name,
        fleet=container.fleet if container else report.fleet if report else "",
        container=container.state if container else "gone",
        state=_state(container, report, silent=silent),
        release=report.running if report else None,
        at_edge=edge.get(name, "-"),
        address=container.address if container else report.address if report else "",
        services={s.name: s.state for s in report.services} if report else {},
        error=report.error if report else None,
        hint=report.hint if report else None,
    )


def _state(container: Container | None, report: Report | None, *, silent: bool) -> str:
    if container is None:
        return "gone"
    if container.state != "running":
        return container.state
    if report is None:
        return "booting"
    return "silent" if silent else report.state


def _rollout(pointer: Pointer | None) -> str:
    if pointer is None:
        return "nothing deployed"
    if pointer.admitted is None:
        return "complete"
    if not pointer.admitted:
        return "preparing"
    return f"on {len(pointer.admitted)} hosts"
