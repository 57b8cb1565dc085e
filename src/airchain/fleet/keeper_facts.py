"""What the keeper looks at before it decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from airchain.fleet.haproxy import ServerStats
from airchain.fleet.keeper_plan import Facts, HostFacts, Wanted
from airchain.fleet.local import LocalHost
from airchain.spec.model import Environment
from airchain.store import Store, clock
from airchain.store.records import (
    FleetSize,
    Pointer,
    Report,
    fleet_key,
    read,
    read_report,
    report_key,
)


@dataclass(frozen=True)
class Seen:
    """One look at the world. `servers` is None where the edge does not answer."""

    hosts: Sequence[LocalHost]
    reports: Mapping[str, Report]
    sizes: Mapping[str, int]
    servers: Sequence[ServerStats] | None


@dataclass
class Memory:
    """What the keeper remembers between two looks; nothing that the world could tell it.

    `launching` and `ending` name hosts (with their fleet) that a thread is busy with.
    """

    watched: datetime
    launching: dict[str, str] = field(default_factory=dict)
    ending: set[str] = field(default_factory=set)
    draining: dict[str, datetime] = field(default_factory=dict)
    replaced: dict[str, datetime] = field(default_factory=dict)
    setbacks: dict[str, datetime] = field(default_factory=dict)

    def snapshot(self) -> Memory:
        """A copy, to be taken before looking.

        A host whose launch or end is over by the time of the look still counts as
        being launched or ended then, and not as missing or as one to end again.
        """
        return Memory(
            watched=self.watched,
            launching=dict(self.launching),
            ending=set(self.ending),
            draining=dict(self.draining),
            replaced=dict(self.replaced),
            setbacks=dict(self.setbacks),
        )


def release_to_follow(pointer: Pointer) -> str:
    """The release whose fleets count: the old one until all hosts may run the new."""
    if pointer.admitted is not None and pointer.previous is not None:
        return pointer.previous
    return pointer.release


def releases_in_use(pointer: Pointer) -> tuple[str, ...]:
    """The releases that hosts may run now or next."""
    return tuple(d for d in (pointer.release, pointer.previous) if d is not None)


def read_sizes(
    store: Store, product: str, environment: str, specification: Environment
) -> dict[str, int]:
    """The sizes that somebody asked for, by fleet."""
    found = {
        name: read(store, fleet_key(product, environment, name), FleetSize)
        for name in specification.fleets
    }
    return {name: size.size for name, size in found.items() if size is not None}


def read_reports(
    store: Store, product: str, environment: str, hosts: Sequence[LocalHost]
) -> dict[str, Report]:
    """The last report of each host that has written one, `written` by this machine's clock."""
    found = {h.name: read_report(store, report_key(product, environment, h.name)) for h in hosts}
    return {
        name: report.model_copy(update={"written": clock.here(store, report.written)})
        for name, report in found.items()
        if report is not None
    }


def wanted(specification: Environment, sizes: Mapping[str, int]) -> dict[str, Wanted]:
    """The fleets as they shall be: the asked size within min and max, else min."""
    behind_edge = specification.web_fleets
    made: dict[str, Wanted] = {}
    for name, fleet in specification.fleets.items():
        services = [specification.services[s] for s in fleet.services]
        made[name] = Wanted(
            size=min(max(sizes.get(name, fleet.min), fleet.min), fleet.max),
            behind_edge=name in behind_edge,
            stop_timeout=max((s.stop_timeout for s in services), default=10.0),
            drain_timeout=max((s.drain_timeout for s in services), default=30.0),
        )
    return made


def assemble(seen: Seen, specification: Environment, memory: Memory) -> Facts:
    """The facts that the plan is made from; `memory` is from before `seen`."""
    servers = {(s.fleet, s.host): s for s in seen.servers or ()}
    here = {h.name for h in seen.hosts}
    launching: dict[str, int] = {}
    for name, fleet in memory.launching.items():
        launching[fleet] = launching.get(fleet, 0) + (name not in here)
    return Facts(
        fleets=wanted(specification, seen.sizes),
        hosts=[_host(h, seen.reports.get(h.name), servers) for h in seen.hosts],
        edge=seen.servers is not None,
        watched=memory.watched,
        strays=[key for key in servers if key[1] not in here],
        launching=launching,
        abandoned=frozenset(
            h.name for h in seen.hosts if h.state == "created" and h.name not in memory.launching
        ),
        ending=frozenset(memory.ending),
        draining=memory.draining,
        replaced=memory.replaced,
        setbacks=memory.setbacks,
    )


def _host(
    host: LocalHost, report: Report | None, servers: Mapping[tuple[str, str], ServerStats]
) -> HostFacts:
    server = servers.get((host.fleet, host.name))
    return HostFacts(
        name=host.name,
        fleet=host.fleet,
        state=host.state,
        address=host.address,
        created=host.created,
        written=report.written if report else None,
        in_service=report.in_service if report else False,
        served=report is not None and (report.in_service or report.running is not None),
        edge=server.state if server else None,
        edge_address=server.address if server else "",
        sessions=server.sessions + server.waiting if server else 0,
        stop_timeout=report.stop_timeout if report else 0.0,
    )
