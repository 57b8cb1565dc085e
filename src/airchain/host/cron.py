"""Run crons when their time comes: each tick once among all hosts, one run at a time.

Every cron has one lease in its environment, which says what tick was run last. Ticks
only go forward, so a host whose clock is behind runs none again. While a run goes on,
wherever that is, ticks that come due are left out and the report says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

import structlog
from cronsim import CronSim

from airchain.errors import AirchainError, StoreError
from airchain.host.instances import Instance
from airchain.host.jobs import Jobs, bound
from airchain.host.leases import Held, Leases, holder, host_of
from airchain.host.start import Starter
from airchain.store.records import Lease

FOLDER = "crons"
_POLL = 0.5
_STORE_PAUSE = 1.0
# A tick that was missed by more than this is left out rather than run late.
LATE = timedelta(seconds=30)
# A tick that far ahead was written by a host whose clock was wrong; it shall stop nobody.
_AHEAD = timedelta(hours=1)

Decision = Literal["run", "past", "skip"]

log = structlog.get_logger()


def due(schedule: str, after: datetime, now: datetime) -> datetime | None:
    """The latest tick (UTC) after `after` that is not later than `now`, if one is recent."""
    tick = None
    for moment in CronSim(schedule, max(after, now - LATE)):
        if moment > now:
            return tick
        tick = moment
    return tick


def decide(lease: Lease | None, tick: datetime, now: datetime, *, abandoned: bool) -> Decision:
    """What this host does about a tick: run it, let it be past, or skip it.

    `abandoned` says whether nobody works under the lease any more.
    """
    if lease is None:
        return "run"
    if lease.tick is not None and tick <= lease.tick <= now + _AHEAD:
        return "past"
    return "run" if abandoned else "skip"


class Crons(threading.Thread):
    """Watches the clock for the crons of the release that runs here."""

    def __init__(self, starter: Starter, leases: Leases, jobs: Jobs, host: str) -> None:
        super().__init__(name="cron", daemon=True)
        self._starter = starter
        self._leases = leases
        self._jobs = jobs
        self._host = host
        self._crons: tuple[Instance, ...] = ()
        self._busy: set[str] = set()
        # The tick that each fired last: the store's time is not exact, and may step back.
        self._fired: dict[str, datetime] = {}
        self._end = threading.Event()

    def follow(self, crons: tuple[Instance, ...]) -> None:
        """From now on, run these."""
        self._crons = crons
        for cron in crons:
            if cron.service not in self._busy:
                self._starter.report(cron, state="waiting", check=f"at {cron.spec.schedule} UTC")

    def run(self) -> None:
        """Take up what an agent before this one began; then look at the clock until stopped."""
        self._guard(self._take_up)
        seen = self._leases.now()
        while not self._end.wait(_POLL):
            now = self._leases.now()
            self._guard(partial(self._look, seen, now))
            seen = now

    def stop(self) -> None:
        """Start nothing more; what runs goes on."""
        self._end.set()

    def _take_up(self) -> None:
        for job, cron in self._jobs.left(FOLDER):
            self._busy.add(cron.service)
            self._begin(cron, partial(self._resume, cron, job.lease))

    def _look(self, seen: datetime, now: datetime) -> None:
        for cron in self._crons:
            tick = due(cron.spec.schedule, seen, now) if cron.spec.schedule else None
            if tick and tick != self._fired.get(cron.service):
                self._fired[cron.service] = tick
                self._begin(cron, partial(self._fire, cron, tick))

    def _guard(self, act: Callable[[], None]) -> None:
        """Whatever goes wrong once, later ticks are run."""
        try:
            act()
        except Exception:
            log.exception("cron")

    def _begin(self, cron: Instance, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except AirchainError as error:
                log.error("cron", service=cron.service, error=str(error))

        threading.Thread(target=guarded, name=f"cron {cron.service}", daemon=True).start()

    def _fire(self, cron: Instance, tick: datetime) -> None:
        """Run the tick if it is this host's; a store that is away is asked while it is recent."""
        while True:
            try:
                held = self._take(cron, tick)
                break
            except StoreError as error:
                if self._leases.now() - tick > LATE or self._end.wait(_STORE_PAUSE):
                    self._say(cron, f"tick {tick:%H:%M} UTC not run: {error}")
                    raise
        if held:
            log.info("cron", service=cron.service, tick=tick.isoformat())
            self._work(cron, held)

    def _take(self, cron: Instance, tick: datetime) -> Held | None:
        name = f"{FOLDER}/{cron.service}"
        lease, version = self._leases.read(name) or (None, None)
        abandoned = lease is not None and self._is_abandoned(cron, lease)
        if lease and version and abandoned and self._took(lease, tick):
            return self._leases.resume(name, lease, version)
        match decide(lease, tick, self._leases.now(), abandoned=abandoned):
            case "skip" if lease is not None:
                self._say_skipped(cron, tick, lease)
            case "run":
                me = holder(self._host, 0)
                return self._leases.take(name, me, version, bound=bound(cron), tick=tick)
        return None

    def _took(self, lease: Lease, tick: datetime) -> bool:
        """Whether it is ours already: the store was away before it could say so."""
        ours = host_of(lease) == self._host and lease.state == "running"
        return ours and lease.tick == tick

    def _is_abandoned(self, cron: Instance, lease: Lease) -> bool:
        # What this host runs itself, it knows; after a reboot it runs nothing.
        if host_of(lease) == self._host and lease.state == "running":
            return cron.service not in self._busy
        return self._leases.abandoned(lease)

    def _say_skipped(self, cron: Instance, tick: datetime, lease: Lease) -> None:
        before = f"that of {lease.tick:%H:%M} UTC" if lease.tick else "an earlier one"
        check = f"tick {tick:%H:%M} UTC skipped: {before} still runs on {host_of(lease)}"
        log.warning("cron", service=cron.service, skipped=check)
        self._say(cron, check)

    def _say(self, cron: Instance, check: str) -> None:
        state = "running" if cron.service in self._busy else "waiting"
        self._starter.report(cron, state=state, check=check)

    def _resume(self, cron: Instance, name: str) -> None:
        try:
            seen = self._leases.read(name)
            if seen and seen[0].state == "running" and host_of(seen[0]) == self._host:
                held = self._leases.resume(name, *seen)
                if held:
                    log.info("cron goes on", service=cron.service)
                    self._work(cron, held)
        finally:
            self._busy.discard(cron.service)

    def _work(self, cron: Instance, held: Held) -> None:
        """Run the cron to its end and say how it ended, here and to all hosts."""
        self._busy.add(cron.service)
        try:
            tick = held.lease.tick or self._leases.now()
            said = f"tick {tick:%H:%M} UTC"
            self._starter.report(cron, state="running", check=said, log=())
            try:
                failure = self._jobs.run(cron, held)
                held.finish("failed" if failure else "done", failure.check if failure else "")
            except Exception as error:
                self._starter.report(cron, state="waiting", check=f"{said}: {error}", log=())
                raise
            self._jobs.forget(cron)
            check = f"{said}: {failure.check if failure else 'done'}"
            lines = failure.log if failure else ()
            self._starter.report(cron, state="waiting", check=check, log=lines)
        finally:
            self._busy.discard(cron.service)
