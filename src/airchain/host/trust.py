"""What this host believes: what the provider gave it, and what it has accepted since."""

from __future__ import annotations

import structlog
from pydantic import ValidationError

from airchain.errors import StoreError
from airchain.files import write_whole
from airchain.host.identity import Identity, Places
from airchain.store import Store
from airchain.trust import Follower, Memory, order

log = structlog.get_logger()


def follower(places: Places, identity: Identity, store: Store) -> Follower:
    """What follows this host's pointer; its memory survives a reboot."""

    def save(memory: Memory) -> None:
        try:
            write_whole(places.trust, memory.encode(), mode=0o600)
        except OSError as error:
            raise StoreError(
                f"this host cannot note what it accepts: {error.strerror}",
                where=str(places.trust),
                hint="free space on the host; what serves goes on",
            ) from error

    memory = latest(Memory(trust=identity.trust, pointer=identity.pointer), load(places))
    return Follower(store, identity.product, identity.environment, memory, save)


def load(places: Places) -> Memory:
    """What was accepted before; nothing on a new host or after damage."""
    try:
        return Memory.model_validate_json(places.trust.read_bytes())
    except FileNotFoundError:
        return Memory()
    except (OSError, ValidationError) as error:
        log.warning("memory of keys and pointer is lost", error=str(error))
        return Memory()


def latest(given: Memory, seen: Memory) -> Memory:
    """Of both memories what is newer: hosts never go back."""
    trust = max(given.trust, seen.trust, key=lambda t: t.number)
    pointers = [p for p in (given.pointer, seen.pointer) if p is not None]
    return Memory(trust=trust, pointer=max(pointers, key=order, default=None))
