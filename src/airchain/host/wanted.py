"""Whether what a host is about is still asked for."""

from __future__ import annotations

from collections.abc import Callable

from airchain.errors import AirchainError


class Superseded(AirchainError):
    """The pointer asks for another release meanwhile."""


def require_wanted(still_wanted: Callable[[], bool], where: str) -> None:
    """Raise `Superseded` where what is done at `where` is not asked for any more."""
    if not still_wanted():
        raise Superseded("the pointer moved on", where=where)
