"""When what failed is tried again, and when it counts as failed. Pure.

A release that does not become healthy has failed: it is tried again for another
deployment. What the host lacks meanwhile (disk, engine, registry, store) is no
fault of the release: that is tried again by itself, ever less often, and only
once it has lasted does the host say that it failed. A store that holds other bytes
than were pushed does not mend itself: that is said at once. The host goes on
trying then, too.
"""

from __future__ import annotations

from dataclasses import dataclass

from airchain.errors import (
    AirchainError,
    EngineError,
    PreflightError,
    RegistryError,
    StoreDamaged,
    StoreError,
)

_SURROUNDINGS = (PreflightError, EngineError, RegistryError, StoreError)
# For this long a cause outside of the release is waited out before it is a verdict.
PATIENCE = 20.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0


@dataclass(frozen=True)
class Trouble:
    """Why a release is not here. Times are seconds of the monotonic clock.

    `passing` tells a cause that may go away, `certain` one that waiting does not
    help; `pause` is the time between the last try, at `at`, and the next.
    """

    release: str
    serial: int
    passing: bool
    certain: bool
    since: float
    at: float
    pause: float = _FIRST_PAUSE

    def of(self, release: str, serial: int) -> bool:
        """Whether it concerns this release in this deployment."""
        return (self.release, self.serial) == (release, serial)

    @property
    def failed(self) -> bool:
        """Whether the host shall say so: at once, or once it has lasted."""
        return self.certain or self.at - self.since >= PATIENCE

    def over(self, now: float) -> bool:
        """Whether it is time for another try by itself."""
        return self.passing and now >= self.at + self.pause


def after(
    old: Trouble | None, release: str, serial: int, error: AirchainError, now: float
) -> Trouble:
    """The trouble after a try that ended with `error`; `old` is what was before it."""
    passing = isinstance(error, _SURROUNDINGS)
    certain = not passing or isinstance(error, StoreDamaged)
    if old is None or not old.of(release, serial) or not (old.passing and passing):
        return Trouble(release, serial, passing, certain, since=now, at=now)
    pause = min(old.pause * 2, _LONGEST_PAUSE)
    return Trouble(release, serial, passing, certain, since=old.since, at=now, pause=pause)
