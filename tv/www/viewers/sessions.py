"""Sessions in Redis: each of one brand, and none lost because Redis was away for a while."""

from typing import Any

from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.backends.cache import SessionStore as CacheStore

from ops.cache import CacheAway

LENGTH = 32
"""Characters of a session's key, as Django makes them."""
BRAND = "brand"
"""In a session, the slug of the brand that made it."""


class SessionStore(CacheStore):
    """Of a brand, when a request is the one who asks: another brand's sessions do not exist then.

    Brands share a store and, where their domains are siblings, a browser may be made to send the
    cookie of one to the other. That must not sign anyone in.

    While Redis is away a session reads as empty but keeps its key, so that nobody takes the
    viewer's cookie away; to write to it raises `CacheAway`.
    """

    def __init__(self, session_key: str | None = None, brand: str | None = None) -> None:
        super().__init__(session_key)
        self.brand = brand
        self.unread = False

    def _validate_session_key(self, key: str | None) -> bool:
        """Of another length it is none of ours, and not worth asking for."""
        return bool(key) and len(key) == LENGTH

    def load(self) -> dict[str, Any]:
        try:
            data = self._cache.get(self.cache_key)
        except CacheAway:
            self.unread = True
            return {}
        if data is None or (self.brand and data.get(BRAND, self.brand) != self.brand):
            self._session_key = None
            return {}
        return data

    def create(self) -> None:
        """At once: keys are random enough that one that exists means a broken store."""
        self._session_key = self._get_new_session_key()
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self.create()
            return
        if self.unread:
            raise CacheAway("what the session holds could not be read, and must not be replaced")
        if not must_create and self._cache.get(self.cache_key) is None:
            raise UpdateError
        data = self._get_session(no_load=must_create)
        if self.brand:
            data[BRAND] = self.brand
        store = self._cache.add if must_create else self._cache.set
        if store(self.cache_key, data, self.get_expiry_age()) is False:
            raise CreateError
