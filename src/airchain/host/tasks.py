"""Run a release's tasks, each on one host: the holder of its lease. The others wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from airchain.errors import Conflict, WaitTimeout
from airchain.host.instances import Instance
from airchain.host.jobs import Jobs, bound
from airchain.host.leases import RENEWED_EVERY, Held, Leases, holder, host_of, serial_of
from airchain.host.start import ServiceFailed, Starter
from airchain.host.wanted import Superseded, require_wanted
from airchain.store.records import Lease

_POLL = 0.2
# After a machine slept, every lease has run out: its holder gets time to renew it twice.
WATCHED = 2 * RENEWED_EVERY
FAILED_FOR = timedelta(seconds=20)
_MARGIN = timedelta(seconds=60)

Decision = Literal["take", "resume", "wait", "done", "failed"]


def decide(
    lease: Lease | None,
    serial: int,
    now: datetime,
    watched: float,
    *,
    mine: bool = False,
    abandoned: bool = False,
) -> Decision:
    """What this host does about a task, as deployment number `serial`.

    A lease that was `abandoned` is taken over once it stood unchanged for `watched`
    seconds before the eyes of this host. One that is `mine` was held by an agent that
    was ended, while the task perhaps goes on. A failed task is tried again by a later
    deployment; by the same one only by hosts that come back to it after a while,
    which are those where nothing serves.
    """
    if lease is None:
        return "take"
    if lease.state == "done":
        return "done"
    if lease.state == "failed":
        again = serial > serial_of(lease) or now - lease.expires > FAILED_FOR
        return "take" if again else "failed"
    if mine:
        return "resume"
    return "take" if abandoned and watched >= WATCHED else "wait"


def overdue(lease: Lease, now: datetime) -> bool:
    """Whether the holder renews its lease although its unit must have ended long ago.

    By the lease, not by how long this host waits: a wait that is begun anew ends no later.
    """
    return lease.until is not None and lease.until + _MARGIN < now <= lease.expires


class Tasks:
    """Tasks of one release, as one host sees them."""

    def __init__(self, starter: Starter, leases: Leases, jobs: Jobs, host: str) -> None:
        self._starter = starter
        self._jobs = jobs
        self._leases = leases
        self._host = host

    def complete(
        self, task: Instance, release: str, serial: int, still_wanted: Callable[[], bool]
    ) -> None:
        """Return once the task is done, here or elsewhere; raise `ServiceFailed` if it failed."""
        name = f"task/{release.removeprefix('sha256:')[:12]}/{task.service}"
        version, since = "", 0.0
        while True:
            seen = self._leases.read(name)
            lease = seen[0] if seen else None
            if seen and seen[1] != version:
                version, since = seen[1], time.monotonic()
            match self._decide(lease, serial, time.monotonic() - since):
                case "done":
                    self._starter.report(task, state="done", check="", log=())
                    return
                case "failed":
                    self._failed_elsewhere(task, lease)
                case "take":
                    over = seen[1] if seen else None
                    me = holder(self._host, serial)
                    held = self._leases.take(name, me, over, bound=bound(task))
                    if held:
                        self._run(task, held)
                        return
                case "resume":
                    held = self._leases.resume(name, *seen) if seen else None
                    if held:
                        self._run(task, held)
                        return
                case "wait":
                    self._wait(task, lease, still_wanted)

    def _decide(self, lease: Lease | None, serial: int, watched: float) -> Decision:
        return decide(
            lease,
            serial,
            self._leases.now(),
            watched,
            mine=lease is not None and host_of(lease) == self._host,
            abandoned=lease is not None and self._leases.abandoned(lease),
        )

    def _wait(self, task: Instance, lease: Lease | None, still_wanted: Callable[[], bool]) -> None:
        who = host_of(lease) if lease else "nobody"
        self._starter.report(task, state="waiting", check=f"runs on {who}")
        require_wanted(still_wanted, task.service)
        if lease and overdue(lease, self._leases.now()):
            raise WaitTimeout(
                f"{who} had to end the task by {lease.until:%H:%M:%S} UTC, and is still at it",
                where=f"services.{task.service}",
                hint=f"`airchain status` shows how {who} fares; end it where it hangs",
            )
        time.sleep(_POLL)

    def _failed_elsewhere(self, task: Instance, lease: Lease | None) -> None:
        detail = lease.detail if lease else ""
        check, *log = detail.splitlines() or [""]
        self._starter.report(task, state="failed", check=check, log=tuple(log))
        raise ServiceFailed(task, check, tuple(log))

    def _run(self, task: Instance, held: Held) -> None:
        self._starter.report(task, state="running", check="", log=())
        self._starter.install([task])
        failure = self._jobs.run(task, held)
        try:
            if failure is None:
                held.finish("done")
            else:
                held.finish(
                    "failed", "\n".join([f"on {self._host}: {failure.check}", *failure.log])
                )
        except Conflict as error:
            # Too slow to renew: the host that took over decides.
            raise Superseded(f"lost the lease of task {task.service}") from error
        self._jobs.forget(task)
        if failure:
            self._starter.report(task, state="failed", check=failure.check, log=failure.log)
            raise failure
        self._starter.report(task, state="done", check="", log=())
