"""What is true of an environment right now: one frozen picture, assembled from facts.

Nothing is believed that was not seen: a host is listed because its container
exists or its report is there; it is `at_edge` because the edge says so; a
report that is older than ten seconds makes its host `silent`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from airchain.release.lock import Lock
from airchain.release.rollout import STALE
from airchain.spec.model import Environment
from airchain.store.records import Pointer, Report


@dataclass(frozen=True)
class HostStatus:
    """One host: what its container, its report and the edge say of it.

    `clock_skew` is the seconds that its clock is ahead of the store's.
    """

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
    clock_skew: float | None = None
    serves: bool = False


@dataclass(frozen=True)
class FleetStatus:
    """A fleet: how many hosts it shall have and which it has.

    `behind_edge` says whether viewers' requests come to it.
    """

    name: str
    wanted: int
    minimum: int
    maximum: int
    behind_edge: bool
    hosts: tuple[HostStatus, ...]

    @property
    def in_service(self) -> int:
        """Hosts that serve, some of them an older release while the new one fails."""
        return sum(h.serves for h in self.hosts)


@dataclass(frozen=True)
class EnvironmentStatus:
    """An environment. `rollout` says how far a deployment has come.

    `release` is that of the last good pointer; `refusal` says what is wrong with the present one;
    `lock` says who is at work on it.
    """

    product: str
    environment: str
    release: str | None
    rollout: str
    keeper: str
    edge: str
    addresses: tuple[str, ...]
    backing: Mapping[str, str]
    fleets: tuple[FleetStatus, ...]
    refusal: str | None = None
    lock: Lock | None = None

    @property
    def up(self) -> bool:
        """Whether anything of it runs."""
        own = self.keeper != "down" or self.edge != "down"
        return own or bool(self.backing) or any(fleet.hosts for fleet in self.fleets)

    @property
    def settled(self) -> bool:
        """Whether every fleet has its size and every host serves the release."""
        return not self.unsettled

    @property
    def unsettled(self) -> tuple[str, ...]:
        """What is not yet as it shall be, in words: for waiting and for people."""
        found = [self.refusal] if self.refusal else []
        for fleet in self.fleets:
            if len(fleet.hosts) != fleet.wanted:
                found.append(f"{fleet.name} has {len(fleet.hosts)} of {fleet.wanted} hosts")
            for host in fleet.hosts:
                if host.state != "in_service":
                    found.append(f"{host.name} is {host.state}")
                elif host.release != self.release:
                    found.append(f"{host.name} runs another release")
                elif fleet.behind_edge and host.at_edge != "up":
                    found.append(f"{host.name} is not yet at the edge")
        return tuple(found)


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
    refusal: str | None = None
    lock: Lock | None = None


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
            any(facts.specification.services[s].kind == "web" for s in fleet.services),
            tuple(h for h in hosts if h.fleet == name),
        )
        for name, fleet in facts.specification.fleets.items()
    )
    edge = facts.specification.edge
    return EnvironmentStatus(
        facts.product,
        facts.environment,
        facts.pointer.release if facts.pointer else None,
        _rollout(facts.pointer, len(hosts)),
        facts.keeper,
        facts.edge,
        tuple(f"http://{domain}:{edge.port}" for domain in edge.domains),
        facts.backing,
        fleets,
        facts.refusal,
        facts.lock,
    )


def _host(
    name: str,
    container: Container | None,
    report: Report | None,
    edge: Mapping[str, str],
    now: datetime,
) -> HostStatus:
    silent = report is not None and now - report.written > STALE
    up = container is not None and container.state == "running"
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
        clock_skew=report.clock_skew if report else None,
        serves=up and not silent and report is not None and report.in_service,
    )


def _state(container: Container | None, report: Report | None, *, silent: bool) -> str:
    if container is None:
        return "gone"
    if container.state != "running":
        return container.state
    if report is None:
        return "booting"
    return "silent" if silent else report.state


def _rollout(pointer: Pointer | None, hosts: int) -> str:
    if pointer is None:
        return "nothing deployed"
    if not pointer.trial:
        return "complete"
    if pointer.admitted is None:
        return "let run by all hosts, not yet seen through"
    if not pointer.admitted:
        return "preparing"
    return f"let run by {len(pointer.admitted)} of {hosts} hosts"
