"""Open the store that a specification names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from airchain.errors import StoreError
from airchain.spec.model import Storage
from airchain.store.base import Store
from airchain.store.directory import DirectoryStore

if TYPE_CHECKING:
    from obstore.store import S3Credential

# Keys in a file are read again after this, so that new ones are taken without a restart.
READ_AGAIN = timedelta(minutes=1)


class Keys(BaseModel):
    """Credentials of S3 as they are handed to a host: in memory, never in a log."""

    model_config = ConfigDict(frozen=True)

    access_key_id: str
    secret_access_key: str
    token: str | None = None

    def __repr__(self) -> str:
        return f"Keys({self.access_key_id})"

    __str__ = __repr__


def open_store(
    place: Storage, directory: Path, *, writable: str = "", keys: Path | None = None
) -> Store:
    """The store at `place`, which is the folder `directory` where it names no bucket.

    `writable` is the key below which this process may write where it may not write
    all; `keys` a file that holds `Keys`, where they do not come from the machine.
    """
    if place.s3 is None:
        return DirectoryStore(directory, writable)
    from airchain.store.s3 import S3Store

    return S3Store(place.s3, None if keys is None else provider(keys))


def provider(path: Path) -> Callable[[], S3Credential]:
    """What the library asks for keys."""

    def read() -> S3Credential:
        keys = read_keys(path)
        return {**keys.model_dump(), "expires_at": datetime.now(UTC) + READ_AGAIN}  # type: ignore[typeddict-item]

    return read


def read_keys(path: Path) -> Keys:
    """The keys in a file; a `StoreError` where there are none."""
    try:
        return Keys.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise StoreError("there are no keys for S3", where=str(path)) from None
    except (OSError, ValidationError):
        # What pydantic says would show what is in the file.
        raise StoreError("the keys for S3 cannot be read", where=str(path)) from None
