"""Run crons when their time comes: each tick once among all hosts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from cronsim import CronSim

from airchain.errors import AirchainError
from airchain.host.instances import Instance
from airchain.host.leases import Leases, renewing
from airchain.host.start import Starter
from airchain.host.tasks import holder, run_to_end

_POLL = 0.5
# A tick that was missed by more than this is left out rather than run late.
LATE = timedelta(seconds=30)
_KEPT = timedelta(hours=1)
_STAMP = "%Y%m%dT%H%M%SZ"

log = structlog.get_logger()


def due(schedule: str, after: datetime, now: datetime) -> datetime | None:
    """The latest tick (UTC) after `after` that is not later than `now`, if one is recent."""
    tick = None
    for moment in CronSim(schedule, max(after, now - LATE)):
        if moment > now:
            return tick
        tick = moment
    return tick


def stale(names: Sequence[str], now: datetime) -> list[str]:
    """Those leases of ticks (`cron/SERVICE/STAMP`) that can no longer matter."""
    oldest = (now - _KEPT).strftime(_STAMP)
    return [n for n in names if n.rpartition("/")[2] < oldest]


class Crons(threading.Thread):
    """Watches the clock for the crons of the release that runs here."""

    def __init__(self, starter: Starter, leases: Leases, host: str) -> None:
        super().__init__(name="cron", daemon=True)
        self._starter = starter
        self._leases = leases
        self._host = host
        self._crons: tuple[Instance, ...] = ()
        self._busy: set[str] = set()
        self._end = threading.Event()

    def follow(self, crons: tuple[Instance, ...]) -> None:
        """From now on, run these."""
        self._crons = crons
        for cron in crons:
            if cron.service not in self._busy:
                self._starter.report(cron, state="waiting", check=f"at {cron.spec.schedule} UTC")

    def run(self) -> None:
        """Look at the clock twice a second until stopped."""
        seen = self._leases.now()
        while not self._end.wait(_POLL):
            now = self._leases.now()
            for cron in self._crons:
                tick = due(cron.spec.schedule, seen, now) if cron.spec.schedule else None
                if tick and cron.service not in self._busy:
                    self._busy.add(cron.service)
                    args = (cron, tick)
                    threading.Thread(target=self._fire, args=args, daemon=True).start()
            seen = now

    def stop(self) -> None:
        """Start nothing more; what runs goes on."""
        self._end.set()

    def _fire(self, cron: Instance, tick: datetime) -> None:
        try:
            self._run_tick(cron, tick)
        except AirchainError as error:
            log.error("cron", service=cron.service, error=str(error))
        finally:
            self._busy.discard(cron.service)

    def _run_tick(self, cron: Instance, tick: datetime) -> None:
        folder = f"cron/{cron.service}"
        held = self._leases.take(f"{folder}/{tick:{_STAMP}}", holder(self._host, 0))
        if held is None:
            return
        log.info("cron", service=cron.service, tick=tick.isoformat())
        self._starter.report(cron, state="running", check=f"tick {tick:%H:%M}", log=())
        with renewing(held):
            failure = run_to_end(cron)
        held.finish("failed" if failure else "done", failure.check if failure else "")
        check = f"tick {tick:%H:%M}: {failure.check if failure else 'done'}"
        lines = failure.log if failure else ()
        self._starter.report(cron, state="waiting", check=check, log=lines)
        for name in stale(self._leases.list(folder), self._leases.now()):
            self._leases.delete(name)
