"""The driver's loop: read the reports, decide, move the pointer; until done or taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from airchain.errors import AirchainError, DeployError, StoreError, WaitTimeout
from airchain.progress import Progress, Step
from airchain.release import gates, index, pointer, rollout
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

Logs = Callable[[Sequence[Report]], str]
T = TypeVar("T")


@dataclass(frozen=True)
class Stage:
    """What a deployment has come to, for those who want to hear of it."""

    kind: Literal["start", "prepared", "canary", "wave", "done", "reverted"]
    release: str
    previous: str | None = None
    hosts: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class Phase:
    """One part of a deployment that is over: what it was about and how long it took.

    `watched` are those of the `seconds` during which its hosts served and were
    watched; `seen` is what the edge saw of all new hosts meanwhile, in words.
    """

    name: str
    hosts: tuple[str, ...]
    seconds: float
    watched: float = 0.0
    seen: str = ""


def failure(fault: Fault, outcome: str) -> DeployError:
    """The error that a fault deserves, with what became of the environment."""
    return DeployError(
        f"{fault.message}; {outcome}", where=fault.where, hint=fault.hint, detail=fault.detail
    )


class Driver:
    """Drives the deployment that the pointer `held` stands for.

    It holds nothing that hosts wait for in order to serve, and nothing that the
    next driver could not find in the store.
    """

    def __init__(
        self,
        scope: Scope,
        held: pointer.Held,
        progress: Progress,
        settings: Deploy,
        on_stage: Callable[[Stage], None],
        traffic: Traffic,
        logs: Logs,
        ledger: Ledger,
    ) -> None:
        self.held = held
        self.phases: list[Phase] = []
        self._scope = scope
        self._progress = progress
        self._settings = settings
        self._on_stage = on_stage
        self._traffic = traffic
        self._logs = logs
        self._ledger = ledger
        self._memory = rollout.Memory()
        self._pause = scope.store.interval / 2
        self._sighted = time.monotonic()
        self._read_at = 0.0
        self._announced: tuple[str, ...] | None = ()
        self._live: Sequence[Report] = ()

    def drive(self) -> tuple[str, ...]:
        """Go on until every live host runs the release; return their names."""
        trial = self.held.pointer.trial
        while True:
            decision = self._look()
            if isinstance(decision, rollout.Wait | rollout.Watch):
                decision = self._see_through(decision)
            if isinstance(decision, rollout.Admit):
                self._admit(decision)
            elif isinstance(decision, rollout.Revert):
                self._revert(decision.fault)
            elif isinstance(decision, rollout.Done):
                if trial:
                    self._write(pointer.settle(self.held.pointer))
                self._tell("done", decision.hosts)
                return decision.hosts

    def _see_through(self, first: rollout.Wait | rollout.Watch) -> rollout.Decision:
        """Stay with one phase until something else is to be done."""
        began = time.monotonic()
        watched, seen = 0.0, ""
        hosts: set[str] = set()
        decision: rollout.Decision = first
        with self._progress.step(f"{first.phase}: {_names(first.hosts)}") as step:
            while isinstance(decision, rollout.Wait | rollout.Watch):
                if decision.phase != first.phase:
                    break
                hosts.update(decision.hosts)
                if isinstance(decision, rollout.Watch):
                    since = time.monotonic()
                    decision = self._watch(decision, step)
                    watched += time.monotonic() - since
                    seen = self._seen()
                elif fault := self._erring():
                    decision = rollout.Revert(fault)
                elif time.monotonic() - began > self._settings.timeout:
                    decision = self._too_late(decision)
                else:
                    time.sleep(self._pause)
                    decision = self._look(step)
            if isinstance(decision, rollout.Revert):
                step.note(f"{decision.fault.where}: {decision.fault.message}")
        took = round(time.monotonic() - began, 3)
        phase = Phase(first.phase, tuple(sorted(hosts)), took, round(watched, 3), seen)
        self.phases.append(phase)
        return decision

    def _watch(self, watching: rollout.Watch, step: Step) -> rollout.Decision:
        """Watch the hosts that switched; the decision that follows."""
        self._announce(watching)
        watch = gates.Watch(self._settings, self._ledger, time.monotonic())
        step.note(f"{_names(watching.hosts)} serve; watched for {self._settings.watch:g} s")
        doubt = ""
        while True:
            verdict = watch.look(time.monotonic())
            if isinstance(verdict, gates.Fault):
                return rollout.Revert(verdict)
            if isinstance(verdict, gates.Passed):
                if verdict.doubt:
                    step.note(f"too few requests to be sure: {verdict.doubt}")
                step.note(self._seen())
                self._memory = replace(self._memory, passed=True)
                return self._look(step)
            if verdict.doubt and not doubt:
                step.note(f"watched on: {verdict.doubt}")
            doubt = verdict.doubt
            time.sleep(self._pause)
            decision = self._look(step)
            if not isinstance(decision, rollout.Watch) or decision.phase != watching.phase:
                return decision

    def _look(self, step: Step | None = None) -> rollout.Decision:
        said = self._read(step)
        now = clock.now(self._scope.store)
        held = self.held.pointer
        live = self._live = rollout.fresh(said, now)
        switched = dict(self._memory.switched)
        for report in live:
            if rollout.runs(report, held):
                switched.setdefault(report.host, report)
        self._memory = replace(
            self._memory,
            seen=self._memory.seen.union(r.host for r in live),
            switched=switched,
            blind=time.monotonic() - self._sighted < rollout.STALE.total_seconds(),
        )
        if not live:
            self._sighted = time.monotonic()
        self._enter(live)
        return rollout.decide(held, said, now, sizes=self._settings.waves, memory=self._memory)

    def _read(self, step: Step | None) -> Sequence[Report]:
        """The reports; the pointer must still be ours. A store that is away is waited for."""

        def once() -> Sequence[Report]:
            pointer.require(self._scope, self.held)
            said = reports(self._scope)
            pointer.require_accepted(self.held, said)
            return said

        return self._patiently(once, step)

    def _patiently(self, act: Callable[[], T], step: Step | None = None) -> T:
        since = time.monotonic()
        while True:
            try:
                return act()
            except StoreError as error:
                if time.monotonic() - since > STORE_PATIENCE:
                    raise
                if step:
                    step.note(f"the store does not answer, asking again: {error}")
                time.sleep(_STORE_PAUSE)
                # Nobody could report meanwhile.
                self._sighted = time.monotonic()

    def _enter(self, live: Sequence[Report]) -> None:
        if time.monotonic() - self._read_at < READ_EVERY:
            return
        self._read_at = time.monotonic()
        held = self.held.pointer
        self._ledger.enter(
            self._traffic(),
            old=serving_old(live, held) if held.trial else frozenset(),
            new=frozenset(self._memory.switched).intersection(r.host for r in live),
        )

    def _erring(self) -> Fault | None:
        """Whether hosts that have switched already fail, while others are on their way."""
        trial = self.held.pointer.trial
        return gates.erring(self._ledger, self._settings) if trial else None

    def _seen(self) -> str:
        said = [
            f"{fleet}: {self._ledger.new(fleet)}; old hosts {self._ledger.old(fleet)}"
            for fleet in self._ledger.fleets()
        ]
        return "; ".join(said) or "no edge to ask about requests"

    def _admit(self, admit: rollout.Admit) -> None:
        if self.held.pointer.admitted == ():
            self._tell("prepared", tuple(sorted(self._memory.seen)))
        self._memory = replace(self._memory, passed=False)
        self._write(pointer.admit(self.held.pointer, admit.hosts))

    def _write(self, new: Pointer) -> None:
        """Write the pointer. Whether a write that failed was done nobody knows: look."""

        def once() -> pointer.Held:
            now = pointer.hold(self._scope)
            if now and pointer.same(now.pointer, new):
                return now
            return pointer.write(self._scope, new, self.held)

        self.held = self._patiently(once)

    def _too_late(self, waiting: rollout.Wait) -> rollout.Revert:
        what = f"waited {self._settings.timeout:g} s in phase {waiting.phase!r}"
        if not self.held.pointer.trial or waiting.phase == rollout.SILENCE:
            raise WaitTimeout(
                f"{what} for {_names(waiting.hosts)}",
                where=str(self._scope),
                hint="`airchain status` shows what each host says; "
                "`airchain deploy` goes on, `airchain rollback` goes back",
            )
        return rollout.Revert(
            Fault(what, where=f"hosts {_names(waiting.hosts)}", hosts=waiting.hosts)
        )

    def _revert(self, fault: Fault) -> None:
        """Put the old release back, wait for it, and raise what went wrong."""
        failed, old = self.held.pointer, self.held.pointer.previous
        if old is None:
            fault = self._with_logs(fault)
            outcome = "there is no release to go back to"
        else:
            with self._progress.step(f"revert to {index.short(old)}"):
                try:
                    self._write(pointer.back(failed, old))
                except AirchainError as error:
                    why = f"it was to be taken back: {fault.where}: {fault.message}"
                    error.hint = "\n".join(filter(None, (why, error.hint)))
                    raise
                # Read while hosts go back: what the old release writes would follow it.
                fault = self._with_logs(fault)
                outcome = self._go_back(old)
        detail = f"{fault.where}: {fault.message}; {outcome}"
        self._on_stage(Stage("reverted", failed.release, old, fault.hosts, detail))
        raise failure(fault, outcome)

    def _go_back(self, old: str) -> str:
        """Wait until every host serves the old release; what became of it, in words."""
        self._memory = rollout.Memory(seen=self._memory.seen)
        try:
            returned = self._look()
            # All may fall silent in between, such as while the store is away.
            while isinstance(returned, rollout.Wait):
                returned = self._see_through(returned)
        except (WaitTimeout, StoreError) as late:
            return f"while it was taken back, {late.message}"
        if not isinstance(returned, rollout.Done):
            return "and the old release did not come back either"
        return f"release {index.short(old)} serves on every host"

    def _with_logs(self, fault: Fault) -> Fault:
        try:
            # From before hosts went back: they name the instances of the release.
            told = [r for r in self._live if r.host in fault.hosts]
            said = self._logs(told) if told else ""
        except AirchainError as error:
            said = f"their logs could not be read: {error}"
        return replace(fault, detail="\n".join(filter(None, (fault.detail, said))) or None)

    def _announce(self, watching: rollout.Watch) -> None:
        """Tell once of each wave, as soon as its hosts serve."""
        admitted = self.held.pointer.admitted
        if admitted is None or admitted == self._announced:
            return
        self._announced = admitted
        self._tell(
            "canary" if watching.phase == rollout.CANARY else "wave",
            watching.hosts,
            f"watched for {self._settings.watch:g} s",
        )

    def _tell(
        self,
        kind: Literal["prepared", "canary", "wave", "done"],
        hosts: tuple[str, ...],
        detail: str = "",
    ) -> None:
        held = self.held.pointer
        self._on_stage(Stage(kind, held.release, held.previous, hosts, detail))


def serving_old(live: Sequence[Report], held: Pointer) -> frozenset[str]:
    """Hosts that serve another release and are not let run this one yet."""
    return frozenset(
        r.host
        for r in live
        if r.in_service
        and r.running not in (None, held.release)
        and held.release_for(r.host) != held.release
    )


def _names(hosts: tuple[str, ...]) -> str:
    shown = ", ".join(hosts[:4])
    return f"{shown} and {len(hosts) - 4} more" if len(hosts) > 4 else shown or "hosts"
