"""Who may change an environment now: one lock, held by an operation or by a person.

An operation's lock lives by its heartbeat: it runs out `lifetime` after the last
one, and at once where its process is known to have ended. A person's lock stays
until it is given back, or as long as it was asked for. Every change of it is a
conditional write, so of two that take it one is refused.

A lock keeps people out of each other's way. What keeps the environment whole is
the pointer's own conditional write: whoever lost the lock unawares loses that too.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from airchain.errors import AirchainError, Conflict, Locked, StoreError
from airchain.progress import Progress
from airchain.release.pointer import author
from airchain.release.process import Process
from airchain.release.scope import Scope
from airchain.store import Store, clock
from airchain.store.base import Object
from airchain.store.records import Record, decode, lock_key

_SPAN = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_POLL = 0.05
# On a busy machine a quick heartbeat comes between looking and writing many times in a row.
_ATTEMPTS = 50


@dataclass(frozen=True)
class Pace:
    """How an operation's lock lives, in seconds.

    It is renewed every `beat` and runs out `lifetime` after the last one. One that
    ran out by the clock is taken over only once it stood unchanged for `watched`:
    clocks differ, and a machine that slept beats again.
    """

    beat: float = 3.0
    lifetime: float = 30.0
    watched: float = 6.0


class Lock(Record):
    """The lock as it stands in the store; it stays there when it has `ended`.

    `renewed` is the last heartbeat. `expires` None means that it does not end by itself.
    """

    token: str
    kind: Literal["operation", "person"]
    holder: str
    reason: str
    since: datetime
    renewed: datetime
    expires: datetime | None = None
    process: Process | None = None
    ended: datetime | None = None
    ended_by: str | None = None

    def state(self, now: datetime) -> Literal["held", "silent", "free"]:
        """`silent`: an operation's that ran out by the clock, but whose end nobody saw."""
        if self.ended is not None or (self.process is not None and self.process.gone()):
            return "free"
        if self.expires is None or now < self.expires:
            return "held"
        return "silent" if self.kind == "operation" else "free"


@dataclass(frozen=True)
class Seen:
    """A lock as it was read, with the version that a change of it refers to."""

    lock: Lock
    version: str


def look(scope: Scope) -> Seen | None:
    """The lock as it stands in the store, whether it holds or not; None before the first."""
    found = scope.store.get(lock_key(scope.product, scope.environment))
    return None if found is None else Seen(decode(found, Lock), found.version)


def current(scope: Scope) -> Lock | None:
    """The lock that is held now; None where the environment is free."""
    seen = look(scope)
    return seen.lock if seen and seen.lock.state(clock.now(scope.store)) == "held" else None


def require_free(scope: Scope) -> None:
    """Refuse where somebody holds the lock, before work is done that would be in vain."""
    if found := current(scope):
        raise refusal(scope, found, clock.now(scope.store))


def take(scope: Scope, reason: str, lasts: timedelta | None = None) -> Lock:
    """Lock the environment for a person, against everybody: until unlocked, or for `lasts`."""
    new = _fresh(scope, "person", reason, lasts)
    _write(scope, new, look(scope))
    return new


def give_back(scope: Scope, *, force: bool) -> Lock | None:
    """End the lock that is held, and return it; None where there is none.

    Somebody else's, or that of an operation at work, is ended only with `force`.
    """
    key = lock_key(scope.product, scope.environment)
    for _ in range(_ATTEMPTS):
        seen, now = look(scope), clock.now(scope.store)
        if seen is None or seen.lock.state(now) == "free":
            return None
        found = seen.lock
        if not force and (found.holder != author() or found.kind == "operation"):
            error = refusal(scope, found, now)
            error.hint = f"`airchain unlock {scope.environment} --force` ends it all the same"
            raise error
        ended = found.model_copy(update={"ended": now, "ended_by": author()})
        # A conflict is most often its next heartbeat.
        with suppress(Conflict):
            scope.store.replace(key, ended.encode(), seen.version)
            return found
    raise _restless(scope)


