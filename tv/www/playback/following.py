"""What to play after an episode. Pure.

Seasons follow each other in the order of their numbers, and so do episodes; numbers that are
missing (a season never licensed, an episode lost) are passed over, for nothing was ever there.
Specials are season 0: they stand beside the story, so only a special follows a special, and none
follows an episode. A film is one episode, which nothing follows.

An episode that exists and may not be watched here is *not* passed over: whoever is shown the one
after it has missed a part of the story without knowing. The viewer is told what comes next, and
what keeps it from them: for premium, not yet here, or no longer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from catalogue.models import Season

Refusal = TypeVar("Refusal")

SPECIALS = Season.SPECIALS


@dataclass(frozen=True)
class Part(Generic[Refusal]):
    """An episode's place in its series, and what keeps this viewer from it, if anything does."""

    key: int
    season: int
    number: int
    refusal: Refusal | None = None


class End(StrEnum):
    """Why nothing comes next."""

    FILM = "film"
    SERIES = "series"
    """The last episode of the last season."""
    SPECIALS = "specials"
    """The last of the specials."""
    UNKNOWN = "unknown"
    """The series has no such episode, or no more."""


@dataclass(frozen=True)
class Play:
    """This one comes next, and may be watched."""

    key: int


@dataclass(frozen=True)
class Stop(Generic[Refusal]):
    """This one comes next, and may not be watched here now."""

    key: int
    refusal: Refusal


@dataclass(frozen=True)
class Over:
    """Nothing comes next."""

    why: End


def following(
    after: int, parts: Iterable[Part[Refusal]], *, film: bool = False
) -> Play | Stop[Refusal] | Over:
    """What comes after the episode `after` of the series that has these parts."""
    if film:
        return Over(End.FILM)
    ordered = sorted(parts, key=lambda part: (part.season, part.number))
    here = next((part for part in ordered if part.key == after), None)
    if here is None:
        return Over(End.UNKNOWN)
    specials = here.season == SPECIALS
    rest = ordered[ordered.index(here) + 1 :]
    found = next((part for part in rest if (part.season == SPECIALS) == specials), None)
    if found is None:
        return Over(End.SPECIALS if specials else End.SERIES)
    return Play(found.key) if found.refusal is None else Stop(found.key, found.refusal)
