"""Watch what runs, whatever else goes on, and help it up when systemd has given up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

import structlog

from airchain.errors import AirchainError
from airchain.host import facts
from airchain.host.facts import Unit
from airchain.host.health import probe
from airchain.host.identity import Places
from airchain.host.instances import Instance
from airchain.host.report import Status
from airchain.host.start import Starter, ended, last_lines

_INTERVAL = 2.0
# systemd gave up after five starts in 30 seconds; a fresh try comes this much later.
_RETRY = 30.0

log = structlog.get_logger()


class Supervisor(threading.Thread):
    """Looks every two seconds. A host whose web service is down leaves the edge.

    A service that runs but answers with errors stays at the edge: most often
    what it depends on is down, and with it every other host's.

    Whoever brings services up or retires them holds `services_lock`: they are left to him.
    """

    def __init__(
        self,
        places: Places,
        starter: Starter,
        status: Status,
        left_alone: Callable[[], Collection[str]],
        look_again: Callable[[Instance], object],
        services_lock: threading.Lock,
    ) -> None:
        super().__init__(name="supervisor", daemon=True)
        self._places = places
        self._starter = starter
        self._status = status
        # Names of instances that are on their way in or out.
        self._left_alone = left_alone
        self._look_again = look_again
        self._services_lock = services_lock
        self._domain: str | None = None
        self._report_running = False
        self._down = False
        self._retried: dict[str, float] = {}
        self._end = threading.Event()

    def watch(self, domain: str, *, report_running: bool) -> None:
        """Look from now on.

        A host comes back into service when its checks, asked as `domain`, succeed.

        Without `report_running` what is said of services stays: it tells of a
        release that failed while these, of the old one, run on.
        """
        self._domain, self._report_running = domain, report_running

    def hush(self) -> None:
        """Say of services only what is wrong: the report tells of those that come."""
        self._report_running = False

    def run(self) -> None:
        """Look until stopped, whatever goes wrong once."""
        while not self._end.wait(_INTERVAL):
            try:
                self.look()
            except AirchainError as error:
                log.warning("supervisor", error=str(error))
                self._status.update(error=str(error), hint=error.hint)
            except Exception:
                log.exception("supervisor")

    def stop(self) -> None:
        """Look no more."""
        self._end.set()

    def look(self) -> None:
        """Bring the report up to date; restart what gave up."""
        if self._domain is None or not self._services_lock.acquire(blocking=False):
            return
        try:
            self._look(self._domain, time.monotonic())
        finally:
            self._services_lock.release()

    def _look(self, domain: str, now: float) -> None:
        left_alone = self._left_alone()
        units = [
            u
            for u in facts.observe(self._places)
            if u.instance.stays and u.instance.name not in left_alone
        ]
        for unit in units:
            if not unit.up:
                self._help(unit, now)
            elif self._report_running:
                self._starter.report(unit.instance, state="running", restarts=unit.restarts)
        down = [u for u in units if not (u.up and (not self._down or answers(u, domain)))]
        self._judge(down)

    def _help(self, unit: Unit, now: float) -> None:
        lines = last_lines(unit.instance)
        check = ended(unit)
        self._starter.report(
            unit.instance, state="failed", check=check, restarts=unit.restarts, log=lines
        )
        if now - self._retried.get(unit.instance.name, 0.0) > _RETRY:
            self._retried[unit.instance.name] = now
            log.warning("starting again", instance=unit.instance.name)
            # What ran before may have been damaged since.
            self._look_again(unit.instance)
            self._starter.start([unit.instance])

    def _judge(self, down: list[Unit]) -> None:
        """In service, or not, by what is down.

        The state is "converging", not "failed": it is no verdict on the release
        that a deployment is just bringing here.
        """
        serves = not any(u.instance.kind == "web" for u in down)
        if down:
            names = ", ".join(u.instance.service for u in down)
            error = f"{names} ended and did not come back yet"
            self._status.update(state="converging", in_service=serves, error=error)
            if not serves:
                self._places.in_service.unlink(missing_ok=True)
        elif self._down:
            self._places.in_service.touch()
            self._status.update(state="in_service", in_service=True, error=None, hint=None)
        self._down = bool(down)


def answers(unit: Unit, domain: str) -> bool:
    """Whether a web service that came back is ready; others are by running."""
    instance = unit.instance
    if instance.kind != "web" or instance.address is None or instance.spec.port is None:
        return True
    return probe(instance.address, instance.spec.port, instance.spec.health, domain).ok
