"""Clean the registry's storage now and then, beside all else that the keeper does."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

from airchain.errors import AirchainError
from airchain.fleet import settings as local_settings
from airchain.fleet.settings import Settings
from airchain.paths import Home
from airchain.registry import serve
from airchain.registry.storage import Storage
from airchain.release.clean import Cleaned, Cleaner
from airchain.release.keep import Retention
from airchain.spec.model import Storage as Place
from airchain.store import Store

# Whoever has just deployed has other things to do with this machine.
FIRST = 600.0
EVERY = 6 * 3600.0


def cleaner(
    home: Home,
    store: Store,
    place: Place,
    registry: str,
    retention: Retention | None = None,
) -> Cleaner:
    """What cleans the storage at `place`, that environments of this machine share."""
    storage = Storage.at(place, home.store)
    return Cleaner(store, storage, registry, local_settings.own_images(home), retention)


def sentence(done: Cleaned) -> str:
    """What was cleaned up, in words."""
    parts = [f"{done.manifests} manifests and {done.blobs} blobs, {done.bytes / 1e6:.1f} MB"]
    if done.given_up:
        parts.append(f"releases given up: {done.given_up}; what only they need goes next time")
    if not done.complete:
        parts.append("more is left: somebody pushes")
    if done.left:
        parts.append(f"left alone, since what they keep cannot be read: {', '.join(done.left)}")
    return "; ".join(parts)


class Tidy:
    """Starts a clean-up in a thread when it is time to; `say` hears of the result."""

    def __init__(self, home: Home, store: Store, say: Callable[[str], None]) -> None:
        self._home = home
        self._store = store
        self._say = say
        self._next = time.monotonic() + FIRST * random.uniform(1, 2)  # noqa: S311
        self._thread: threading.Thread | None = None

    def look(self, made: Settings) -> None:
        """Clean in the background if it is time to."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY * random.uniform(0.8, 1.2)  # noqa: S311
        self._thread = threading.Thread(
            target=self._clean, args=(made,), name="registry clean-up", daemon=True
        )
        self._thread.start()

    def _clean(self, made: Settings) -> None:
        try:
            if serve.running(self._home, serve.port_of(made.registry)) is None:
                return  # Nobody builds here now; the next look may find it running.
            done = cleaner(self._home, self._store, made.store, made.registry).clean()
        except AirchainError as error:
            self._say(f"the registry could not be cleaned up: {error}")
        except Exception as error:  # noqa: BLE001 - nobody else looks at what a thread raises
            self._say(f"the registry could not be cleaned up: {type(error).__name__}: {error}")
        else:
            if done.manifests or done.blobs or done.given_up:
                self._say(f"registry cleaned up: {sentence(done)}")
