"""Start instances beside those that run, and wait until each is ready."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import requests
from docker.api.client import APIClient
from docker.errors import DockerException

from airchain.errors import DeployError, RunError
from airchain.files import write_whole
from airchain.host import facts, units
from airchain.host.facts import Unit
from airchain.host.health import Answer, probe
from airchain.host.identity import Identity, Places
from airchain.host.instances import Instance
from airchain.host.report import LOG_LINES, Status
from airchain.host.wanted import require_wanted
from airchain.run import run

# A worker has no port to ask: it is ready once it has been up this long.
STEADY = 2.0
_POLL = 0.05
_UNIT_POLL = 1.0
# Between two runs systemd waits half a second, and only then says how the first one ended.
_ENDED_POLL = 0.2
# What a container may take to exist, on a busy machine.
_CREATED_WITHIN = 60.0
_SYSTEMCTL_TIMEOUT = 60.0


class ServiceFailed(DeployError):
    """An instance did not become ready; `check` is the last answer, `log` its last lines."""

    def __init__(self, instance: Instance, check: str, log: tuple[str, ...]) -> None:
        super().__init__(
            f"{instance.service} {'is not healthy' if instance.stays else 'failed'}: {check}",
            where=f"services.{instance.service}",
            detail="\n".join(log) or None,
        )
        self.instance = instance
        self.check = check
        self.log = log


class Starter:
    """Writes units and brings instances up. `host` is the domain that checks ask for."""

    def __init__(
        self, places: Places, identity: Identity, engine: APIClient, status: Status
    ) -> None:
        self._places = places
        self._identity = identity
        self._engine = engine
        self._status = status

    def install(self, instances: Sequence[Instance]) -> Sequence[Unit]:
        """Write the units of `instances` and return them as systemd sees them.

        Those that stay come back after a reboot.
        """
        for instance in instances:
            text = units.unit_text(
                instance, self._identity, self._places.secrets, self._places.jobs
            )
            write_whole(self._places.units / instance.unit, text.encode())
            if instance.stays:
                self._enable(instance)
        # systemd reads a new unit when it is asked for it; reading all anew takes it long.
        seen = facts.states(instances)
        if any(unit.outdated for unit in seen):
            facts.read_units_anew()
        return seen

    def start(self, instances: Sequence[Instance], seen: Sequence[Unit] | None = None) -> None:
        """Let systemd start them all, as it was just `seen` to have them; does not wait."""
        if not instances:
            return
        seen = facts.states(instances) if seen is None else seen
        if failed := [u.instance.unit for u in seen if u.gave_up and u.instance in instances]:
            run(["systemctl", "reset-failed", *failed], timeout=_SYSTEMCTL_TIMEOUT, check=False)
        names = [i.unit for i in instances]
        run(["systemctl", "start", "--no-block", *names], timeout=_SYSTEMCTL_TIMEOUT)

    def await_ready(
        self, instances: Sequence[Instance], host: str, still_wanted: Callable[[], bool]
    ) -> dict[str, float]:
        """Wait for all, side by side; seconds until the last container ran and was healthy.

        Raises `ServiceFailed` for the first that gives up or takes too long.
        """
        if not instances:
            return {"start": 0.0, "health": 0.0}
        over = threading.Event()
        waits = [
            _Wait(self, i, host, lambda: still_wanted() and not over.is_set()) for i in instances
        ]
        with ThreadPoolExecutor(len(waits), thread_name_prefix="health") as pool:
            futures = [pool.submit(w.until_ready) for w in waits]
            errors = []
            for future in as_completed(futures):
                if error := future.exception():
                    over.set()
                    errors.append(error)
        if errors:
            raise errors[0]
        start = max(w.seconds_to_run for w in waits)
        return {"start": start, "health": max(w.seconds for w in waits) - start}

    def container(self, instance: Instance) -> dict[str, Any] | None:
        """The state of the instance's container, or None while there is none."""
        try:
            found = self._engine.inspect_container(instance.name)
        except (DockerException, requests.RequestException):
            return None
        return {"id": found["Id"], **found["State"]}

    def report(self, instance: Instance, **fields: Any) -> None:
        """Say how an instance fares."""
        self._status.service(
            instance.service,
            kind=instance.kind,
            instance=instance.id,
            digest=instance.image.rpartition("@")[2],
            **fields,
        )

    def _enable(self, instance: Instance) -> None:
        for target in units.TARGETS:
            link = self._places.units / f"{target}.wants" / instance.unit
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.is_symlink():
                link.symlink_to(Path("/etc/systemd/system") / instance.unit)


