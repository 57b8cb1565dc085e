"""Keys for tests: a home inside the store's own folder, with a key made at first need."""

from __future__ import annotations

from airchain.paths import Home
from airchain.release.keys import Keys
from airchain.release.scope import Scope
from airchain.store import DirectoryStore


def keys_in(store: DirectoryStore, product: str = "p", home: str = "home") -> Keys:
    """The keys of `product` on a machine whose Airchain home is the folder `home` there."""
    keys = Keys(Home(store.root / home), store, product)
    keys.ensure()
    return keys


def scope_in(store: DirectoryStore, *releases: str) -> Scope:
    """Environment `prod` of product `p`; `releases` are signed."""
    keys = keys_in(store)
    for release in releases:
        keys.sign_release(release)
    return Scope(store, "p", "prod", keys)
