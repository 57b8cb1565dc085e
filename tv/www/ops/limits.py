"""How often someone may ask: counted in the cache, and not at all while it is away.

A window slides over two counters, this period's and the last one's, so that nobody gets twice the
limit around a period's end, and one request costs two small trips to Redis.
"""

import time
from dataclasses import dataclass
from math import ceil

from django.core.cache import cache

ROUNDING = 1e-6


def seconds_to_wait(most: int, period: float, last: int, this: int, elapsed: float) -> float:
    """0 if one more fits, `elapsed` seconds into a period with `this` many after `last` many."""
    if last * (1 - elapsed / period) + this + 1 <= most + ROUNDING:
        return 0
    if this < most:
        # What was counted in the last period has to fade.
        return period * (1 - (most - this - 1) / last) - elapsed
    # This period is full: it has to end, and then fade itself.
    return period - elapsed + period * (1 - (most - 1) / this)


@dataclass(frozen=True)
class Limit:
    """At most so many in so many seconds, for each of those who ask."""

    name: str
    most: int
    seconds: int

    def wait(self, who: str, now: float | None = None) -> int:
        """Whole seconds until `who` may ask again; 0 counts the request and lets it through."""
        number, elapsed = divmod(time.time() if now is None else now, self.seconds)
        this, last = (f"limit/{self.name}/{who}/{int(n)}" for n in (number, number - 1))
        counts = cache.get_many([this, last])
        wait = seconds_to_wait(
            self.most, self.seconds, counts.get(last, 0), counts.get(this, 0), elapsed
        )
        if not wait:
            self.count(this)
        return ceil(wait - ROUNDING)

    def count(self, key: str) -> None:
        if not cache.add(key, 1, 2 * self.seconds):
            try:
                cache.incr(key)
            except ValueError:  # evicted in between: it counts from one again
                cache.add(key, 1, 2 * self.seconds)
