"""Many objects at once: each is a request on S3, and one after the other takes long."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

AT_ONCE = 32

T = TypeVar("T")
R = TypeVar("R")
K = TypeVar("K", bound=Hashable)


def side_by_side(ask: Callable[[T], R], about: Sequence[T]) -> list[R]:
    """What `ask` gives for each, in their order; where one fails, its error."""
    if len(about) < 2:
        return [ask(one) for one in about]
    with ThreadPoolExecutor(min(AT_ONCE, len(about)), thread_name_prefix="store") as pool:
        return list(pool.map(ask, about))


class Remembered(Generic[K, R]):
    """Asks once for what never changes; for what was not there (None) again."""

    def __init__(self, ask: Callable[[K], R | None]) -> None:
        self._ask = ask
        self._known: dict[K, R] = {}

    def __call__(self, keys: Iterable[K]) -> dict[K, R]:
        """What there is of these, by key."""
        wanted = dict.fromkeys(keys)
        new = [key for key in wanted if key not in self._known]
        for key, found in zip(new, side_by_side(self._ask, new), strict=True):
            if found is not None:
                self._known[key] = found
        return {key: self._known[key] for key in wanted if key in self._known}
