"""What an object store must offer: whole objects, versions, conditional writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Object:
    """An object's bytes and the version (ETag) that a conditional write refers to."""

    key: str
    data: bytes
    version: str


class Store(Protocol):
    """Keys are `/`-separated paths. Every method may raise `StoreError`."""

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
