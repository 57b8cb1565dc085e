"""Many objects at once."""

from __future__ import annotations

import threading

import pytest

from airchain.store.many import AT_ONCE, Remembered, side_by_side


def test_many_are_asked_for_at_once_and_come_in_order() -> None:
    """All of these are under way together, or the barrier would break."""
    together = threading.Barrier(AT_ONCE, timeout=10)

    def ask(number: int) -> int:
        together.wait()
        return number * number

    assert side_by_side(ask, range(AT_ONCE)) == [n * n for n in range(AT_ONCE)]
    assert side_by_side(ask, []) == []


def test_one_that_fails_fails_all() -> None:
    """With its own error."""

    def ask(number: int) -> int:
        if number == 3:
            raise ValueError("the third")
        return number

    with pytest.raises(ValueError, match="the third"):
        side_by_side(ask, range(9))


def test_what_is_known_is_not_asked_for_again() -> None:
    """What was not there may come, so that is."""
    asked: list[str] = []

    def ask(key: str) -> str | None:
        asked.append(key)
        return key.upper() if key != "b" else None

    remembered = Remembered(ask)
    assert remembered(["a", "b", "a"]) == {"a": "A"}
    assert remembered(["a", "b", "c"]) == {"a": "A", "c": "C"}
    assert sorted(asked) == ["a", "b", "b", "c"]