@contextmanager
def held(
    scope: Scope, reason: str, progress: Progress, pace: Pace | None = None
) -> Iterator[Heartbeat]:
    """Hold the lock for an operation while the block runs; raise `Locked` where it is taken."""
    pace = pace or Pace()
    new = _fresh(scope, "operation", reason, timedelta(seconds=pace.lifetime), Process.mine())
    version = _write(scope, new, _settled(scope, look(scope), pace, progress))
    heart = Heartbeat(scope, new, version, pace)
    heart.start()
    try:
        yield heart
    finally:
        heart.stop()


class Heartbeat:
    """A lock that this process holds, renewed by a thread."""

    def __init__(self, scope: Scope, lock: Lock, version: str, pace: Pace) -> None:
        self._scope = scope
        self._lock = lock
        self._version = version
        self._pace = pace
        self._beaten = clock.steady()
        self._lost: Locked | None = None
        self._mutex = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="lock", daemon=True)

    @property
    def token(self) -> str:
        """What tells this lock from all others; the record of the operation has it too."""
        return self._lock.token

    @property
    def lost(self) -> bool:
        """Whether somebody took it from us, as far as we know."""
        return self._lost is not None

    @property
    def guarded(self) -> Scope:
        """The same environment; writing to it needs the lock to be ours still."""
        return replace(self._scope, store=_Guarded(self._scope.store, self))

    def require(self) -> None:
        """Raise `Locked` where somebody took the lock from us; asks where that is not certain."""
        if self._lost is None and clock.steady() - self._beaten > self._pace.lifetime / 2:
            self._beat()
        if self._lost is not None:
            raise self._lost

    def start(self) -> None:
        """Begin to renew it."""
        self._thread.start()

    def stop(self) -> None:
        """Give the lock back, unless it is somebody else's by now."""
        self._ending.set()
        self._thread.join()
        if self._lost is None:
            # Where this fails the lock runs out by itself; the operation's own end matters more.
            with suppress(StoreError):
                self._replace(
                    {"ended": clock.now(self._scope.store), "ended_by": self._lock.holder}
                )

    def _beat_on(self) -> None:
        while self._lost is None and not self._ending.wait(self._pace.beat):
            # A store that does not answer now may answer the next time, before anybody else.
            with suppress(StoreError):
                self._beat()

    def _beat(self) -> None:
        now = clock.now(self._scope.store)
        expires = now + timedelta(seconds=self._pace.lifetime)
        try:
            self._replace({"renewed": now, "expires": expires})
        except Conflict:
            self._see_who()

    def _replace(self, changes: dict[str, object]) -> None:
        with self._mutex:
            new = self._lock.model_copy(update=changes)
            key = lock_key(self._scope.product, self._scope.environment)
            self._version = self._scope.store.replace(key, new.encode(), self._version)
            self._lock, self._beaten = new, clock.steady()

    def _see_who(self) -> None:
        seen = look(self._scope)
        if seen and seen.lock.token == self._lock.token and seen.lock.ended is None:
            self._version = seen.version  # A write of ours whose answer was lost.
        else:
            self._lost = _overtaken(self._scope, seen)


class _Guarded:
    """A store that refuses to be written once the lock is lost."""

    def __init__(self, store: Store, heart: Heartbeat) -> None:
        self._store = store
        self._heart = heart
        self.interval = store.interval

    def get(self, key: str) -> Object | None:
        return self._store.get(key)

    def list(self, prefix: str) -> Sequence[str]:
        return self._store.list(prefix)

    def skew(self) -> float | None:
        return self._store.skew()

    def put(self, key: str, data: bytes) -> str:
        self._heart.require()
        return self._store.put(key, data)

    def create(self, key: str, data: bytes) -> str:
        self._heart.require()
        return self._store.create(key, data)

    def replace(self, key: str, data: bytes, version: str) -> str:
        self._heart.require()
        return self._store.replace(key, data, version)

    def delete(self, key: str) -> None:
        self._heart.require()
        self._store.delete(key)


