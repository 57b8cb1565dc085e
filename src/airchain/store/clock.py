"""The store's time: what hosts, drivers and the keeper write and compare.

A host whose own clock is wrong still reports, renews its leases and is
judged rightly, because every moment that another machine compares is the
store's. What cannot be helped by that (S3 refuses requests whose time is more than
15 minutes off, certificates seem not yet valid) is named long before.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airchain.errors import PreflightError

if TYPE_CHECKING:
    from airchain.store.base import Store

# Seconds. What is less is time that a request takes, and what `Date` rounds off.
WARN_AFTER = 30.0
REFUSE_AFTER = 120.0
HINT = "set the clock; `timedatectl timesync-status` says which time server the machine asks"


def now(store: Store) -> datetime:
    """The store's time (UTC); this machine's where the store cannot be asked."""
    return datetime.now(UTC) - timedelta(seconds=store.skew() or 0.0)


def steady() -> float:
    """Seconds of a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def here(store: Store, moment: datetime) -> datetime:
    """When a moment of the store's time was, or will be, by this machine's clock."""
    return moment + timedelta(seconds=store.skew() or 0.0)


def offset(mtime: float, began: float, ended: float, tick: float = 0.0) -> float:
    """Skew in seconds, from the store's time of something done between two of ours.

    It is 0 where the store's time lies between them, give or take `tick`.
    """
    if began - tick <= mtime <= ended + tick:
        return 0.0
    return (began + ended) / 2 - mtime


def matters(skew: float | None) -> bool:
    """Whether somebody should be told."""
    return skew is not None and abs(skew) > WARN_AFTER


def wrong(skew: float | None) -> bool:
    """Whether the clock is so wrong that nothing new is begun with it."""
    return skew is not None and abs(skew) > REFUSE_AFTER


def said(skew: float) -> str:
    """`1200 s behind the store's`."""
    return f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the store's"


def require(store: Store) -> None:
    """Raise `PreflightError` where this machine's clock is too wrong for anything new."""
    skew = store.skew()
    if skew is not None and wrong(skew):
        raise PreflightError(
            f"the clock is {said(skew)}, at most {REFUSE_AFTER:.0f} s are allowed",
            hint=HINT,
        )
