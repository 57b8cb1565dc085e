"""What a deployment has come to, for those who want to hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Stage:
    """What a deployment has come to, for those who want to hear of it."""

    kind: Literal["start", "prepared", "canary", "wave", "done", "reverted"]
    release: str
    previous: str | None = None
    hosts: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class Phase:
    """One part of a deployment that is over: what it was about and how long it took.

    `watched` are those of the `seconds` during which its hosts served and were
    watched; `seen` is what the edge saw of all new hosts meanwhile, in words.
    """

    name: str
    hosts: tuple[str, ...]
    seconds: float
    watched: float = 0.0
    seen: str = ""


def names(hosts: tuple[str, ...]) -> str:
    """The first few of many hosts."""
    shown = ", ".join(hosts[:4])
    return f"{shown} and {len(hosts) - 4} more" if len(hosts) > 4 else shown or "hosts"
