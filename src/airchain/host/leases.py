"""Do a thing once among all hosts: by a lease that expires unless its holder renews it.

Renewing is the agent's work, while what the lease is for runs in a unit of its own and
goes on when the agent is killed. So an expired lease alone allows nothing: it may be
taken over once its holder's host is gone, or once its unit has certainly been ended.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal

import structlog

from airchain.errors import Conflict, StoreError
from airchain.store import Store, clock
from airchain.store.records import Lease, decode, lease_key, report_key

DURATION = timedelta(seconds=15)
RENEWED_EVERY = 4.0

log = structlog.get_logger()


class Held:
    """A lease of ours. `finish` says how the work ended; until then it is renewed."""

    def __init__(self, store: Store, key: str, name: str, lease: Lease, version: str) -> None:
        self.name = name
        self._store = store
        self._key = key
        self._lease = lease
        self._version = version
        self._lock = threading.Lock()

    @property
    def lease(self) -> Lease:
        """The lease as it was written last."""
        return self._lease

    def renew(self) -> None:
        """Move the expiry on; raises `Conflict` where another host took over."""
        self._write(expires=clock.now(self._store) + DURATION)

    def finish(self, state: Literal["done", "failed"], detail: str = "") -> None:
        """Say how it ended; nobody takes a finished lease over but for another deployment."""
        self._write(state=state, detail=detail, expires=clock.now(self._store))

    def _write(self, **fields: object) -> None:
        with self._lock:
            if self._lease.state != "running":
                return
            new = self._lease.model_copy(update=fields)
            self._version = self._store.replace(self._key, new.encode(), self._version)
            self._lease = new


class Leases:
    """The leases of one environment, as one host takes them."""

    def __init__(self, store: Store, product: str, environment: str) -> None:
        self._store = store
        self._product = product
        self._environment = environment

    def now(self) -> datetime:
        """The time that leases are compared with: the same on every host."""
        return clock.now(self._store)

    def read(self, name: str) -> tuple[Lease, str] | None:
        """The lease and its version, or None where nobody ever took it."""
        found = self._store.get(self._key(name))
        return None if found is None else (decode(found, Lease), found.version)

    def take(
        self,
        name: str,
        holder: str,
        over: str | None = None,
        *,
        bound: float = 0.0,
        tick: datetime | None = None,
    ) -> Held | None:
        """Take the lease, in place of version `over` if given; None if another was faster.

        The work has ended `bound` seconds from now, whatever becomes of this agent.
        """
        now = self.now()
        until = now + max(DURATION, timedelta(seconds=bound))
        lease = Lease(holder=holder, expires=now + DURATION, began=now, until=until, tick=tick)
        return self._write(name, lease, over)

    def resume(self, name: str, lease: Lease, version: str) -> Held | None:
        """Hold again what an agent of this host held before it was ended."""
        again = lease.model_copy(update={"expires": self.now() + DURATION})
        return self._write(name, again, version)

    def abandoned(self, lease: Lease) -> bool:
        """Whether nobody can be working under this lease any more.

        The report of a host is removed after its machine was ended, not before.
        """
        now = self.now()
        if lease.state != "running":
            return True
        if lease.expires >= now:
            return False
        return now > (lease.until or lease.expires) or not self._exists(host_of(lease))

    def _exists(self, host: str) -> bool:
        return self._store.get(report_key(self._product, self._environment, host)) is not None

    def _write(self, name: str, lease: Lease, over: str | None) -> Held | None:
        key = self._key(name)
        try:
            if over is None:
                version = self._store.create(key, lease.encode())
            else:
                version = self._store.replace(key, lease.encode(), over)
        except Conflict:
            return None
        return Held(self._store, key, name, lease, version)

    def _key(self, name: str) -> str:
        return lease_key(self._product, self._environment, name)


def holder(host: str, serial: int) -> str:
    """How a lease names its holder: the host, and the deployment it worked for."""
    return f"{host}/{serial}"


def host_of(lease: Lease) -> str:
    """The host that holds, or held, the lease."""
    return lease.holder.partition("/")[0]


def serial_of(lease: Lease) -> int:
    """The number of the deployment that the lease was taken for."""
    number = lease.holder.rpartition("/")[2]
    return int(number) if number.isdecimal() else 0


@contextmanager
def renewing(held: Held) -> Iterator[None]:
    """Keep the lease while the block runs."""
    end = threading.Event()

    def beat() -> None:
        while not end.wait(RENEWED_EVERY):
            try:
                held.renew()
            except StoreError as error:
                log.warning("lease not renewed", error=str(error))

    thread = threading.Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
