"""What a driver sees: pointer, reports and the edge's counters; and what it remembers of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from airchain.errors import StoreError
from airchain.progress import Step
from airchain.release import gates, pointer, rollout
from airchain.release.figures import Ledger, Traffic
from airchain.release.gates import Fault
from airchain.release.reports import reports
from airchain.release.scope import Scope
from airchain.spec.model import Deploy
from airchain.store import clock
from airchain.store.records import Pointer, Report

# Seconds between two readings of the edge's counters.
READ_EVERY = 0.2
# A store that does not answer is asked again for this long, in seconds.
STORE_PATIENCE = 180.0
_STORE_PAUSE = 0.5
# A longer pause between two looks, in seconds: the store hung or this machine slept.
GAP = 3.0

T = TypeVar("T")


class Sight:
    """One environment before the eyes of one driver."""

    def __init__(self, scope: Scope, settings: Deploy, counters: Traffic, ledger: Ledger) -> None:
        self.live: Sequence[Report] = ()
        self.memory = rollout.Memory()
        # Whether any host spoke since the beginning.
        self.heard = False
        # Between two looks, in seconds.
        self.pause = scope.store.interval / 2
        self._scope = scope
        self._settings = settings
        self._counters = counters
        self._ledger = ledger
        self._sighted = self._looked = clock.steady()
        self._read_at = 0.0

    def look(self, held: pointer.Held, step: Step | None = None) -> rollout.Decision:
        """What is to be done next, of the deployment that `held` stands for."""
        said = self._read(held, step)
        now = clock.now(self._scope.store)
        live = self.live = rollout.fresh(said, now)
        self.heard = self.heard or bool(live)
        self._notice_gap()
        switched = dict(self.memory.switched)
        for report in live:
            if rollout.runs(report, held.pointer):
                switched.setdefault(report.host, report)
        self.memory = replace(
            self.memory,
            seen=self.memory.seen.union(r.host for r in live),
            switched=switched,
            blind=clock.steady() - self._sighted < rollout.STALE.total_seconds(),
        )
        if not live:
            self._sighted = clock.steady()
        self._enter(live, held.pointer)
        sizes = self._settings.waves
        return rollout.decide(held.pointer, said, now, sizes=sizes, memory=self.memory)

    def _read(self, held: pointer.Held, step: Step | None) -> Sequence[Report]:
        """The reports; the pointer must still be ours. A store that is away is waited for."""

        def once() -> Sequence[Report]:
            pointer.require(self._scope, held)
            said = reports(self._scope)
            pointer.require_accepted(held, said)
            return said

        return self.patiently(once, step)

    def patiently(self, act: Callable[[], T], step: Step | None = None) -> T:
        """Do `act`, again and again while the store does not answer; bounded."""
        since = clock.steady()
        while True:
            try:
                return act()
            except StoreError as error:
                if clock.steady() - since > STORE_PATIENCE:
                    raise
                if step:
                    step.note(f"the store does not answer, asking again: {error}")
                time.sleep(_STORE_PAUSE)
                # Nobody could report meanwhile.
                self._sighted = clock.steady()

    def _notice_gap(self) -> None:
        """Begin to count anew where nobody was looked at: hosts may have met with the same."""
        now = clock.steady()
        if now - self._looked > GAP:
            self._sighted = now
        self._looked = now

    def expect(self, hosts: frozenset[str]) -> None:
        """Take these for alive until they have been silent for long enough."""
        self.memory = replace(self.memory, seen=hosts)

    def forget(self) -> None:
        """Begin anew with another pointer: hosts stay known, what they run does not."""
        self.memory = rollout.Memory(seen=self.memory.seen)

    def passed(self, *, passed: bool) -> None:
        """Remember whether the hosts that are admitted now have been watched."""
        self.memory = replace(self.memory, passed=passed)

    def _enter(self, live: Sequence[Report], held: Pointer) -> None:
        if clock.steady() - self._read_at < READ_EVERY:
            return
        self._read_at = clock.steady()
        self._ledger.enter(
            self._counters(),
            old=serving_old(live, held) if held.trial else frozenset(),
            new=frozenset(self.memory.switched).intersection(r.host for r in live),
        )

    def erring(self) -> Fault | None:
        """Whether hosts that have switched already fail, while others are on their way."""
        return gates.erring(self._ledger, self._settings)

    def traffic(self) -> str:
        """What the edge saw of new and old hosts, in words."""
        said = [
            f"{fleet}: {self._ledger.new(fleet)}; old hosts {self._ledger.old(fleet)}"
            for fleet in self._ledger.fleets()
        ]
        return "; ".join(said) or "no edge to ask about requests"


def serving_old(live: Sequence[Report], held: Pointer) -> frozenset[str]:
    """Hosts that serve another release and are not let run this one yet."""
    return frozenset(
        r.host
        for r in live
        if r.in_service
        and r.running not in (None, held.release)
        and held.release_for(r.host) != held.release
    )
