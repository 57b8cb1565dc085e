"""The agent's loop: look at the pointer, and bring the host to what it asks for.

Nothing that goes wrong ends the loop; it is logged, reported, and the loop goes on.
A release that failed is tried again when the pointer's serial changes, not before,
as long as an old release serves; what this host lacks for it, all the time (`retry`).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from functools import partial

import requests
import structlog
from docker.api.client import APIClient
from docker.errors import APIError, DockerException

from airchain.errors import AirchainError, StoreError, WaitTimeout
from airchain.host import facts, retry, state, trust
from airchain.host.cleanup import Cleaner, keep_set
from airchain.host.converge import Converger, Target
from airchain.host.cron import Crons
from airchain.host.drain import Drain
from airchain.host.engine import ensure_network
from airchain.host.identity import Identity, Places
from airchain.host.jobs import Jobs
from airchain.host.leases import Leases
from airchain.host.report import Reporter, Status
from airchain.host.retry import Trouble
from airchain.host.start import ServiceFailed, Starter
from airchain.host.supervise import Supervisor
from airchain.host.tasks import Tasks
from airchain.host.wanted import Superseded
from airchain.registry.client import Client
from airchain.store import Store, clock
from airchain.store.records import Pointer, ServiceReport
from airchain.trust import Refusal

POLL = 0.1
# A host on which nothing serves tries again by itself: what it needs may have come up.
RETRY_IDLE = 30.0
_READY_WITHIN = 120.0

log = structlog.get_logger()


class Agent:
    """One host's agent. `run` returns once `stop` was called."""

    def __init__(self, places: Places, identity: Identity, store: Store, engine: APIClient) -> None:
        self._places = places
        self._identity = identity
        self._store = store
        self._engine = engine
        self._end = threading.Event()
        self._follower = trust.follower(places, identity, store)
        self._looking = threading.Lock()
        self._looked = -math.inf
        self._arrived: str | None = None
        self._trouble: Trouble | None = None
        self._domain = "localhost"
        self._good: tuple[ServiceReport, ...] = ()
        self._state = state.load(places)
        self.status = Status(identity)
        starter = Starter(places, identity, engine, self.status)
        leases = Leases(store, identity.product, identity.environment)
        self._reporter = Reporter(self.status, store, identity, places)
        jobs = Jobs(places)
        self._crons = Crons(starter, leases, jobs, identity.host)
        self._drain = Drain(places)
        tasks = Tasks(starter, leases, jobs, identity.host)
        self._converger = Converger(
            places,
            identity,
            engine,
            self.status,
            starter,
            tasks,
            self._crons,
            self._drain,
            self._follower.verify_release,
        )
        self._supervisor = Supervisor(
            places,
            starter,
            self.status,
            # In this order: where tasks fail, what was coming leaves before it comes no more.
            lambda: self._converger.coming | self._drain.leaving,
            partial(self._converger.look_again, wait=False),
            self._converger.services_lock,
        )
        self._cleaner = Cleaner(
            places,
            identity,
            engine,
            self._needed_images,
            self._converger.images_lock,
            lambda: self._converger.preparations,
        )
        self._converger.make_room = self._cleaner.under_pressure

    def stop(self) -> None:
        """End the loop. Services go on."""
        self._end.set()

    def run(self) -> None:
        """Report, make ready, then follow the pointer until stopped."""
        if self._places.in_service.exists():
            # An agent that starts anew on a host that serves.
            self.status.update(running=self._state.running, in_service=True, state="in_service")
        self._reporter.start()
        self._make_ready()
        self._crons.start()
        if self._state.running:
            self._supervisor.watch(self._domain, report_running=False)
        self._supervisor.start()
        while not self._end.is_set():
            try:
                self._step()
            except AirchainError as error:
                self._say(error)
            # A host without its agent is lost.
            except Exception as error:
                log.exception("the loop goes on after", error=str(error))
                self.status.update(error=f"agent: {type(error).__name__}: {error}", hint=None)
            self._end.wait(POLL)
        self._crons.stop()
        self._supervisor.stop()
        self._reporter.stop()

    def _make_ready(self) -> None:
        """Wait for the engine and the registry of this host, saying so."""
        while not self._end.is_set():
            try:
                wait_for("the engine", lambda: _answers(self._engine), self._end)
                ensure_network(self._engine)
                with Client(self._identity.registry, timeout=5) as registry:
                    wait_for("the registry", partial(self._registry, registry), self._end)
                self.status.update(error=None, hint=None)
                return
            except (AirchainError, DockerException, requests.RequestException) as error:
                log.warning("not ready", error=str(error))
                self.status.update(error=f"this host is not ready: {error}")
                self._end.wait(1)

    def _registry(self, registry: Client) -> bool:
        """Whether the registry answers; one that waits for the clock is said to."""
        if registry.answers():
            return True
        skew = self._store.skew()
        if skew is not None and clock.wrong(skew):
            error = f"this host waits for its clock: it is {clock.said(skew)}"
            self.status.update(error=error, hint=clock.HINT)
        return False

    def _step(self) -> None:
        pointer = self._pointer()
        if pointer is None:
            return
        wanted = pointer.release_for(self._identity.host)
        if wanted is not None and wanted != self._arrived:
            if self._may_try(wanted, pointer.serial):
                self._go(wanted, pointer)
                return
        else:
            self._settled(wanted, pointer)
        if pointer.release not in self._converger.prepared:
            self._prepare(pointer)
        if self._state.running:
            failed = self._trouble is not None and not self._trouble.passing
            self._supervisor.watch(self._domain, report_running=not failed)
        # Also where a release fails: its logs and images may fill the disk.
        if not self._drain.leaving:
            self._cleaner.look(self._state.keep)

    def _may_try(self, release: str, serial: int) -> bool:
        """Whether it is time to try a release, or to try it again.

        One that failed is tried again where nothing serves here anyway, or where no
        other release does: after a restart of the agent, what failed is a part of
        the one that runs.
        """
        trouble, now = self._trouble, time.monotonic()
        if trouble is None or not trouble.of(release, serial) or trouble.over(now):
            return True
        idle = release == self._state.running or not self._places.in_service.exists()
        return not trouble.passing and idle and now - trouble.at > RETRY_IDLE

    def _settled(self, wanted: str | None, pointer: Pointer) -> None:
        """Say that this host is where it shall be, as soon as a new pointer says so."""
        report = self.status.report
        if (report.serial, report.wanted) == (pointer.serial, wanted):
            return
        self._trouble = None
        if wanted is None:
            self.status.update(serial=pointer.serial, wanted=None)
            return
        # What a release said that failed meanwhile is over with it.
        self.status.services(
            self._good,
            serial=pointer.serial,
            wanted=wanted,
            state="in_service",
            error=None,
            hint=None,
        )

    def _prepare(self, pointer: Pointer) -> None:
        trouble = self._trouble
        again = trouble is not None and trouble.of(pointer.release, pointer.serial)
        if again and trouble and not trouble.over(time.monotonic()):
            return
        try:
            self._check_clock(pointer.release)
            self._converger.prepare(pointer.release, lambda: self._named(pointer.release))
        except Superseded as error:
            log.info("superseded", release=pointer.release, reason=str(error))
            return
        except AirchainError as error:
            self._fail(pointer.release, pointer.serial, error)
            return
        except Exception as error:
            # Not again ten times a second.
            unknown = AirchainError(f"{type(error).__name__}: {error}")
            self._fail(pointer.release, pointer.serial, unknown)
            raise
        if again:
            self._trouble = None
            state = "in_service" if self._arrived else "booting"
            self.status.update(state=state, error=None, hint=None)

    def _go(self, wanted: str, pointer: Pointer) -> None:
        """Converge; afterwards the report says where the host stands."""
        serial = pointer.serial
        # What is tried again goes on saying why.
        if self._trouble is None or not self._trouble.of(wanted, serial):
            self.status.update(
                state="converging" if self._state.running else "booting",
                serial=serial,
                wanted=wanted,
                error=None,
                hint=None,
            )
        log.info("converging", release=wanted, serial=serial)
        self._supervisor.hush()
        try:
            self._check_clock(wanted)
            target = self._converger.converge(wanted, serial, lambda: self._still(wanted))
        except Superseded as error:
            log.info("superseded", release=wanted, reason=str(error))
            return
        except ServiceFailed as error:
            self._fail(wanted, serial, self._converger.look_again(error.instance) or error)
            return
        except AirchainError as error:
            self._fail(wanted, serial, error)
            return
        except Exception as error:
            self._fail(wanted, serial, AirchainError(f"{type(error).__name__}: {error}"))
            raise
        self._arrive(target)

    def _check_clock(self, release: str) -> None:
        """Take nothing new with a wrong clock; what ran here before may come back."""
        if release != self._state.running:
            clock.require(self._store)

    def _arrive(self, target: Target) -> None:
        release = target.digest
        self._arrived = release
        self._trouble = None
        self._state = self._state.arrived(release, target.environment.deploy.keep)
        try:
            state.save(self._places, self._state)
        except OSError as error:
            # A full disk is no reason to say nothing of a release that serves.
            log.warning("not remembered", release=release, error=str(error))
        report = self.status.report
        self._domain = target.domain
        self._cleaner.soon()
        names = {i.service for i in target.instances}
        self._good = tuple(s for s in report.services if s.name in names)
        self.status.services(
            self._good,
            state="in_service",
            in_service=self._places.in_service.exists(),
            running=release,
            error=None,
            hint=None,
        )
        log.info("in service", release=release, **report.timings)

    def _fail(self, release: str, serial: int, error: AirchainError) -> None:
        if facts.going_down():
            # Its services end with the host: that is no verdict on the release.
            log.info("given up, this host goes down", release=release, error=str(error))
            return
        self._trouble = retry.after(self._trouble, release, serial, error, time.monotonic())
        log.error("failed", release=release, serial=serial, error=str(error))
        if self._trouble.failed:
            self.status.update(state="failed", in_service=self._places.in_service.exists())
        if self._trouble.passing:
            self._cleaner.soon()  # Of a pull that was cut short something may be left.
        self._say(error)

    def _say(self, error: AirchainError) -> None:
        self.status.update(error=str(error), hint=error.hint)

    def _still(self, release: str) -> bool:
        pointer = self._pointer()
        if self._end.is_set() or pointer is None:
            return False
        return pointer.release_for(self._identity.host) == release

    def _named(self, release: str) -> bool:
        pointer = self._pointer()
        return not self._end.is_set() and pointer is not None and pointer.release == release

    def _pointer(self) -> Pointer | None:
        """The last good pointer. What is wrong with the one in the store is reported."""
        # One at a time: what a slow look brings may be older than what another has accepted.
        if self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._looking.release()
        return self._follower.pointer

    def _look(self) -> None:
        # Where a look is paid for, not each of those who ask looks again.
        if time.monotonic() - self._looked < self._store.interval / 2:
            return
        self._looked = time.monotonic()
        try:
            self._follower.look()
            refusal = self._follower.refusal
        except StoreError as error:
            refusal = Refusal.of(error)
        self.status.refuse(refusal)

    def _needed_images(self, window: int) -> set[str]:
        """References of the images that shall stay, `window` releases for a rollback among them."""
        pointer = self._pointer()
        if pointer is None:
            raise StoreError("there is no pointer, so what is needed is not known")
        return self._converger.keep_images(sorted(keep_set(pointer, self._state.running, window)))


def wait_for(what: str, answers: Callable[[], bool], end: threading.Event) -> None:
    """Return once `answers`, or when stopped; bounded."""
    deadline = time.monotonic() + _READY_WITHIN
    while not answers() and not end.is_set():
        if time.monotonic() > deadline:
            raise WaitTimeout(f"waited {_READY_WITHIN:g} s for {what} of this host")
        end.wait(0.1)


def _answers(engine: APIClient) -> bool:
    try:
        return bool(engine.ping())
    except (APIError, DockerException, requests.RequestException):
        return False
