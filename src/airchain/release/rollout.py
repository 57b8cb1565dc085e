"""Decide the next step of a deployment from the pointer and the hosts' reports. Pure.

    prepare    every host pulls and verifies while the old release serves
    canary     one host runs the release's tasks, then switches, and is watched
    wave N     more of them do
    all hosts  the rest does
    revert     a gate failed: the pointer goes back

How far a deployment has come stands in the pointer: `admitted` grows from wave to
wave, and `trial` ends with the last watch. So any driver can go on from there.

Hosts whose report is stale hold nothing up: the keeper replaces them, and
whatever boots reads the same pointer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from airchain.release import waves
from airchain.release.gates import Fault, failed, suffered
from airchain.store.records import Pointer, Report

STALE = timedelta(seconds=10)
PREPARE = "prepare"
CANARY = "canary"
ALL = "all hosts"
SILENCE = "hosts to speak again"


@dataclass(frozen=True)
class Wait:
    """Nothing to do yet. `phase` names the step, `hosts` those it waits for."""

    phase: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Watch:
    """`hosts` serve the release; the gates decide whether others may follow."""

    phase: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Admit:
    """Let these hosts switch; None lets all."""

    hosts: tuple[str, ...] | None


@dataclass(frozen=True)
class Revert:
    """The release shall not stay."""

    fault: Fault


@dataclass(frozen=True)
class Done:
    """Every live host runs the release."""

    hosts: tuple[str, ...]


Decision = Wait | Watch | Admit | Revert | Done


@dataclass(frozen=True)
class Memory:
    """What a driver knows beside the pointer and the reports; a new one begins with nothing.

    `seen` are hosts that it saw alive or was told of, `switched` those that it saw serve
    the release, with what they reported then.
    `passed` says that the hosts admitted now have been watched. While `blind`, it has
    not looked for long enough to call a host silent.
    """

    seen: frozenset[str] = frozenset()
    switched: Mapping[str, Report] = field(default_factory=dict)
    passed: bool = False
    blind: bool = False


_NOTHING = Memory()


def decide(
    pointer: Pointer,
    reports: Sequence[Report],
    now: datetime,
    *,
    sizes: Sequence[int | str] = (1, "25%"),
    memory: Memory = _NOTHING,
) -> Decision:
    """What the deployment that `pointer` stands for needs next.

    `sizes` are the waves as the specification has them.
    """
    live = sorted(fresh(reports, now), key=lambda r: r.host)
    for report in live:
        if report.state == "failed" and report.serial == pointer.serial:
            return Revert(failed(report))
    if not live and memory.seen:
        return Wait(SILENCE, tuple(sorted(memory.seen)))
    for report in live if pointer.trial else ():
        then = memory.switched.get(report.host)
        if then and (suffering := suffered(then, report)):
            return Revert(suffering)
    if fault := _lost(pointer, {r.host for r in live}, memory):
        return Revert(fault)
    if pointer.admitted is None:
        return _all(pointer, live, memory)
    if not pointer.admitted:
        # What boots just now is no reason to wait: it prepares before it serves.
        late = [r.host for r in live if r.running and pointer.release not in r.prepared]
        decision: Decision = Wait(PREPARE, tuple(late)) if late else _admit(pointer, live, sizes, 0)
    else:
        decision = _wave(pointer, live, sizes, memory)
    silent = {r.host for r in reports if r.running}.difference(r.host for r in live)
    if isinstance(decision, Admit) and memory.blind and live and silent:
        # They may be nearly all: a wave that is right for the few that spoke is not for them.
        return Wait(SILENCE, tuple(sorted(silent)))
    return decision


def _all(pointer: Pointer, live: Sequence[Report], memory: Memory) -> Decision:
    hosts = tuple(r.host for r in live)
    late = tuple(r.host for r in live if not runs(r, pointer))
    if [host for host in late if host not in memory.switched]:
        return Wait(ALL, late)
    if pointer.trial and live and not memory.passed:
        return Watch(ALL, hosts)
    return Wait(ALL, late) if late else Done(hosts)


def _wave(
    pointer: Pointer, live: Sequence[Report], sizes: Sequence[int | str], memory: Memory
) -> Decision:
    admitted = pointer.admitted or ()
    here = [r for r in live if r.host in admitted]
    if live and not here:  # The canary died, perhaps of the release: another one tells.
        return Admit(waves.choose(live, admitted, 1))
    phase = wave_name(sizes, len(here), len(live))
    late = [r.host for r in here if not runs(r, pointer)]
    if [host for host in late if host not in memory.switched]:
        return Wait(phase, tuple(late))
    if not memory.passed:
        return Watch(phase, tuple(r.host for r in here))
    return _admit(pointer, live, sizes, len(here))


def _admit(
    pointer: Pointer, live: Sequence[Report], sizes: Sequence[int | str], here: int
) -> Admit:
    size = next((s for s in waves.sizes(sizes, len(live)) if s > here), len(live))
    if size >= len(live):
        return Admit(None)
    return Admit(waves.choose(live, pointer.admitted or (), size))


def _lost(pointer: Pointer, live: AbstractSet[str], memory: Memory) -> Fault | None:
    """Hosts die; that half of those with the release die, and no fewer than two, is its doing."""
    expected = {*memory.switched, *(pointer.admitted or ())}
    lost = sorted(expected - live)
    if memory.blind or not pointer.trial or len(lost) < 2 or 2 * len(lost) < len(expected):
        return None
    return Fault(
        f"{len(lost)} of {len(expected)} hosts fell silent after they were let run the release",
        where=f"hosts {', '.join(lost)}",
        hint="`airchain status` shows what became of them",
    )


def wave_name(sizes: Sequence[int | str], admitted: int, live: int) -> str:
    """What the wave that has come to `admitted` of `live` hosts is called."""
    steps = waves.sizes(sizes, live)
    number = next((n for n, size in enumerate(steps, 1) if size >= admitted), len(steps))
    if number == 1 and len(steps) > 1:
        return CANARY
    return f"wave {number} of {len(steps)}"


def fresh(reports: Sequence[Report], now: datetime) -> list[Report]:
    """Those hosts that spoke lately."""
    return [r for r in reports if now - r.written <= STALE]


def runs(report: Report, pointer: Pointer) -> bool:
    """Whether the host has arrived at the pointer's release."""
    return (
        report.running == pointer.release
        and report.serial == pointer.serial
        and report.state == "in_service"
    )
