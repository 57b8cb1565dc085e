"""Pushing and sweeping keep out of each other's way: by objects in the store, not by a server.

Whoever pushes says so first and then looks for a sweep; whoever sweeps says so first and
then looks for pushes. The store is consistent, so of two at least one sees the other, and
it is the sweep that gives way. Both are said with an end, so that one who was killed stops
nobody for long.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from airchain.errors import AirchainError, Conflict, RegistryError, StoreError, WaitTimeout
from airchain.store import Store, clock
from airchain.store.records import Record, read

PUSHES = "collector/pushes"
MARK = "collector/sweep"
PUSH = timedelta(seconds=60)
RENEWED_EVERY = 15.0
# A batch ends well before its mark does: the mark is what pushes wait for.
BATCH = 5.0
SWEEP = timedelta(seconds=30)
# Clocks are compared to a second, and a write may take as long as some attempts.
_MARGIN = 5.0
_WAIT = SWEEP.total_seconds() + 15
_POLL = 0.05


class Notice(Record):
    """Somebody is at work until `expires`, or until the notice is gone."""

    what: str
    expires: datetime


class Busy(AirchainError):
    """Somebody pushes, or sweeps already."""


@contextmanager
def pushing(store: Store, what: str) -> Iterator[None]:
    """Keep all that the registry holds, also what nothing refers to yet, while the block runs.

    Raises `RegistryError` at the end where this process stood still for so long that
    others had to take it for dead: what it found there may be gone.
    """
    key = f"{PUSHES}/{secrets.token_hex(8)}"
    lapsed, end = threading.Event(), threading.Event()
    last = clock.steady()
    _write(store, key, what, PUSH)

    def renew() -> None:
        nonlocal last
        while not end.wait(RENEWED_EVERY):
            try:
                _write(store, key, what, PUSH)
            except StoreError:
                continue  # Where that lasts, the end says so.
            now = clock.steady()
            if now - last > PUSH.total_seconds():
                lapsed.set()
            last = now

    thread = threading.Thread(target=renew, name="pushing", daemon=True)
    thread.start()
    try:
        _await_sweep(store)
        yield
        if lapsed.is_set() or clock.steady() - last > PUSH.total_seconds():
            raise RegistryError(
                "stood still for so long that what it relies on may have been cleaned up",
                where=what,
                hint="run this again",
            )
    finally:
        end.set()
        thread.join()
        store.delete(key)


@contextmanager
def sweeping(store: Store, what: str) -> Iterator[Callable[[], bool]]:
    """Keep pushes waiting while the block runs; it asks before each removal whether it may.

    From the first time that it asks it may for `BATCH` seconds: to look at what there is
    takes what it takes. Raises `Busy` where somebody pushes or sweeps, or where it looked
    for so long that somebody may by now.
    """
    marked = clock.steady()
    began: float | None = None
    try:
        version = _mark(store, _notice(store, what, SWEEP))
    except Conflict:
        raise Busy("another clean-up is at work", where="registry") from None

    def go_on() -> bool:
        nonlocal version, began
        if began is None:
            try:
                version = store.replace(MARK, _notice(store, what, SWEEP).encode(), version)
            except Conflict:
                raise Busy("another clean-up is at work", where="registry") from None
            began = clock.steady()
            if began - marked > SWEEP.total_seconds() - _MARGIN:
                raise Busy("looked at the registry for too long", where="registry")
        return clock.steady() - began < BATCH

    try:
        if others := list(_pushes(store)):
            raise Busy(f"somebody pushes: {others[0]}", where="registry")
        yield go_on
    finally:
        # Where it stood still for too long the mark may be another's by now, or become so.
        with suppress(Conflict):
            store.replace(MARK, _notice(store, what, timedelta()).encode(), version)


def host_name() -> str:
    """How others shall know this machine."""
    return socket.gethostname()


def _mark(store: Store, notice: Notice) -> str:
    found = store.get(MARK)
    if found is None:
        return store.create(MARK, notice.encode())
    old = read(store, MARK, Notice)
    if old is not None and old.expires > clock.now(store):
        raise Conflict("exists already", where=MARK)
    return store.replace(MARK, notice.encode(), found.version)


def _pushes(store: Store) -> Iterator[str]:
    """What is being pushed; forgets pushes whose process has died."""
    for key in store.list(PUSHES):
        notice = read(store, key, Notice)
        if notice is None:
            continue
        if notice.expires > clock.now(store):
            yield notice.what
        else:
            store.delete(key)


def _await_sweep(store: Store) -> None:
    deadline = clock.steady() + _WAIT
    while (mark := read(store, MARK, Notice)) is not None and mark.expires > clock.now(store):
        if clock.steady() > deadline:
            raise WaitTimeout(f"waited {_WAIT:g} s for a clean-up of the registry", where=mark.what)
        time.sleep(_POLL)


def _write(store: Store, key: str, what: str, duration: timedelta) -> None:
    store.put(key, _notice(store, what, duration).encode())


def _notice(store: Store, what: str, lasts: timedelta) -> Notice:
    return Notice(what=what, expires=clock.now(store) + lasts)
