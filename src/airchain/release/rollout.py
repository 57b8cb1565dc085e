"""Decide the next step of a deployment from the pointer and the hosts' reports. Pure.

    prepare   every host pulls and verifies while the old release serves
    canary    one host switches
    all       the rest switches
    revert    a host failed: the pointer goes back

Hosts whose report is stale hold nothing up: the keeper replaces them, and
whatever boots reads the same pointer. Growing waves and gates on the edge's
error rate fit between `canary` and `all`: they are further values of `admitted`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from airchain.store.records import Pointer, Report

STALE = timedelta(seconds=10)


@dataclass(frozen=True)
class Wait:
    """Nothing to do yet. `phase` names the step, `hosts` those it waits for."""

    phase: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Admit:
    """Let these hosts switch; None lets all."""

    hosts: tuple[str, ...] | None


@dataclass(frozen=True)
class Revert:
    """A host could not run the release."""

    failed: Report


@dataclass(frozen=True)
class Done:
    """Every live host runs the release."""

    hosts: tuple[str, ...]


Decision = Wait | Admit | Revert | Done


def decide(pointer: Pointer, reports: Sequence[Report], now: datetime) -> Decision:
    """What the deployment that `pointer` stands for needs next."""
    live = sorted(fresh(reports, now), key=lambda r: (not _serves(r), r.host))
    for report in live:
        if report.state == "failed" and report.serial == pointer.serial:
            return Revert(report)
    if pointer.admitted is None:
        late = [r.host for r in live if not runs(r, pointer)]
        return Wait("all hosts", tuple(late)) if late else Done(tuple(r.host for r in live))
    if not pointer.admitted:
        late = [r.host for r in live if pointer.release not in r.prepared]
        if late:
            return Wait("prepare", tuple(late))
        return Admit((live[0].host,)) if len(live) > 1 else Admit(None)
    first = [r for r in live if r.host in pointer.admitted]
    if live and not first:  # The canary died, perhaps of the release: another one tells.
        return Admit((live[0].host,))
    late = [r.host for r in first if not runs(r, pointer)]
    return Wait("canary", tuple(late)) if late else Admit(None)


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


def _serves(report: Report) -> bool:
    # The canary is a host that takes viewers' requests where there is one: its
    # services are checked from outside. Host names decide among equals.
    return any(s.kind == "web" for s in report.services)
