"""What `/healthz` answers.

The process is healthy when it can answer at all. A database that is away is told in the body
and not in the status: every host would fail its check at the same moment, the edge would have
nowhere to send viewers, and pages that could still be served from the cache would be lost.
"""

import threading
import time

from django.db import connection

KEEP = 1.0
"""Seconds that a finding about the database is reused."""

_lock = threading.Lock()
_found: tuple[float, str] = (float("-inf"), "unknown")


def database() -> str:
    """`ok`, or the kind of error; asked at most once a second, by one thread at a time."""
    global _found
    if time.monotonic() - _found[0] < KEEP or not _lock.acquire(blocking=False):
        return _found[1]
    try:
        _found = (time.monotonic(), ask())
        return _found[1]
    finally:
        _lock.release()


def ask() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except Exception as error:  # noqa: BLE001  (whatever it is, it is the finding)
        connection.close()
        return type(error).__name__
    return "ok"


def report() -> dict[str, str]:
    found = database()
    return {"status": "ok" if found == "ok" else "degraded", "database": found}