def describe(lock: Lock, now: datetime) -> str:
    """Who holds it, since when and why, in one line."""
    if lock.kind == "person":
        ends = f" (for {span(lock.expires - now)} more)" if lock.expires else ""
        return f"locked by {lock.holder} {span(now - lock.since)} ago: {lock.reason}{ends}"
    number = f", process {lock.process.number}" if lock.process else ""
    return (
        f"{lock.holder} is at work since {span(now - lock.since)}: {lock.reason} "
        f"(last heartbeat {span(now - lock.renewed)} ago{number})"
    )


def refusal(scope: Scope, lock: Lock, now: datetime) -> Locked:
    """The error for who finds the environment locked: by whom, and what to do."""
    env = scope.environment
    hint = (
        f"wait until it is done, `airchain status {env}` shows how far it is; "
        "the lock of a process that died runs out by itself"
    )
    if lock.state(now) == "silent":
        hint = (
            "nothing was heard of it since: the next deployment sees whether it has ended, "
            f"`airchain unlock {env} --force` ends it now"
        )
    elif lock.kind == "person":
        ends = "ends by itself" if lock.expires else "stays until somebody ends it"
        yours = "" if lock.holder == author() else " --force"
        hint = f"the lock {ends}: `airchain unlock {env}{yours}` does it now"
    return Locked(describe(lock, now), where=str(scope), hint=hint)


def span(time_: timedelta) -> str:
    """A span in words of at most two units: `12 s`, `5 min`, `2 h 5 min`, `3 d 1 h`."""
    seconds = max(round(time_.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s"
    units = ((86_400, "d"), (3_600, "h"), (60, "min"))
    parts = []
    for size, unit in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def lasting(text: str) -> timedelta:
    """`30m`, `2h` or `3d` as a span."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise AirchainError(f"must be such as 30m, 2h or 3d, got {text!r}", where="--for")
    return int(match[1]) * _UNITS[match[2]]


def _fresh(
    scope: Scope,
    kind: Literal["operation", "person"],
    reason: str,
    lasts: timedelta | None,
    process: Process | None = None,
) -> Lock:
    now = clock.now(scope.store)
    return Lock(
        token=uuid.uuid4().hex,
        kind=kind,
        holder=author(),
        reason=reason,
        since=now,
        renewed=now,
        expires=None if lasts is None else now + lasts,
        process=process,
    )


def _settled(scope: Scope, seen: Seen | None, pace: Pace, progress: Progress) -> Seen | None:
    """The lock that stands there; a silent one has ended if nobody renews it before our eyes."""
    if seen is None or seen.lock.state(clock.now(scope.store)) != "silent":
        return seen
    deadline = clock.steady() + pace.watched
    with progress.step(f"see whether {seen.lock.holder} still holds the lock"):
        while clock.steady() < deadline:
            time.sleep(_POLL)
            now = look(scope)
            if now is None or now.version != seen.version:
                return now
    return Seen(seen.lock.model_copy(update={"ended": clock.now(scope.store)}), seen.version)


def _write(scope: Scope, new: Lock, seen: Seen | None) -> str:
    """Write `new` over what was seen; returns its version. `Locked` where a lock holds."""
    key = lock_key(scope.product, scope.environment)
    for _ in range(_ATTEMPTS):
        now = clock.now(scope.store)
        if seen is not None and seen.lock.state(now) != "free":
            raise refusal(scope, seen.lock, now)
        try:
            if seen is None:
                return scope.store.create(key, new.encode())
            return scope.store.replace(key, new.encode(), seen.version)
        except Conflict:
            seen = look(scope)  # Somebody took it, or gave it back, since we looked.
    raise _restless(scope)


def _restless(scope: Scope) -> StoreError:
    return StoreError("the lock changes all the time", where=str(scope), hint="try again")


def _overtaken(scope: Scope, seen: Seen | None) -> Locked:
    who = "the lock of this operation was removed"
    if seen and seen.lock.ended_by:
        who = f"{seen.lock.ended_by} ended the lock of this operation"
    elif seen:
        who = f"{seen.lock.holder} took the lock over meanwhile ({seen.lock.reason})"
    return Locked(
        f"{who}, so this one stops here; hosts stay as they are",
        where=str(scope),
        hint=f"`airchain status {scope.environment}` shows how far it is, "
        f"`airchain history {scope.environment}` who did what; run it again to go on",
    )
