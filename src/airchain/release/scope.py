"""Which environment a release operation is about, and with what it acts there."""

from __future__ import annotations

from dataclasses import dataclass

from airchain.store import Store


@dataclass(frozen=True)
class Scope:
    """One environment of one product in a store."""

    store: Store
    product: str
    environment: str

    def __str__(self) -> str:
        return f"{self.product} {self.environment}"
