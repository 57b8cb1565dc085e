"""Judge a release by the hosts that run it. Pure.

A wave is watched for a while before the next one. What ends the deployment:

    a host     reports that it failed, restarts a service, leaves service, falls silent
               together with others
    errors     are by more than `errors` (a share) more frequent than on old hosts:
               at least three, and more than chance explains (three standard deviations)
    slowness   answers take more than `slowdown` times as long as on old hosts, and at
               least 100 ms longer: at least ten answers, beyond what the figures leave
               open, in two windows one after the other

What looks bad without being sure is watched on, for at most `PATIENCE` seconds more.
Old and new hosts are compared fleet by fleet. Without requests, or without anything
to compare with, the edge's figures decide nothing and cost no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from airchain.release.figures import Figures, Ledger
from airchain.spec.model import Deploy
from airchain.store.records import Report, ServiceReport

FEWEST_FAILED = 3
FEWEST_TIMED = 10
DEVIATIONS = 3.0
# Seconds: what is slower by less than this nobody notices, however many times it is.
FLOOR = 0.1
PATIENCE = 10.0
# Seconds: of shorter windows figures say little.
SHORTEST_WINDOW = 0.5


@dataclass(frozen=True)
class Fault:
    """Why a deployment is taken back: what, where, what to do, and the evidence.

    What `hosts` wrote lately would tell more.
    """

    message: str
    where: str | None = None
    hint: str | None = None
    detail: str | None = None
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What figures say against new hosts. One that is not `sure` asks for more figures."""

    kind: Literal["errors", "slow"]
    text: str
    sure: bool


def failed(report: Report) -> Fault:
    """What a host says that could not run the release: its checks and logs as evidence."""
    return Fault(
        report.error or "the release did not become healthy",
        where=f"host {report.host}",
        hint=report.hint,
        detail=_evidence([s for s in report.services if s.state == "failed"]),
    )


def suffered(then: Report, now: Report) -> Fault | None:
    """What befell a host that served the release `then`; None where it goes on serving."""
    before = {s.name: s for s in then.services}
    restarted = [
        s
        for s in now.services
        if (was := before.get(s.name)) and s.instance == was.instance and s.restarts > was.restarts
    ]
    ended = [s for s in now.services if s.state == "failed" and s.kind in ("web", "worker")]
    if not restarted and not ended and now.in_service:
        return None
    if ended:
        names = ", ".join(s.name for s in ended)
        what = f"{names} ended after it had become healthy"
    elif restarted:
        times = {s.name: s.restarts - before[s.name].restarts for s in restarted}
        what = "; ".join(f"{name} restarted {_times(n)}" for name, n in times.items())
        what += " after it had become healthy"
    else:
        what = f"left service: {now.error or 'it says no reason'}"
    return Fault(
        what,
        where=f"host {now.host}",
        hint=now.hint,
        detail=_evidence(ended or restarted),
        hosts=(now.host,),
    )


def judge(new: Figures, recent: Figures, old: Figures, settings: Deploy) -> tuple[Finding, ...]:
    """Compare hosts of one fleet. `recent` are the figures of `new` in the present window."""
    found = (_errors(new, old, settings.errors), _slow(recent, old, settings.slowdown))
    return tuple(f for f in found if f)


def erring(ledger: Ledger, settings: Deploy) -> Fault | None:
    """Errors that are sure: they need no watch to end a deployment, also while hosts switch."""
    for fleet in ledger.fleets():
        finding = _errors(ledger.new(fleet), ledger.old(fleet), settings.errors)
        if finding and finding.sure:
            return _fault(ledger, fleet, finding)
    return None


def _errors(new: Figures, old: Figures, allowed: float) -> Finding | None:
    if not old.requests or new.share - old.share <= allowed:
        return None
    both = new + old
    deviation = sqrt(both.share * (1 - both.share) * (1 / new.requests + 1 / old.requests))
    sure = new.failed >= FEWEST_FAILED and new.share - old.share >= DEVIATIONS * deviation
    text = (
        f"{new.failed} of {new.requests} requests failed ({new.share:.1%}), "
        f"on hosts with the old release {old.failed} of {old.requests} ({old.share:.1%}); "
        f"{allowed:.1%} more are allowed"
    )
    return Finding("errors", text, sure)


