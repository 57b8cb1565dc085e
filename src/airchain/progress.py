"""How long work says what it does.

Logic never prints. It opens a step on the `Progress` that it was given and
adds notes to it; the command line decides how that looks (terminal, plain
lines, JSON). `Timings` collects what took how long, for "where the time went".
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Step(Protocol):
    """One piece of work that is under way."""

    def note(self, text: str) -> None:
        """Say one line about how the step goes."""


class Progress(Protocol):
    """Receives steps. Implementations must be safe to use from threads."""

    def step(self, title: str) -> AbstractContextManager[Step]:
        """Open a step; leaving the block ends it, an exception fails it."""


class _SilentStep:
    def note(self, text: str) -> None:
        """Say nothing."""


class Silent:
    """Progress for callers that do not want any (tests, the keeper).

    Durations of finished steps, in seconds, are kept in `timings`.
    """

    def __init__(self) -> None:
        self.timings: dict[str, float] = {}

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Time the step and say nothing."""
        started = time.monotonic()
        try:
            yield _SilentStep()
        finally:
            self.timings[title] = time.monotonic() - started
