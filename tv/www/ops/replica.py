"""Reading from a replica of the database, where there is one (`MYSQL_REPLICA`).

Only what says so is read there: what fills caches with the catalogue, which may be a moment old.
All else, and whatever is read within a transaction, is the primary's: rights at playback, viewers,
the editors' pages. For a while after an edit the primary is read here as well, so that no cache is
filled with what was before it.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connections

from ops.outage import AWAY

log = logging.getLogger(__name__)
P = ParamSpec("P")
Value = TypeVar("Value")

REPLICA = "replica"
LAG = 60
"""Seconds after an edit in which a replica may not have it yet."""
EDITED = "edited"

_reading: ContextVar[bool] = ContextVar("reading", default=False)


def reads(function: Callable[P, Value]) -> Callable[P, Value]:
    """For a function that only reads; done again on the primary where the replica is away."""

    @wraps(function)
    def read(*args: P.args, **kwargs: P.kwargs) -> Value:
        if REPLICA not in connections or cache.get(EDITED):
            return function(*args, **kwargs)
        token = _reading.set(True)
        try:
            return function(*args, **kwargs)
        except AWAY as error:
            log.warning("the replica is away: %s", error)
        finally:
            _reading.reset(token)
        return function(*args, **kwargs)

    return read


def edited() -> None:
    """The catalogue is another one than a moment ago."""
    if REPLICA in connections:
        # A number, which also a service without SECRET_KEY may write.
        cache.set(EDITED, 1, LAG)


class Router:
    """It always answers: else Django would go where an instance was read, also to write."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        within = connections[DEFAULT_DB_ALIAS].in_atomic_block
        return REPLICA if _reading.get() and not within else DEFAULT_DB_ALIAS

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        """What was read in either place is the same."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == REPLICA else None
