"""What an object store must offer: whole objects, versions, conditional writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from airchain.errors import StoreError


@dataclass(frozen=True)
class Object:
    """An object's bytes and the version (ETag) that a conditional write refers to."""

    key: str
    data: bytes
    version: str


class Store(Protocol):
    """Keys are `/`-separated paths. Every method but `skew` may raise `StoreError`.

    `interval` is how often, in seconds, one may look whether something changed.
    """

    @property
    def interval(self) -> float:
        """Seconds between two looks: each is paid for, or costs next to nothing."""

    def get(self, key: str) -> Object | None:
        """The object, or None where there is none."""

    def put(self, key: str, data: bytes) -> str:
        """Write, whatever was there, and return the new version."""

    def create(self, key: str, data: bytes) -> str:
        """Write only where no object is; raise `Conflict` otherwise."""

    def replace(self, key: str, data: bytes, version: str) -> str:
        """Write only over `version`; raise `Conflict` otherwise."""

    def delete(self, key: str) -> None:
        """Remove the object; none being there is fine."""

    def list(self, prefix: str) -> Sequence[str]:
        """All keys below the folder `prefix`, sorted."""

    def skew(self) -> float | None:
        """Seconds that this machine's clock is ahead of the store's; None where unknown.

        It is measured now and then and remembered: cheap to ask, never an error.
        """


def parts_of(key: str) -> tuple[str, ...]:
    """The parts of a key; a `StoreError` for one that could lead out of the store."""
    parts = tuple(key.split("/"))
    if any(part in ("", ".", "..") for part in parts):
        raise StoreError("not a key", where=repr(key))
    return parts
