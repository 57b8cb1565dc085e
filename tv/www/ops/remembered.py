"""Values kept in the cache: fresh for a while, and stale when the source is away.

Each process keeps a few hundred of them at hand as well, for a second or two: a crowd on one
page then costs no trip to Redis, and pages live on for a while when Redis is away, too.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import cache
from django.db import DatabaseError

log = logging.getLogger(__name__)
Value = TypeVar("Value")
Stamped = tuple[float, Any]

KEEP = 24 * 3600
"""Seconds that a value is kept to stand in for a database that is away."""
PAUSE = 5.0
"""Seconds until the database is asked again after it failed."""


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
        found = cache.get(key)
        if found is None:
            return at_hand.get(key, young=False)
        at_hand.put(key, found)
    return found


def keep(key: str, made: float, value: Any, seconds: float) -> None:
    at_hand.put(key, (made, value))
    cache.set(key, (made, value), seconds)


def remembered(key: str, seconds: float, make: Callable[[], Value]) -> Value:
    """The value under `key`, made anew once older than `seconds`.

    Where making it fails because of the database, the old value is served again. `None`, which
    is what anyone may ask for by inventing a name, is kept no longer than `seconds`.
    """
    found, now = fetch(key), time.time()
    if found is not None and 0 <= now - found[0] < seconds:
        return found[1]
    try:
        value = make()
    except DatabaseError as error:
        if found is None:
            raise
        log.warning("serving an old %s: %s", key, error)
        keep(key, now - seconds + min(PAUSE, seconds), found[1], KEEP)
        return found[1]
    keep(key, now, value, seconds if value is None else KEEP)
    return value


def forget(key: str) -> None:
    """Have the value made anew, in other processes a moment later; the old one stands in."""
    found = fetch(key)
    at_hand.drop(key)
    if found is not None:
        cache.set(key, (0.0, found[1]), KEEP)
