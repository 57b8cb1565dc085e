"""`python -m airchain.host.registry`: what must be true before this host's registry starts.

Its keys have been delivered, where it needs some, and the clock is right: the
registry signs its requests to S3 with the time, and shows a refusal as an
error of its own. systemd starts this again where it gives up.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from airchain.errors import AirchainError, WaitTimeout
from airchain.files import write_whole
from airchain.host.identity import Identity, Places, read_identity
from airchain.registry import configuration
from airchain.store import Store, clock
from airchain.store.place import Keys, open_store, read_keys
from airchain.store.records import host_key

WITHIN = 60.0
_POLL = 0.1


def host_store(places: Places, identity: Identity) -> Store:
    """The store as this host uses it, once its keys are there."""
    keys = await_keys(places) if identity.keys_delivered else None
    own = host_key(identity.product, identity.environment, identity.host)
    return open_store(identity.store, places.store, writable=own, keys=keys)


def await_keys(places: Places) -> Path:
    """Wait for the delivery of the keys to the store; where they are."""
    hint = "the keeper delivers them: `airchain status` says whether it runs"
    _wait("the keys to the store", places.store_keys.exists, hint)
    return places.store_keys


def await_clock(store: Store) -> None:
    """Wait until the clock is right by the store's; one that cannot be asked is no reason."""
    skew = store.skew()
    if skew is not None and clock.wrong(skew):
        print(f"waiting for the clock: it is {clock.said(skew)}", flush=True)  # noqa: T201
        _wait("the clock to be set", lambda: not clock.wrong(store.skew()), clock.HINT)


def main() -> int:
    """Wait, bounded; then write the registry's configuration and its keys into memory."""
    places = Places()
    try:
        identity = read_identity(places)
        store = host_store(places, identity)
        await_clock(store)
        port = int(identity.registry.rpartition(":")[2])
        written = configuration.text(
            identity.store, places.store / configuration.FOLDER, port, read_only=True
        )
        write_whole(places.registry_configuration, written.encode())
        keys = environment(read_keys(places.store_keys)) if identity.keys_delivered else ""
        write_whole(places.registry_environment, keys.encode(), mode=0o600)
    except AirchainError as error:
        print(f"{error}. {error.hint or ''}", file=sys.stderr)  # noqa: T201 - the journal
        return 1
    return 0


def environment(keys: Keys) -> str:
    """Keys as systemd reads them for the registry's process; only root may read the file."""
    found = {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_SESSION_TOKEN": keys.token,
    }
    return "".join(f"{name}={json.dumps(value)}\n" for name, value in found.items() if value)


def _wait(what: str, there: Callable[[], bool], hint: str) -> None:
    deadline = time.monotonic() + WITHIN
    while not there():
        if time.monotonic() > deadline:
            raise WaitTimeout(f"waited {WITHIN:g} s for {what}", hint=hint)
        time.sleep(_POLL)


if __name__ == "__main__":
    sys.exit(main())
