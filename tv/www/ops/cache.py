"""A Redis cache whose absence slows pages down and breaks none."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PAUSE = 2.0
"""Seconds without asking Redis again after it failed."""


class ForgivingRedisCache(RedisCache):
    """Answers as an empty cache while Redis is away."""

    away_until = 0.0
    """Monotonic time; of the process, as each thread has its own cache object."""

    def attempt(self, call: Callable[[], Any], otherwise: Any = None) -> Any:
        if time.monotonic() < ForgivingRedisCache.away_until:
            return otherwise
        try:
            return call()
        except RedisError as error:
            ForgivingRedisCache.away_until = time.monotonic() + PAUSE
            log.warning("cache is away: %s", error)
            return otherwise

    def get(self, key, default=None, version=None):
        return self.attempt(
            lambda: super(ForgivingRedisCache, self).get(key, default, version), default
        )

    def set(self, key, value, *args, **kwargs):
        return self.attempt(
            lambda: super(ForgivingRedisCache, self).set(key, value, *args, **kwargs)
        )

    def add(self, key, value, *args, **kwargs):
        return self.attempt(
            lambda: super(ForgivingRedisCache, self).add(key, value, *args, **kwargs), False
        )

    def delete(self, key, version=None):
        return self.attempt(lambda: super(ForgivingRedisCache, self).delete(key, version), False)

    def get_many(self, keys, version=None):
        return self.attempt(lambda: super(ForgivingRedisCache, self).get_many(keys, version), {})

    def incr(self, key, delta=1, version=None):
        return self.attempt(lambda: super(ForgivingRedisCache, self).incr(key, delta, version))

    def delete_many(self, keys, version=None):
        return self.attempt(lambda: super(ForgivingRedisCache, self).delete_many(keys, version))
