"""Drive a deployment: move the pointer, watch the reports, put it back on failure.

The driver may die at any moment: hosts only ever follow the pointer, and the
next `deploy` of the same release goes on where this one stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from airchain.errors import DeployError, WaitTimeout
from airchain.progress import Progress
from airchain.release import index, pointer, rollout
from airchain.release.scope import Scope
from airchain.spec.model import Deploy
from airchain.store import clock
from airchain.store.records import Report, environment_key, read

POLL = 0.05
PHASE_TIMEOUT = 600.0


@dataclass(frozen=True)
class Deployed:
    """What a deployment came to. `hosts` is empty where the environment is not up."""

    release: str
    serial: int
    hosts: tuple[str, ...]
    reports: tuple[Report, ...]
    changed: bool


@dataclass(frozen=True)
class Stage:
    """What a deployment has come to, for those who want to hear of it."""

    kind: Literal["start", "prepared", "canary", "wave", "done", "reverted"]
    release: str
    previous: str | None = None
    hosts: tuple[str, ...] = ()
    detail: str = ""


def deploy(
    scope: Scope,
    release: str,
    progress: Progress,
    *,
    settings: Deploy | None = None,
    on_stage: Callable[[Stage], None] = lambda _: None,
) -> Deployed:
    """Bring the environment to the release of that digest, as `settings` say.

    Raises `DeployError` after the old release serves again, with the failed
    host's check and log; `WaitTimeout` where hosts stop making progress.
    """
    scope.keys.verify_release(release)
    held, wrong = pointer.take_up(scope)
    if wrong is not None:
        with progress.step("pointer") as step:
            step.note(f"{wrong}; it is written anew")
    changed = held is None or held.pointer.release != release
    live = rollout.fresh(reports(scope), clock.now(scope.store))
    if held is None or changed:
        serving = any(r.running for r in live)
        first = pointer.begin(held.pointer if held else None, release, staged=serving)
        held = pointer.write(scope, first, held)
    elif any(r.state == "failed" and r.serial == held.pointer.serial for r in live):
        # Asked again for what failed: hosts try again only for a new serial.
        held = pointer.write(scope, pointer.again(held.pointer), held)
    driver = _Driver(scope, progress, settings or Deploy(), on_stage)
    hosts = driver.drive(held)
    final = tuple(r for r in reports(scope) if r.host in hosts)
    return Deployed(release, held.pointer.serial, hosts, final, changed)


def reports(scope: Scope) -> Sequence[Report]:
    """What every host of the environment last said, sorted by name."""
    keys = scope.store.list(f"{environment_key(scope.product, scope.environment)}/hosts")
    found = (read(scope.store, key, Report) for key in keys if key.endswith("/report"))
    return [r for r in found if r is not None]


class _Driver:
    """One run of the loop read → decide → act."""

    def __init__(
        self,
        scope: Scope,
        progress: Progress,
        settings: Deploy,
        on_stage: Callable[[Stage], None],
    ) -> None:
        self.scope = scope
        self.progress = progress
        self.settings = settings
        self.on_stage = on_stage

    def drive(self, held: pointer.Held) -> tuple[str, ...]:
        """Go on until every live host runs the release; return their names."""
        while True:
            decision = self._decide(held)
            if isinstance(decision, rollout.Wait):
                with self.progress.step(f"{decision.phase}: {_names(decision.hosts)}") as step:
                    decision = self._wait(held, decision.phase)
                    if isinstance(decision, rollout.Revert):
                        step.note(f"{decision.failed.host} failed")
            if isinstance(decision, rollout.Done):
                return decision.hosts
            if isinstance(decision, rollout.Revert):
                self._revert(held, decision.failed)
            elif isinstance(decision, rollout.Admit):
                new = pointer.admit(held.pointer, decision.hosts)
                held = pointer.write(self.scope, new, held)

    def _decide(self, held: pointer.Held) -> rollout.Decision:
        pointer.require(self.scope, held)
        said = reports(self.scope)
        pointer.require_accepted(held, said)
        return rollout.decide(held.pointer, said, clock.now(self.scope.store))

    def _wait(self, held: pointer.Held, phase: str) -> rollout.Decision:
        deadline = time.monotonic() + PHASE_TIMEOUT
        decision = self._decide(held)
        while isinstance(decision, rollout.Wait) and decision.phase == phase:
            if time.monotonic() > deadline:
                raise self._too_late(decision)
            time.sleep(POLL)
            decision = self._decide(held)
        return decision

    def _too_late(self, waiting: rollout.Wait) -> WaitTimeout:
        return WaitTimeout(
            f"waited {PHASE_TIMEOUT:g} s in phase {waiting.phase!r} for {_names(waiting.hosts)}",
            where=str(self.scope),
            hint="`airchain status` shows what each host says; "
            "`airchain deploy` goes on, `airchain rollback` goes back",
        )

    def _revert(self, held: pointer.Held, failed: Report) -> None:
        """Put the old release back, wait for it, and raise what went wrong."""
        old = held.pointer.previous
        outcome = "there is no release to go back to"
        if old is not None:
            back = pointer.back(held.pointer, old)
            with self.progress.step(f"revert to {index.short(old)}"):
                held = pointer.write(self.scope, back, held)
                try:
                    returned = self._wait(held, "all hosts")
                except WaitTimeout as late:
                    raise failure(failed, f"while it was taken back, {late.message}") from late
                if not isinstance(returned, rollout.Done):
                    raise failure(failed, "and the old release did not come back either")
            outcome = f"release {index.short(old)} serves on every host"
        raise failure(failed, outcome)


def failure(failed: Report, outcome: str) -> DeployError:
    """The error that a host's report of failure deserves: its checks and logs as evidence."""
    lines = [
        "\n".join([f"{s.name}: {s.check}".rstrip(": "), *s.log])
        for s in failed.services
        if s.state == "failed"
    ]
    return DeployError(
        f"{failed.error or 'the release did not become healthy'}; {outcome}",
        where=f"host {failed.host}",
        hint=failed.hint,
        detail="\n".join(lines) or None,
    )


def _names(hosts: tuple[str, ...]) -> str:
    shown = ", ".join(hosts[:4])
    return f"{shown} and {len(hosts) - 4} more" if len(hosts) > 4 else shown or "hosts"
