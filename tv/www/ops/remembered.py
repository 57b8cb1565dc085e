"""Values kept in the cache: fresh for a while, and stale when the source is away."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from django.db import DatabaseError

log = logging.getLogger(__name__)
Value = TypeVar("Value")

KEEP = 24 * 3600
"""Seconds that a value is kept to stand in for a database that is away."""


def remembered(key: str, seconds: float, make: Callable[[], Value]) -> Value:
    """The value under `key`, made anew once older than `seconds`.

    Where making it fails because of the database, the old value is served again. `None`, which
    is what anyone may ask for by inventing a name, is kept no longer than `seconds`.
    """
    found: tuple[float, Value] | None = cache.get(key)
    now = time.time()
    if found is not None and 0 <= now - found[0] < seconds:
        return found[1]
    try:
        value = make()
    except DatabaseError as error:
        if found is None:
            raise
        log.warning("serving %s as of %d s ago: %s", key, now - found[0], error)
        return found[1]
    cache.set(key, (now, value), seconds if value is None else KEEP)
    return value


def forget(key: str) -> None:
    """Have the value made anew; the old one stays as a stand-in."""
    found = cache.get(key)
    if found is not None:
        cache.set(key, (0.0, found[1]), KEEP)
