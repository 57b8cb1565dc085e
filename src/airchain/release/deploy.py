"""Bring a release to an environment: move the pointer, see it through, or take it back.

The driver may die at any moment: hosts only ever follow the pointer, and the
next `deploy` of the same release goes on where this one stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from airchain.progress import Progress
from airchain.release import index, pointer, rollout
from airchain.release.driver import Driver, Logs, failure
from airchain.release.figures import Ledger, Traffic, no_traffic
from airchain.release.reports import reports
from airchain.release.scope import Scope
from airchain.release.sight import serving_old
from airchain.release.stages import Phase, Stage
from airchain.spec.model import Deploy
from airchain.store import clock
from airchain.store.records import Pointer, Report

__all__ = ["Deployed", "Phase", "Stage", "deploy", "failure", "standing"]


@dataclass(frozen=True)
class Deployed:
    """What a deployment came to. `hosts` is empty where the environment is not up."""

    release: str
    serial: int
    hosts: tuple[str, ...]
    reports: tuple[Report, ...]
    changed: bool
    phases: tuple[Phase, ...] = ()


def deploy(
    scope: Scope,
    release: str,
    progress: Progress,
    *,
    settings: Deploy | None = None,
    all_at_once: bool = False,
    silence: float | None = None,
    traffic: Traffic = no_traffic,
    logs: Logs = lambda _: "",
    on_stage: Callable[[Stage], None] = lambda _: None,
) -> Deployed:
    """Bring the environment to the release of that digest, as `settings` say.

    With `all_at_once` no host waits for another, and a failure still goes back. Hosts that
    served and are all silent now are waited for; after `silence` seconds they are taken for
    gone, without it that is an error in the end.
    `traffic` reads the edge's counters; `logs` gives what the instances in hosts'
    reports wrote lately, as evidence. Raises `DeployError` after the old release serves
    again, with what was wrong; `WaitTimeout` where nothing can be said of the hosts any more.
    """
    scope.keys.verify_release(release)
    held, wrong = pointer.take_up(scope)
    if wrong is not None:
        with progress.step("pointer") as step:
            step.note(f"{wrong}; it is written anew")
    changed = held is None or held.pointer.release != release
    said = reports(scope)
    live = rollout.fresh(said, clock.now(scope.store))
    # A report goes with its machine: who is silent now may serve all the same.
    served = frozenset(r.host for r in said if r.running)
    ledger = Ledger()
    if held is None or changed:
        before = held.pointer if held else None
        if before and release != before.previous and _arrived(before, live):
            # Its driver ended during the last watch: nobody has to leave it for an older one.
            before = pointer.settle(before)
        first = pointer.begin(before, release, staged=bool(served), all_at_once=all_at_once)
        unmoved = first.model_copy(update={"admitted": ()})
        ledger.enter(traffic(), old=serving_old(live, unmoved), new=frozenset())
        held = pointer.write(scope, first, held)
    elif any(r.state == "failed" and r.serial == held.pointer.serial for r in live):
        # Asked again for what failed: hosts try again only for a new serial.
        held = pointer.write(scope, pointer.again(held.pointer), held)
    elif all_at_once and held.pointer.admitted is not None:
        held = pointer.write(scope, pointer.admit(held.pointer, None), held)
    on_stage(Stage("start", release, held.pointer.previous, detail=_standing(held.pointer)))
    settings = settings or Deploy()
    driver = Driver(scope, held, progress, settings, on_stage, traffic, logs, ledger)
    if held.pointer.trial:
        driver.expect(served, silence)
    hosts = driver.drive()
    final = tuple(r for r in reports(scope) if r.host in hosts)
    return Deployed(release, held.pointer.serial, hosts, final, changed, tuple(driver.phases))


def _arrived(before: Pointer, live: Sequence[Report]) -> bool:
    everybody = before.admitted is None and bool(live)
    return everybody and all(rollout.runs(r, before) for r in live)


def standing(scope: Scope) -> str:
    """Where a deployment stands that nobody drives, and how to go on or back."""
    held = pointer.hold(scope)
    if held is None or not held.pointer.trial:
        return f"nothing is under way in {scope.environment}"
    now = held.pointer
    ways = f"`airchain deploy {scope.environment} {index.short(now.release)}` goes on"
    if now.previous:
        ways += f", `airchain rollback {scope.environment}` goes back"
    return f"release {index.short(now.release)} {_standing(now)}; {ways}"


def _standing(held: Pointer) -> str:
    if not held.trial:
        return "is let run by all hosts"
    if held.admitted is None:
        return "is let run by all hosts, and not yet seen through"
    if not held.admitted:
        return "is being prepared; every host serves what it served"
    return f"is let run by {', '.join(held.admitted)}"
