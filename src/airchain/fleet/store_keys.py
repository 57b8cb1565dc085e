"""Keys with which local hosts reach a store on S3.

On AWS a host has a role, and no key is handed to it. A local host gets, into
memory like its secrets, the pair that `airchain secrets set` keeps for the environment,
which should have the rights of `airchain store policy ENV --for host` and no others;
without one, the keys of whoever runs `airchain up`.
"""

from __future__ import annotations

import os

from airchain.errors import FleetError
from airchain.fleet import secrets
from airchain.fleet.settings import Settings
from airchain.host.identity import STORE_KEYS
from airchain.paths import Home
from airchain.store.place import Keys

ACCESS_KEY_ID = "AIRCHAIN_HOST_ACCESS_KEY_ID"
SECRET_ACCESS_KEY = "AIRCHAIN_HOST_SECRET_ACCESS_KEY"  # noqa: S105 - a name
_OWN = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def for_hosts(home: Home, settings: Settings) -> dict[str, bytes]:
    """What hosts are sent beside their secrets: one file, or nothing where no key is needed."""
    if settings.store.s3 is None:
        return {}
    keys = _set(home, settings) or _own()
    if keys is None:
        raise FleetError(
            "hosts have no keys to the store",
            where=f"{settings.product} {settings.environment}",
            hint=f"`airchain secrets set {settings.environment} NAME` for {ACCESS_KEY_ID} and "
            f"{SECRET_ACCESS_KEY}, or set {' and '.join(_OWN)}",
        )
    return {STORE_KEYS: keys.model_dump_json(exclude_none=True).encode()}


def _set(home: Home, settings: Settings) -> Keys | None:
    have = secrets.listed(home, settings.product, settings.environment)
    names = (ACCESS_KEY_ID, SECRET_ACCESS_KEY)
    if not any(name in have for name in names):
        return None
    values = secrets.values(home, settings.product, settings.environment, names)
    access, secret = (values[name].decode() for name in names)
    return Keys(access_key_id=access, secret_access_key=secret)


def _own() -> Keys | None:
    access, secret = (os.environ.get(name) for name in _OWN)
    if not access or not secret:
        return None
    token = os.environ.get("AWS_SESSION_TOKEN") or None
    return Keys(access_key_id=access, secret_access_key=secret, token=token)
