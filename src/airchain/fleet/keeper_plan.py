"""Decide what an environment's fleets need next. Pure: facts and the time in, actions out.

A host's way: launched → in service by its own report → at the edge → drained
there → away from the edge → ended. A step is only taken when the facts show
that the one before is done, so it does not matter who did it or when.

A host whose agent is silent may serve all the same: while the edge says so it is
waited for, and drained once another one has taken its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

STALE = timedelta(seconds=10)
# Of a host that the edge's own checks find well only the agent is missing, and deployments.
STALE_AT_EDGE = timedelta(seconds=60)
BOOT_GRACE = timedelta(seconds=60)
IN_SERVICE_WITHIN = timedelta(seconds=180)
# At most one healthy-looking container is given up per fleet in this time,
# and a fleet whose hosts cannot even start is tried again after it.
PAUSE = timedelta(seconds=30)
# After a gap (the machine slept) hosts get this long to speak again.
SETTLING = timedelta(seconds=15)
GIVE_UP_TIMEOUT = 5.0


@dataclass(frozen=True)
class Wanted:
    """A fleet as it shall be. Timeouts in seconds, of its slowest service."""

    size: int
    behind_edge: bool
    stop_timeout: float
    drain_timeout: float


@dataclass(frozen=True)
class HostFacts:
    """A host's container, its report and what the edge says of it.

    `written` is its last report's time. `served` says whether it ever ran a
    release. `edge` is its state at the edge, None where the edge does not know it.
    `stop_timeout` is what its services ask for, in seconds, whatever release they are of.
    """

    name: str
    fleet: str
    state: str
    address: str
    created: datetime
    written: datetime | None = None
    in_service: bool = False
    served: bool = False
    edge: str | None = None
    edge_address: str = ""
    sessions: int = 0
    stop_timeout: float = 0.0


@dataclass(frozen=True)
class Facts:
    """All that the plan depends on.

    `strays` are servers at the edge (fleet, host) without a container;
    `launching` counts hosts per fleet whose container is not there yet;
    `abandoned` are hosts that a keeper made and did not live to start;
    `ending` are hosts that are being ended; `draining` says since when;
    `replaced` and `setbacks` say when a host of the fleet was last given up,
    and when one last failed to start; `watched` since when without a gap.
    """

    fleets: Mapping[str, Wanted]
    hosts: Sequence[HostFacts]
    edge: bool
    watched: datetime
    strays: Sequence[tuple[str, str]] = ()
    launching: Mapping[str, int] = field(default_factory=dict)
    abandoned: frozenset[str] = frozenset()
    ending: frozenset[str] = frozenset()
    draining: Mapping[str, datetime] = field(default_factory=dict)
    replaced: Mapping[str, datetime] = field(default_factory=dict)
    setbacks: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Launch:
    """Make one more host."""

    fleet: str


@dataclass(frozen=True)
class Register:
    """Let the edge send requests to a host."""

    fleet: str
    host: str
    address: str


@dataclass(frozen=True)
class Drain:
    """Let the edge send nothing further."""

    fleet: str
    host: str


@dataclass(frozen=True)
class Deregister:
    """Take a host away from the edge."""

    fleet: str
    host: str


@dataclass(frozen=True)
class Terminate:
    """End a host; 0 seconds where it has ended by itself. `setback`: it never came to serve."""

    fleet: str
    host: str
    timeout: float
    reason: str
    replacement: bool = False
    setback: bool = False


Action = Launch | Register | Drain | Deregister | Terminate

_ENDED = frozenset({"exited", "dead", "removing"})
_LEAVING = frozenset({"drain", "maint"})
# A fleet that the specification does not have (any more).
_NONE = Wanted(size=0, behind_edge=True, stop_timeout=10.0, drain_timeout=30.0)


def plan(facts: Facts, now: datetime) -> tuple[Action, ...]:
    """The next actions, in the order in which to take them."""
    actions: list[Action] = [Deregister(fleet, host) for fleet, host in facts.strays]
    for fleet in sorted({*facts.fleets, *(h.fleet for h in facts.hosts)}):
        actions += _fleet(fleet, facts, now)
    return tuple(actions)


def _fleet(fleet: str, facts: Facts, now: datetime) -> Iterator[Action]:
    wanted = facts.fleets.get(fleet, _NONE)
    hosts = [h for h in facts.hosts if h.fleet == fleet and h.name not in facts.ending]
    ended = [h for h in hosts if h.state in _ENDED]
    for host in ended:
        yield from _give_up(
            host, Terminate(fleet, host.name, 0, "its container has ended", setback=not host.served)
        )
    live = [h for h in hosts if h.state not in _ENDED and h.name not in facts.abandoned]
    for name in sorted(h.name for h in hosts if h.name in facts.abandoned):
        yield Terminate(fleet, name, 0, "its launch was cut short")
    # Of an edge that does not answer nobody knows whom it asks.
    seeing = facts.edge or not wanted.behind_edge
    if seeing and (sick := _sick(fleet, hosts, live, facts, now)):
        host, reason = sick
        live.remove(host)
        if host.edge != "up":
            yield from _give_up(
                host, Terminate(fleet, host.name, _patience(host), reason, replacement=True)
            )
        elif sum(h.edge == "up" for h in live) >= wanted.size:
            yield Drain(fleet, host.name)
    staying = [h for h in live if h.edge not in _LEAVING]
    surplus = len(staying) + facts.launching.get(fleet, 0) - wanted.size
    chosen = _least_missed(staying, surplus, now) if surplus > 0 else []
    if surplus < 0 and not _pausing(fleet, ended, facts, now):
        yield from (Launch(fleet) for _ in range(-surplus))
    for host in live:
        if host in chosen or host.edge in _LEAVING:
            yield from _leave(host, wanted, facts, now)
        elif wanted.behind_edge and facts.edge:
            yield from _join(host, now)


def _give_up(host: HostFacts, ending: Terminate) -> Iterator[Action]:
    """End a host that answers nobody: there is nothing to drain."""
    if host.edge is not None:
        yield Deregister(host.fleet, host.name)
    yield ending


def _patience(host: HostFacts) -> float:
    """How long a host that is silent may take to end: its workers may be busy all the same."""
    return max(GIVE_UP_TIMEOUT, host.stop_timeout)


def _sick(
    fleet: str,
    hosts: Sequence[HostFacts],
    live: Sequence[HostFacts],
    facts: Facts,
    now: datetime,
) -> tuple[HostFacts, str] | None:
    """The one host to replace although its container runs, and why.

    None while nothing ever served in this fleet: then the release is at
    fault, and another host would fare no better.
    """
    paused = fleet in facts.replaced and now - facts.replaced[fleet] < PAUSE
    if paused or now - facts.watched < SETTLING or not any(h.served for h in hosts):
        return None
    found = ((h, reason) for h in live if (reason := _sickness(h, now)))
    return next(found, None)


def _sickness(host: HostFacts, now: datetime) -> str | None:
    age = now - host.created
    if age <= BOOT_GRACE or host.edge in _LEAVING:
        return None
    if host.written is None:
        return f"it has not reported since its start {age.total_seconds():.0f} s ago"
    if now - host.written > (STALE_AT_EDGE if host.edge == "up" else STALE):
        return f"it has been silent for {(now - host.written).total_seconds():.0f} s"
    if not host.served and not host.in_service and age > IN_SERVICE_WITHIN:
        return f"it did not come into service within {IN_SERVICE_WITHIN.total_seconds():.0f} s"
    return None


def _least_missed(staying: Sequence[HostFacts], count: int, now: datetime) -> list[HostFacts]:
    """Hosts that do not say that they serve first, then the newest."""
    newest = sorted(staying, key=lambda h: (h.created, h.name), reverse=True)
    return sorted(newest, key=lambda h: h.in_service and _speaks(h, now))[:count]


def _pausing(fleet: str, ended: Sequence[HostFacts], facts: Facts, now: datetime) -> bool:
    """Whether hosts of the fleet end as soon as they start."""
    if any(not h.served for h in ended):
        return True
    return fleet in facts.setbacks and now - facts.setbacks[fleet] < PAUSE


def _leave(host: HostFacts, wanted: Wanted, facts: Facts, now: datetime) -> Iterator[Action]:
    """Drained at the edge, away from the edge, then ended."""
    timeout = max(wanted.stop_timeout, host.stop_timeout)
    ending = Terminate(host.fleet, host.name, timeout, "the fleet is larger than wanted")
    if wanted.behind_edge and not facts.edge:
        return  # It may be busy or reload, and send requests meanwhile.
    if host.edge is None:
        yield ending
        return
    if host.edge not in _LEAVING:
        yield Drain(host.fleet, host.name)
        return
    waited = (now - facts.draining.get(host.name, now)).total_seconds()
    if host.sessions and waited > wanted.drain_timeout and host.edge == "maint":
        yield ending
    elif not host.sessions or waited > wanted.drain_timeout:
        yield Deregister(host.fleet, host.name)


def _speaks(host: HostFacts, now: datetime) -> bool:
    return host.written is not None and now - host.written <= STALE


def _join(host: HostFacts, now: datetime) -> Iterator[Action]:
    """To the edge once its own report says that it serves."""
    if host.edge is None:
        serves = host.state == "running" and host.in_service and _speaks(host, now)
        if serves and host.address:
            yield Register(host.fleet, host.name, host.address)
    elif host.address and host.edge_address != host.address:
        yield Deregister(host.fleet, host.name)
