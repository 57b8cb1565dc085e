"""Continue watching: where a viewer left off, on whichever device, and what comes next."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from catalogue.models import Episode, Kind
from catalogue.rows import Card
from playback import progress
from playback.following import SPECIALS, Part, Play, following
from playback.progress import Position
from rights.access import account_of, playable_among
from rights.entitlement import Allowed, Denied
from viewers.shelf import shelf_of

STARTED = 30.0
"""Seconds after which someone is watching and not only looking."""
FINISHED = 0.95
"""The part of an episode after which come the credits."""
MOST = 18


@dataclass(frozen=True)
class Line:
    """An episode as far as this is concerned."""

    key: int
    series: int
    season: int
    number: int
    title: str
    duration: int


@dataclass(frozen=True)
class Resume:
    """The episode with which a title goes on, and from which second."""

    card: Card
    episode: int
    season: int
    number: int
    title: str
    duration: float
    position: float

    @property
    def percent(self) -> int:
        return round(100 * self.position / self.duration) if self.duration else 0

    @property
    def special(self) -> bool:
        return self.season == SPECIALS


def started(seen: Position) -> bool:
    return seen.position >= min(STARTED, seen.duration * 0.05)


def finished(seen: Position) -> bool:
    return seen.position >= seen.duration * FINISHED


def continuing(
    positions: Iterable[Position],
    episodes: Mapping[int, Line],
    cards: Mapping[int, Card],
    verdicts: Mapping[int, Allowed | Denied],
) -> list[Resume]:
    """One for each title, that watched last first. Pure.

    A title goes on where its last episode was left; if that one was finished, with the one that
    follows, from where that was left in its turn. It is left out where nothing follows, where
    that may not be watched here now, and where nothing was started.
    """
    parts = defaultdict(list)
    for line in episodes.values():
        parts[line.series].append(Part(line.key, line.season, line.number, refusal(line, verdicts)))
    seen = {each.episode: each for each in positions if each.episode in episodes}
    found: dict[int, Resume | None] = {}
    for each in sorted(seen.values(), key=lambda each: each.at, reverse=True):
        series = episodes[each.episode].series
        if series in cards and series not in found and started(each):
            found[series] = resume(each, seen, episodes, cards[series], parts[series])
    return [each for each in found.values() if each][:MOST]


def refusal(line: Line, verdicts: Mapping[int, Allowed | Denied]) -> str | None:
    """An episode that is gone since is refused as well."""
    verdict = verdicts.get(line.key)
    return None if isinstance(verdict, Allowed) else "gone" if verdict is None else verdict.reason


def resume(
    last: Position,
    seen: Mapping[int, Position],
    episodes: Mapping[int, Line],
    card: Card,
    parts: Sequence[Part[str]],
) -> Resume | None:
    if not finished(last):
        refused = {part.key for part in parts if part.refusal}
        return None if last.episode in refused else at(card, episodes[last.episode], last)
    step = following(last.episode, parts, film=card.kind == Kind.FILM)
    if not isinstance(step, Play):
        return None
    before = seen.get(step.key)
    # One that was finished before is watched again, from its beginning.
    return at(card, episodes[step.key], None if before is None or finished(before) else before)


def at(card: Card, line: Line, seen: Position | None) -> Resume:
    """What was seen tells how long the video is, which the catalogue may not know exactly."""
    position, duration = (seen.position, seen.duration) if seen else (0.0, float(line.duration))
    return Resume(card, line.key, line.season, line.number, line.title, duration, position)


def row(request: HttpRequest) -> list[Resume]:
    """Of the brand whose page is asked for; empty for who is not signed in."""
    account = account_of(request)
    if account is None:
        return []
    positions = progress.positions(progress.name(account))
    if not positions:
        return []
    cards = {card.key: card for card in shelf_of(request).cards}
    episodes = lines([each.episode for each in positions], cards)
    return continuing(positions, episodes, cards, playable_among(request, episodes))


def lines(seen: Collection[int], cards: Mapping[int, Card]) -> dict[int, Line]:
    """All episodes of the series that these episodes are of, if the brand has them: two queries."""
    series = set(
        Episode.objects.filter(pk__in=seen).values_list("season__series", flat=True)
    ) & set(cards)
    fields = ("pk", "season__series", "season__number", "number", "title", "duration")
    found = Episode.objects.filter(season__series__in=series).values_list(*fields)
    return {each[0]: Line(*each) for each in found}