def _slow(new: Figures, old: Figures, slowdown: float) -> Finding | None:
    if not old.timed or new.mean <= _limit(old.mean, slowdown):
        return None
    certain = new.mean - new.margin > _limit(old.mean + old.margin, slowdown)
    text = (
        f"{new.timed} answers took {_ms(new)} on average, "
        f"on hosts with the old release {_ms(old)}; "
        f"{_limit(old.mean, slowdown) * 1000:.0f} ms are allowed"
    )
    return Finding("slow", text, certain and new.timed >= FEWEST_TIMED)


def _limit(mean: float, slowdown: float) -> float:
    return max(mean * slowdown, mean + FLOOR)


def _ms(figures: Figures) -> str:
    return f"{figures.mean * 1000:.0f}±{figures.margin * 1000:.0f} ms"


@dataclass(frozen=True)
class Passed:
    """The wave is good, for all one can tell. `doubt` is what too few requests left open."""

    doubt: str = ""


@dataclass(frozen=True)
class Watching:
    """Not yet. `doubt` says what is watched on for, after the time that was set."""

    doubt: str = ""


class Watch:
    """The watch over one wave. Times are seconds of a clock that only goes forward."""

    def __init__(self, settings: Deploy, ledger: Ledger, began: float) -> None:
        self._settings = settings
        self._ledger = ledger
        self._window = max(settings.watch, SHORTEST_WINDOW)
        self._due = began + settings.watch
        self._limit = began + settings.watch + PATIENCE
        self._slow_since: float | None = None
        ledger.begin_window()

    def look(self, at: float) -> Passed | Watching | Fault:
        """What the figures entered so far come to."""
        if fault := erring(self._ledger, self._settings):
            return fault
        found = [(fleet, f) for fleet in self._ledger.fleets() for f in self._judge(fleet)]
        if at < self._due:
            return Watching()
        for fleet, finding in found:
            if finding.kind == "slow" and finding.sure:
                if self._lasts(fleet, at):
                    return _fault(self._ledger, fleet, finding)
                self._once_more(at)
                return Watching(finding.text)
        doubt = "; ".join(finding.text for _, finding in found)
        if not self._settings.watch:
            return Passed(doubt)
        return Watching(doubt) if doubt and at < self._limit else Passed(doubt)

    def _judge(self, fleet: str) -> tuple[Finding, ...]:
        ledger = self._ledger
        return judge(ledger.new(fleet), ledger.recent(fleet), ledger.old(fleet), self._settings)

    def _lasts(self, fleet: str, at: float) -> bool:
        """Whether a slow window is not the first one, or not the load of all these switches."""
        if self._slow_since is None:
            return False
        return self._ledger.side_by_side(fleet) or at - self._slow_since >= PATIENCE

    def _once_more(self, at: float) -> None:
        """A slow answer that was under way at the switch is in the first window only."""
        if self._slow_since is None:
            self._slow_since = at
        self._due = at + self._window
        self._limit = max(self._limit, at + self._window + PATIENCE)
        self._ledger.begin_window()


def _fault(ledger: Ledger, fleet: str, finding: Finding) -> Fault:
    hosts = ledger.hosts(fleet)
    how = "with errors" if finding.kind == "errors" else "slowly"
    return Fault(
        f"it answers {how}: {finding.text}",
        where=f"hosts {', '.join(hosts)}" if len(hosts) > 1 else f"host {hosts[0]}",
        hint="what is allowed stands in airchain.yaml: "
        f"`environments.ENV.deploy.{'errors' if finding.kind == 'errors' else 'slowdown'}`",
        hosts=hosts,
    )


def _evidence(services: Sequence[ServiceReport]) -> str | None:
    lines = ["\n".join([f"{s.name}: {s.check}".rstrip(": "), *s.log]) for s in services]
    return "\n".join(lines) or None


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
