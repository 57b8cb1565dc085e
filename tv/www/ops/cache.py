"""Redis, as a cache whose absence breaks no page, and as a store whose absence is said."""

import hashlib
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.core.cache.backends.redis import RedisCache, RedisSerializer
from django.core.signing import BadSignature
from redis.exceptions import RedisError

from tv import env

log = logging.getLogger(__name__)

PAUSE = 2.0
"""Seconds without asking Redis again after it failed."""


class Signed(RedisSerializer):
    """Values as Python's own pickles, which hold whatever pages are made of; but to read a pickle
    may run any code, and other containers reach Redis too. So each is signed, and one that is not
    is none. Whole numbers are as they are, for Redis counts.

    To a service without SECRET_KEY the cache reads as empty; it may count there, and delete."""

    LENGTH = 32

    def __init__(self) -> None:
        super().__init__()
        self.knows = "SECRET_KEY" not in env.without()

    @cached_property
    def key(self) -> bytes:
        return hashlib.sha256(f"cache/{settings.SECRET_KEY}".encode()).digest()

    def signature(self, pickled: bytes) -> bytes:
        return hashlib.blake2b(pickled, key=self.key, digest_size=self.LENGTH).digest()

    def dumps(self, obj: Any) -> Any:
        found = super().dumps(obj)
        return found if isinstance(found, int) else self.signature(found) + found

    def loads(self, data: bytes) -> Any:
        with suppress(ValueError):
            return int(data)
        if not self.knows:
            return None
        signature, pickled = data[: self.LENGTH], data[self.LENGTH :]
        if not compare_digest(signature, self.signature(pickled)):
            raise BadSignature("a value in Redis is not from us")
        return super().loads(pickled)


class CacheAway(Exception):
    """Redis does not answer, or did not a moment ago."""


class StrictRedisCache(RedisCache):
    """Raises `CacheAway` while Redis is away; at once, once that is known."""

    away_until = 0.0
    """Monotonic time; of the class, as each thread has its own cache object."""

    def attempt(self, call: Callable[[], Any], otherwise: Any = None) -> Any:
        if time.monotonic() < self.away_until:
            raise CacheAway("it was away a moment ago")
        try:
            return call()
        except BadSignature as error:
            log.error("%s", error)
            return otherwise
        except RedisError as error:
            type(self).away_until = time.monotonic() + PAUSE
            log.warning("cache is away: %s", error)
            raise CacheAway(str(error)) from error

    def get(self, key, default=None, version=None):
        return self.attempt(
            lambda: super(StrictRedisCache, self).get(key, default, version), default
        )

    def set(self, key, value, *args, **kwargs):
        return self.attempt(lambda: super(StrictRedisCache, self).set(key, value, *args, **kwargs))

    def add(self, key, value, *args, **kwargs):
        return self.attempt(
            lambda: super(StrictRedisCache, self).add(key, value, *args, **kwargs), False
        )

    def delete(self, key, version=None):
        return self.attempt(lambda: super(StrictRedisCache, self).delete(key, version), False)

    def has_key(self, key, version=None):
        return self.attempt(lambda: super(StrictRedisCache, self).has_key(key, version), False)

    def get_many(self, keys, version=None):
        return self.attempt(lambda: super(StrictRedisCache, self).get_many(keys, version), {})

    def incr(self, key, delta=1, version=None):
        return self.attempt(lambda: super(StrictRedisCache, self).incr(key, delta, version))

    def delete_many(self, keys, version=None):
        return self.attempt(lambda: super(StrictRedisCache, self).delete_many(keys, version))


class ForgivingRedisCache(StrictRedisCache):
    """Answers as an empty cache while Redis is away."""

    def attempt(self, call: Callable[[], Any], otherwise: Any = None) -> Any:
        try:
            return super().attempt(call, otherwise)
        except CacheAway:
            return otherwise
