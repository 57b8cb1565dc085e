"""What this host says of itself: collected by the loop, written by a thread.

The thread writes on every change and every two seconds, so the heartbeat goes
on while the loop pulls, starts or waits.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from airchain.errors import StoreError
from airchain.host import facts
from airchain.host.identity import Identity, Places
from airchain.store import Store, clock
from airchain.store.records import Report, ServiceReport, report_key
from airchain.trust import Refusal

HEARTBEAT = 2.0
# Where each look at the store is paid for, so is each word to it.
_BEATS = 4
# Changes that follow one another this closely share a write.
_GATHER = 0.03
LOG_LINES = 50

log = structlog.get_logger()


class Status:
    """The report as it stands; safe to change from several threads."""

    def __init__(self, identity: Identity) -> None:
        now = datetime.now(UTC)
        self.changed = threading.Event()
        self._lock = threading.Lock()
        self._services: dict[str, ServiceReport] = {}
        self._refusal: Refusal | None = None
        self._report = Report(
            host=identity.host,
            fleet=identity.fleet,
            address=facts.address(),
            booted=facts.booted(),
            written=now,
            state="booting",
            in_service=False,
        )

    @property
    def report(self) -> Report:
        """The report with all its services. A refusal is what is told first."""
        with self._lock:
            fields: dict[str, Any] = {"services": tuple(self._services.values())}
            if refusal := self._refusal:
                fields |= {"error": refusal.text, "hint": refusal.hint, "refused": refusal.mark}
            return self._report.model_copy(update=fields)

    def refuse(self, refusal: Refusal | None) -> None:
        """Say what of the store is not accepted; None once all of it is."""
        with self._lock:
            if refusal == self._refusal:
                return
            self._refusal = refusal
        if refusal:
            log.error("not accepted", error=refusal.text)
        self.changed.set()

    def update(self, **fields: Any) -> None:
        """Change fields of the report, all at once."""
        with self._lock:
            new = self._report.model_copy(update=fields)
            if new == self._report:
                return
            self._report = new
        self.changed.set()

    def service(self, name: str, **fields: Any) -> None:
        """Change what is said of one service; `since` follows its state and instance."""
        with self._lock:
            old = self._services.get(name)
            new = merge(old, {"name": name, **fields}, datetime.now(UTC))
            if new == old:
                return
            self._services[name] = new
        self.changed.set()

    def services(self, services: Sequence[ServiceReport], **fields: Any) -> None:
        """Say just this of services, and change fields of the report with it."""
        with self._lock:
            self._services = {s.name: s for s in services}
            self._report = self._report.model_copy(update=fields)
        self.changed.set()


def merge(old: ServiceReport | None, fields: dict[str, Any], now: datetime) -> ServiceReport:
    """`old` with `fields`.

    Time, check and log are kept while state and instance stay the same.
    """
    base = old.model_dump() if old else {"state": "pending", "kind": "web"}
    new = ServiceReport.model_validate({**base, "since": now, **fields})
    if old and (old.state, old.instance) == (new.state, new.instance):
        return new.model_copy(update={"since": old.since})
    return new.model_copy(
        update={"check": fields.get("check", ""), "log": tuple(fields.get("log", ()))}
    )


class Reporter(threading.Thread):
    """Writes the report until it is stopped."""

    def __init__(self, status: Status, store: Store, identity: Identity, places: Places) -> None:
        super().__init__(name="reporter", daemon=True)
        self._status = status
        self._store = store
        self._places = places
        self._key = report_key(identity.product, identity.environment, identity.host)
        self._end = threading.Event()

    def run(self) -> None:
        """Write, then wait for a change or the next beat."""
        while not self._end.is_set():
            self._status.changed.clear()
            try:
                self.write()
            # A host that falls silent is taken for dead and replaced.
            except Exception as error:
                log.exception("report not written", error=str(error))
            if self._status.changed.wait(max(HEARTBEAT, _BEATS * self._store.interval)):
                self._end.wait(_GATHER)

    def write(self) -> None:
        """Write the report once; a store that refuses is tried again at the next beat."""
        disk = facts.disk(self._places.images)
        report = self._status.report.model_copy(
            update={
                # Others compare it with their time: the store's is the one that all share.
                "written": clock.now(self._store),
                "clock_skew": self._store.skew(),
                "disk_free": disk.bytes,
                "inodes_free": disk.inodes or 0,
                "agent_memory": facts.memory(),
            }
        )
        try:
            self._store.put(self._key, report.encode())
        except StoreError as error:
            log.warning("report not written", error=str(error))

    def stop(self) -> None:
        """End after a last write."""
        self._end.set()
        self._status.changed.set()
        self.join(timeout=HEARTBEAT * 2)
        self.write()
