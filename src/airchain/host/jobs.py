"""Units that end by themselves, run under a lease, and taken up again after the agent's end.

A job's unit goes on when the agent is killed. What the next agent needs to go on
from there lies beside it: which lease the unit runs for (written by the agent), and
how it ended (written by the unit). A reboot forgets both, as it ends the unit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from airchain.errors import EngineError, RunError, WaitTimeout
from airchain.files import write_whole
from airchain.host import facts, units
from airchain.host.identity import Places
from airchain.host.instances import Instance
from airchain.host.leases import Held, renewing
from airchain.host.start import ServiceFailed, last_lines
from airchain.run import run
from airchain.store.records import Record

# What systemd and the engine take beside the job's own timeouts.
MARGIN = 30.0
_POLL = 0.5
_BUSY = frozenset({"active", "activating", "deactivating", "reloading"})


class Job(Record):
    """What a unit was started for: the lease, and which taking of it."""

    lease: str
    began: datetime | None


class Jobs:
    """The jobs of one host."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def run(self, instance: Instance, held: Held) -> ServiceFailed | None:
        """Run the job to its end, or see the end of the run that was begun; what went wrong.

        The lease is renewed meanwhile and not finished: that is the caller's to do.
        Raises `EngineError` where systemd could not run it.
        """
        with renewing(held):
            if self._read(self._file(instance)) == _job(held):
                self._await_end(instance)
                if result := self._result(instance):
                    return failure(instance, result)
            self._note(instance, held)
            return self._run_to_end(instance)

    def left(self, folder: str) -> Iterator[tuple[Job, Instance]]:
        """Jobs for leases below `folder` that an agent before this one began."""
        for path in sorted(self._places.jobs.glob("*.json")):
            job = self._read(path)
            unit = self._places.units / f"{path.stem}.service"
            instance = units.parse(unit.read_text()) if unit.is_file() else None
            if job and instance and job.lease.startswith(f"{folder}/"):
                yield job, instance

    def forget(self, instance: Instance) -> None:
        """The job's end has been told."""
        self._file(instance).unlink(missing_ok=True)

    def _note(self, instance: Instance, held: Held) -> None:
        units.result_file(self._places.jobs, instance).unlink(missing_ok=True)
        write_whole(self._file(instance), _job(held).encode())

    def _run_to_end(self, instance: Instance) -> ServiceFailed | None:
        try:
            run(["systemctl", "start", instance.unit], timeout=bound(instance))
        except RunError as error:
            if result := self._result(instance):
                return failure(instance, result)
            # A unit that was ended hard leaves none, and systemd's result tells; where that is
            # "success" all the same, systemd refused to start it.
            unit = facts.states([instance])[0]
            if unit.result != "success":
                return failure(instance, f"{unit.result} {unit.status}")
            raise EngineError(
                f"the job was not run: {error.message}",
                where=f"services.{instance.service}",
                hint="on the host, `systemctl status` of its unit and of docker says why",
                detail=error.detail,
            ) from error
        return None

    def _await_end(self, instance: Instance) -> None:
        deadline = time.monotonic() + bound(instance)
        while facts.states([instance])[0].active in _BUSY:
            if time.monotonic() > deadline:
                raise WaitTimeout(
                    f"waited {bound(instance):g} s for the end of a job", where=instance.name
                )
            time.sleep(_POLL)

    def _result(self, instance: Instance) -> str:
        """How the unit's run ended; empty where it never began."""
        file = units.result_file(self._places.jobs, instance)
        return file.read_text().strip() if file.is_file() else ""

    def _read(self, path: Path) -> Job | None:
        try:
            return Job.model_validate_json(path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def _file(self, instance: Instance) -> Path:
        return self._places.jobs / f"{instance.name}.json"


def bound(instance: Instance) -> float:
    """Seconds after which systemd has ended a run of the job, whatever it does."""
    return instance.spec.timeout + units.ends_within(instance) + MARGIN


def failure(instance: Instance, result: str) -> ServiceFailed | None:
    """What went wrong, if anything, from systemd's word for it and the exit status."""
    word, _, status = result.partition(" ")
    if word == "success":
        return None
    check = f"it ended with exit status {status}"
    if word == "timeout":
        check = f"it ran longer than its timeout of {instance.spec.timeout:g} s"
    return ServiceFailed(instance, check, last_lines(instance))


def _job(held: Held) -> Job:
    return Job(lease=held.name, began=held.lease.began)
