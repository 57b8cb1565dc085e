"""Pages of a list in a total order.

A cursor is the place of the last item that was sent: what is added or goes in between neither
repeats nor skips anything. It is opaque to clients and holds nothing worth signing: it is
validated, and one that was made up leads to some other place of the same list.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from api.problems import Problem

Item = TypeVar("Item")
Place = tuple[Any, ...]
"""The key by which a list is ordered; no two items have the same."""

LONGEST = 300


class WrongCursor(ValueError):
    """It was not made here, or for a list with another order."""


def encode(place: Place) -> str:
    text = json.dumps(place, separators=(",", ":"), ensure_ascii=False)
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, kinds: tuple[type, ...]) -> Place:
    """`kinds` are the types of the places' parts."""
    try:
        if len(cursor) > LONGEST:
            raise WrongCursor(cursor)
        place = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise WrongCursor(cursor) from error
    if not isinstance(place, list) or [type(part) for part in place] != list(kinds):
        raise WrongCursor(cursor)
    return tuple(place)


def after(cursor: str | None, kinds: tuple[type, ...]) -> Place | None:
    """Where a page begins; there is no page where the client's cursor is none of this list."""
    try:
        return None if cursor is None else decode(cursor, kinds)
    except WrongCursor:
        raise Problem(404, "cursor: there is no such page; take it from `next` of one") from None


@dataclass(frozen=True)
class Page(Generic[Item]):
    items: Sequence[Item]
    next: str | None
    """The cursor of the page after this one."""


def page(
    items: Sequence[Item], key: Callable[[Item], Place], after: Place | None, limit: int
) -> Page[Item]:
    """Of `items`, which are in the order of `key`, the `limit` that follow `after`."""
    first = 0 if after is None else bisect_right(items, after, key=key)
    found = items[first : first + limit]
    more = first + limit < len(items)
    return Page(found, encode(key(found[-1])) if more else None)
