"""Values kept in the cache: fresh for a while, and stale when the source is away.

Each process keeps a few hundred of them at hand as well, for a second or two: a crowd on one
page then costs no trip to Redis, and pages live on for a while when Redis is away, too.
"""

import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar
from zlib import crc32

from django.conf import settings
from django.core.cache import cache

from ops.outage import AWAY

log = logging.getLogger(__name__)
Value = TypeVar("Value")
Stamped = tuple[float, Any]

KEEP = 24 * 3600
"""Seconds that a value is kept to stand in for a database that is away."""
PAUSE = 5.0
"""Seconds until the database is asked again after it failed; by other processes a little later."""
EARLY = 0.2
"""The part of its time by which a value is taken for old too soon, at most: another part in each
process, so that most of them find it made anew by the first."""
MARKED = 300
"""Seconds that a mark of forgetting is kept: longer than values are fresh, and than one is made."""


class AtHand:
    """The values a process used last, each with the monotonic time at which it was fetched."""

    SECONDS, MOST = 2.0, 512

    def __init__(self) -> None:
        self._values: OrderedDict[str, tuple[float, Stamped]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, *, young: bool) -> Stamped | None:
        """`young`: only if it was fetched a moment ago."""
        with self._lock:
            fetched, found = self._values.get(key, (0.0, None))
            if found is not None:
                self._values.move_to_end(key)
        recent = time.monotonic() - fetched < self.SECONDS
        return found if recent or not young else None

    def put(self, key: str, found: Stamped) -> None:
        with self._lock:
            self._values[key] = (time.monotonic(), found)
            self._values.move_to_end(key)
            while len(self._values) > self.MOST:
                self._values.popitem(last=False)

    def drop(self, key: str) -> None:
        with self._lock:
            self._values.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._values.clear()


at_hand = AtHand()


def fetch(key: str) -> Stamped | None:
    """When the value was made and the value, from the nearest place that has it."""
    found = at_hand.get(key, young=True)
    if found is None:
        there = cache.get_many([key, mark(key)])
        found = there.get(key)
        if found is None:
            found = at_hand.get(key, young=False)
            if found is not None and found[1] is not None:
                # For processes that have none at hand, should the database go away as well. Never
                # as fresh: it may have been forgotten since we asked.
                cache.add(key, (0.0, found[1]), KEEP)
            # It was taken away, rather than Redis: ours is of before that.
            return (0.0, found[1]) if found and mark(key) in there else found
        at_hand.put(key, found)
    return found


def mark(key: str) -> str:
    """Where it says that the value was forgotten: a number, another one each time.

    Numbers are only told apart, so clocks of hosts need not agree. Whoever has no key to write
    values with may write them.
    """
    return f"forgotten/{key}"


def keep(key: str, made: float, value: Any, seconds: float) -> None:
    at_hand.put(key, (made, value))
    cache.set(key, (made, value), seconds)


_making: dict[str, Future[Any]] = {}
"""What some thread of this process is making."""
_turns = threading.Lock()


def remembered(key: str, seconds: float, make: Callable[[], Value]) -> Value:
    """The value under `key`, made anew once older than `seconds`, or somewhat sooner.

    By one thread: others are given the old value meanwhile; where there is none, they wait for the
    new one. Where making it fails because of the database, the old value is served again. `None`,
    which is what anyone may ask for by inventing a name, is kept no longer than `seconds`.
    """
    found = fetch(key)
    if is_fresh(found, lasts(key, seconds)):
        return found[1]
    ours: Future[Any] = Future()
    with _turns:
        making = _making.setdefault(key, ours)
    if making is not ours:
        return making.result() if found is None else found[1]
    try:
        ours.set_result(renewed(key, seconds, make, found))
    except BaseException as error:  # noqa: BLE001  (whatever it is, who waits hears it)
        ours.set_exception(error)
    finally:
        with _turns:
            del _making[key]
    return ours.result()


def lasts(key: str, seconds: float) -> float:
    """How long such a value is fresh for this process."""
    place = crc32(f"{settings.HOST}/{os.getpid()}/{key}".encode()) / 2**32
    return seconds * (1 - EARLY * place)


def is_fresh(found: Stamped | None, seconds: float) -> bool:
    return found is not None and 0 <= time.time() - found[0] < seconds


def renewed(key: str, seconds: float, make: Callable[[], Value], found: Stamped | None) -> Value:
    """From where another process has put it by now, or made here."""
    there = cache.get_many([key, mark(key)])
    elsewhere = there.get(key)
    if is_fresh(elsewhere, lasts(key, seconds)):
        at_hand.put(key, elsewhere)
        return elsewhere[1]
    now = time.time()
    try:
        value = make()
    except AWAY as error:
        if found is None:
            raise
        log.warning("serving an old %s: %s", key, error)
        fresh = lasts(key, seconds)
        keep(key, now - fresh + min(PAUSE, fresh), found[1], KEEP)
        return found[1]
    lives = seconds if value is None else KEEP
    keep(key, now, value, lives)
    # Asked after it is kept: what is forgotten later than that takes its place itself.
    if cache.get(mark(key)) not in (None, there.get(mark(key))):
        keep(key, 0.0, value, lives)
    return value


def forget(key: str) -> None:
    """Have the value made anew, in other processes a moment later; the old one stands in.

    Also by who is making it just now: they may have read what was before.
    """
    cache.set(mark(key), time.time_ns(), MARKED)
    found = fetch(key)
    at_hand.drop(key)
    if found is not None:
        cache.set(key, (0.0, found[1]), KEEP)
    else:
        # It may be there all the same, for those who have the key to read it.
        cache.delete(key)
