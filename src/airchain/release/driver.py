"""The driver's loop: read the reports, decide, move the pointer; until done or taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from airchain.errors import AirchainError, DeployError, WaitTimeout
from airchain.progress import Progress, Step
from airchain.release import gates, index, pointer, rollout
from airchain.release.figures import Ledger, Traffic
from airchain.release.gates import Fault
from airchain.release.scope import Scope
from airchain.release.sight import Sight
from airchain.release.stages import Phase, Stage, names
from airchain.spec.model import Deploy
from airchain.store.records import Pointer, Report

Logs = Callable[[Sequence[Report]], str]


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
        self._logs = logs
        self._ledger = ledger
        self._sight = Sight(scope, settings, traffic, ledger)
        self._announced: tuple[str, ...] | None = ()
        self._silence: float | None = None

    def expect(self, hosts: frozenset[str], silence: float | None) -> None:
        """Wait for these to speak; where none does, for no longer than `silence` seconds."""
        self._sight.expect(hosts)
        self._silence = silence

    def drive(self) -> tuple[str, ...]:
        """Go on until every live host runs the release; return their names."""
        trial = self.held.pointer.trial
        while True:
            decision = self._sight.look(self.held)
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
        trial = self.held.pointer.trial
        decision: rollout.Decision = first
        with self._progress.step(f"{first.phase}: {names(first.hosts)}") as step:
            while isinstance(decision, rollout.Wait | rollout.Watch):
                if decision.phase != first.phase:
                    break
                hosts.update(decision.hosts)
                if isinstance(decision, rollout.Watch):
                    since = time.monotonic()
                    decision = self._watch(decision, step)
                    watched += time.monotonic() - since
                    seen = self._sight.traffic()
                elif trial and (fault := self._sight.erring()):
                    decision = rollout.Revert(fault)
                elif self._nobody(decision, time.monotonic() - began):
                    step.note("none of them speaks: they are taken for gone")
                    self._sight.expect(frozenset())
                    decision = self._sight.look(self.held, step)
                elif time.monotonic() - began > self._settings.timeout:
                    decision = self._too_late(decision)
                else:
                    time.sleep(self._sight.pause)
                    decision = self._sight.look(self.held, step)
            if isinstance(decision, rollout.Revert):
                step.note(f"{decision.fault.where}: {decision.fault.message}")
        took = round(time.monotonic() - began, 3)
        phase = Phase(first.phase, tuple(sorted(hosts)), took, round(watched, 3), seen)
        self.phases.append(phase)
        return decision

    def _nobody(self, waiting: rollout.Wait, seconds: float) -> bool:
        """Whether there is nobody to wait for: not one host was heard since this began."""
        silent = waiting.phase == rollout.SILENCE and not self._sight.heard
        return silent and self._silence is not None and seconds > self._silence

    def _watch(self, watching: rollout.Watch, step: Step) -> rollout.Decision:
        """Watch the hosts that switched; the decision that follows."""
        self._announce(watching)
        watch = gates.Watch(self._settings, self._ledger, time.monotonic())
        step.note(f"{names(watching.hosts)} serve; watched for {self._settings.watch:g} s")
        doubt = ""
        while True:
            verdict = watch.look(time.monotonic())
            if isinstance(verdict, gates.Fault):
                return rollout.Revert(verdict)
            if isinstance(verdict, gates.Passed):
                if verdict.doubt:
                    step.note(f"too few requests to be sure: {verdict.doubt}")
                step.note(self._sight.traffic())
                self._sight.passed(passed=True)
                return self._sight.look(self.held, step)
            if verdict.doubt and not doubt:
                step.note(f"watched on: {verdict.doubt}")
            doubt = verdict.doubt
            time.sleep(self._sight.pause)
            decision = self._sight.look(self.held, step)
            if not isinstance(decision, rollout.Watch) or decision.phase != watching.phase:
                return decision

    def _admit(self, admit: rollout.Admit) -> None:
        if self.held.pointer.admitted == ():
            self._tell("prepared", tuple(sorted(r.host for r in self._sight.live)))
        self._sight.passed(passed=False)
        self._write(pointer.admit(self.held.pointer, admit.hosts))

    def _write(self, new: Pointer) -> None:
        """Write the pointer. Whether a write that failed was done nobody knows: look."""

        def once() -> pointer.Held:
            now = pointer.hold(self._scope)
            if now and pointer.same(now.pointer, new):
                return now
            return pointer.write(self._scope, new, self.held)

        self.held = self._sight.patiently(once)

    def _too_late(self, waiting: rollout.Wait) -> rollout.Revert:
        what = f"waited {self._settings.timeout:g} s in phase {waiting.phase!r}"
        if not self.held.pointer.trial or waiting.phase == rollout.SILENCE:
            raise WaitTimeout(
                f"{what} for {names(waiting.hosts)}",
                where=str(self._scope),
                hint="`airchain status` shows what each host says, `airchain up` starts hosts; "
                "`airchain deploy` goes on, `airchain rollback` goes back",
            )
        return rollout.Revert(
            Fault(what, where=f"hosts {names(waiting.hosts)}", hosts=waiting.hosts)
        )

    def _revert(self, fault: Fault) -> None:
        """Put the old release back, wait for it, and raise what went wrong.

        One that was seen through before is not taken from the hosts that serve it:
        what fails now is a host, and data may have moved on from what was before.
        """
        failed, old = self.held.pointer, self.held.pointer.previous
        serves = any(r.running == failed.release for r in self._sight.live)
        if not failed.trial and (old or serves):
            stays = f"release {index.short(failed.release)} was seen through before and stays"
            raise failure(self._with_logs(fault), stays)
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
        self._sight.forget()
        try:
            returned = self._sight.look(self.held)
            # All may fall silent in between, such as while the store is away.
            while isinstance(returned, rollout.Wait):
                returned = self._see_through(returned)
        except AirchainError as late:
            return f"while it was taken back, {late}"
        if not isinstance(returned, rollout.Done):
            return "and the old release did not come back either"
        return f"release {index.short(old)} serves on every host"

    def _with_logs(self, fault: Fault) -> Fault:
        try:
            # From before hosts went back: they name the instances of the release.
            told = [r for r in self._sight.live if r.host in fault.hosts]
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
