"""Which environment a release operation is about, and with what it acts there."""

from __future__ import annotations

from dataclasses import dataclass

from airchain.release.keys import Keys
from airchain.store import Store


@dataclass(frozen=True)
class Scope:
    """One environment of one product in a store, and the product's keys."""

    store: Store
    product: str
    environment: str
    keys: Keys

    def __str__(self) -> str:
        return f"{self.product} {self.environment}"
