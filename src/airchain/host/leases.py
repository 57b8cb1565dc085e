"""Do a thing once among all hosts: by a lease that expires unless its holder renews it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal

import structlog

from airchain.errors import Conflict, StoreError
from airchain.store import Store, clock
from airchain.store.records import Lease, decode, lease_key

DURATION = timedelta(seconds=15)
RENEWED_EVERY = 4.0

log = structlog.get_logger()


class Held:
    """A lease of ours. `finish` says how the work ended; until then it is renewed."""

    def __init__(self, store: Store, key: str, lease: Lease, version: str) -> None:
        self._store = store
        self._key = key
        self._lease = lease
        self._version = version
        self._lock = threading.Lock()

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

    def take(self, name: str, holder: str, over: str | None = None) -> Held | None:
        """Take the lease, in place of version `over` if given; None if another was faster."""
        lease = Lease(holder=holder, expires=clock.now(self._store) + DURATION)
        key = self._key(name)
        try:
            if over is None:
                version = self._store.create(key, lease.encode())
            else:
                version = self._store.replace(key, lease.encode(), over)
        except Conflict:
            return None
        return Held(self._store, key, lease, version)

    def list(self, folder: str) -> list[str]:
        """Names of the leases below `folder`, sorted."""
        root = self._key("").rstrip("/")
        return [k.removeprefix(f"{root}/") for k in self._store.list(self._key(folder))]

    def delete(self, name: str) -> None:
        """Forget a lease that can no longer matter."""
        self._store.delete(self._key(name))

    def _key(self, name: str) -> str:
        return lease_key(self._product, self._environment, name)


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
