"""Waiting in tests: bounded, and saying what did not happen."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(
    true: Callable[[], bool], what: str, seconds: float = 60, pause: float = 0.2
) -> None:
    """Wait for `true`, or fail saying what did not happen."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(pause)