class _Wait:
    """The wait for one instance."""

    def __init__(
        self, starter: Starter, instance: Instance, host: str, still_wanted: Callable[[], bool]
    ) -> None:
        self._starter = starter
        self._instance = instance
        self._host = host
        self._still_wanted = still_wanted
        self._began = time.monotonic()
        self._unit_seen = self._began
        self._down = False
        self._ended = ""
        self._steady: tuple[str, float] | None = None
        self.seconds_to_run = 0.0
        self.seconds = 0.0

    def until_ready(self) -> None:
        """Check until it is ready, systemd gives up, or its time is over."""
        instance = self._instance
        self._starter.report(instance, state="starting", check="", log=())
        answer = self._look()
        while not answer.ok:
            require_wanted(self._still_wanted, instance.name)
            self._see_whether_over(answer)
            time.sleep(min(_POLL, self._interval))
            answer = self._look()
        self.seconds = time.monotonic() - self._began
        self._starter.report(instance, state="running", check=answer.text, log=())

    @property
    def _interval(self) -> float:
        return self._instance.spec.health.interval if self._instance.spec.health else _POLL

    def _look(self) -> Answer:
        # Before the container runs there is nobody at its address, and asking
        # would wait a second for the neighbour that does not answer.
        state = self._starter.container(self._instance)
        if state is None or not state["Running"]:
            self._down = self.seconds_to_run > 0
            return Answer(False, "the container is not running")
        if not self.seconds_to_run:
            self.seconds_to_run = time.monotonic() - self._began
        self._down = False
        spec = self._instance.spec
        if spec.port is None or self._instance.address is None:
            return self._been_up(str(state["id"]))
        if self._instance.kind == "worker" and spec.health is None:
            return self._been_up(str(state["id"]))
        return probe(self._instance.address, spec.port, spec.health, self._host)

    def _been_up(self, container: str) -> Answer:
        now = time.monotonic()
        if self._steady is None or self._steady[0] != container:
            self._steady = (container, now)
        up = now - self._steady[1]
        return Answer(up >= STEADY, f"up for {up:.1f} s")

    def _see_whether_over(self, answer: Answer) -> None:
        now = time.monotonic()
        within = self._instance.spec.health.within if self._instance.spec.health else 30.0
        limit = self.seconds_to_run + within if self.seconds_to_run else _CREATED_WITHIN
        if now - self._unit_seen > (_ENDED_POLL if self._down else _UNIT_POLL):
            self._unit_seen = now
            self._starter.report(self._instance, state="starting", check=answer.text)
            unit = facts.states([self._instance])[0]
            if unit.between_runs:
                self._ended = ended(unit)
            if unit.gave_up:
                self._fail(ended(unit))
        if now - self._began > limit:
            self._fail(f"{self._ended or answer.text}; waited {limit:.0f} s")

    def _fail(self, check: str) -> None:
        lines = last_lines(self._instance)
        self._starter.report(self._instance, state="failed", check=check, log=lines)
        raise ServiceFailed(self._instance, check, lines)


def ended(unit: facts.Unit) -> str:
    """How a unit that does not stay up came to its end."""
    times = f", {unit.restarts} times" if unit.restarts > 1 else ""
    return f"it ended with exit status {unit.status}{times}"


def last_lines(instance: Instance, count: int = LOG_LINES) -> tuple[str, ...]:
    """The last lines that the instance's processes wrote, oldest first."""
    try:
        run(["journalctl", "--sync"], timeout=5, check=False)
        argv = ["journalctl", f"_SYSTEMD_UNIT={instance.unit}", "-n", str(count)]
        shown = run([*argv, "-o", "cat", "--no-pager", "-q"], timeout=15, check=False)
    except RunError as error:
        return (f"no log: {error}",)
    return tuple(shown.stdout.rstrip().splitlines()[-count:])
