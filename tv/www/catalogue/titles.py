"""One series or film with its seasons and episodes, as a page shows it to one viewer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from art import addresses
from brands.models import Brand
from catalogue.models import Credit, Episode, Kind, Season, Series
from ops import remembered as kept
from ops import replica
from rights import entitlement, reading
from rights.entitlement import Allowed, Denied, Reason, Viewer, decide

FRESH = 30
"""Seconds until a page of a series shows an edit; of its windows, only that they were edited."""
SHOWN = {Reason.PREMIUM, Reason.NOT_YET}
"""An episode that is denied for another reason is not listed."""


@dataclass(frozen=True)
class EpisodeLine:
    key: int
    number: int
    title: str
    synopsis: str
    duration: int
    """Seconds."""
    rights: entitlement.Title
    verdict: Allowed | Denied | None = None
    """Of the viewer who asks."""

    @property
    def minutes(self) -> int:
        return round(self.duration / 60)

    @property
    def allowed(self) -> bool:
        return isinstance(self.verdict, Allowed)


@dataclass(frozen=True)
class SeasonPart:
    number: int
    year: int
    episodes: tuple[EpisodeLine, ...]

    @property
    def specials(self) -> bool:
        return self.number == Season.SPECIALS


@dataclass(frozen=True)
class CreditLine:
    role: str
    name: str
    character: str


@dataclass(frozen=True)
class Title:
    series: Series
    seasons: tuple[SeasonPart, ...]
    """Specials last."""
    credits: tuple[CreditLine, ...]
    poster: str
    wide: str
    """Addresses of its artwork."""

    def season(self, number: int) -> SeasonPart | None:
        return next((part for part in self.seasons if part.number == number), None)

    @property
    def episodes(self) -> Iterator[EpisodeLine]:
        return (line for part in self.seasons for line in part.episodes)

    @property
    def length(self) -> int:
        """Episodes in all seasons."""
        return sum(1 for _ in self.episodes)

    @property
    def film(self) -> bool:
        return self.series.kind == Kind.FILM


def find(brand: Brand, slug: str, country: str, viewer: Viewer, now: datetime) -> Title | None:
    """The title, if this brand shows it and this viewer may watch some of it, or could with a
    premium account."""
    found = kept.remembered(f"title/{brand.slug}/{slug}", FRESH, lambda: read(brand, slug))
    return None if found is None else seen(found, country, viewer, now)


def playable(
    brand: Brand, episode: int, country: str, viewer: Viewer, now: datetime
) -> tuple[Title, SeasonPart, EpisodeLine] | None:
    """The episode with that key and where it belongs, if this viewer sees it there."""
    slug = kept.remembered(f"series-of/{episode}", FRESH, lambda: series_of(episode))
    title = find(brand, slug, country, viewer, now) if slug else None
    for part in title.seasons if title else ():
        for line in part.episodes:
            if line.key == episode:
                return title, part, line
    return None


@replica.reads
def series_of(episode: int) -> str | None:
    return Episode.objects.filter(pk=episode).values_list("season__series__slug", flat=True).first()


def forget(brand: str, slug: str) -> None:
    kept.forget(f"title/{brand}/{slug}")


def seen(title: Title, country: str, viewer: Viewer, now: datetime) -> Title | None:
    """With the verdict on each episode, and without those of which the viewer sees nothing."""
    seasons = []
    for part in title.seasons:
        lines = (
            replace(line, verdict=decide(viewer, line.rights, country, now))
            for line in part.episodes
        )
        shown = tuple(line for line in lines if line.allowed or line.verdict.reason in SHOWN)
        if shown:
            seasons.append(replace(part, episodes=shown))
    found = replace(title, seasons=tuple(seasons))
    within_reach = any(
        line.allowed or line.verdict.reason is Reason.PREMIUM for line in found.episodes
    )
    return found if within_reach else None


@replica.reads
def read(brand: Brand, slug: str) -> Title | None:
    """Five queries, however many seasons there are."""
    series = (
        Series.objects.filter(genre__brands=brand, slug=slug)
        .select_related("genre", "country", "partner")
        .prefetch_related("artwork")
        .first()
    )
    if series is None:
        return None
    roles = Credit.objects.filter(series=series).values_list("role", "person__name", "character")
    return Title(
        series,
        read_seasons(series),
        tuple(CreditLine(*row) for row in roles),
        addresses.poster_of(series),
        addresses.wide_of(series),
    )


def read_seasons(series: Series) -> tuple[SeasonPart, ...]:
    episodes = list(
        Episode.objects.filter(season__series=series)
        .order_by("season__number", "number")
        .values_list(
            "season", "season__number", "season__year",
            "pk", "number", "title", "synopsis", "duration",
        )
    )  # fmt: skip
    seasons, keys = {row[0] for row in episodes}, {row[3] for row in episodes}
    offers = reading.offers(reading.windows({series.pk}, seasons, keys))
    parts: dict[tuple[int, int], list[EpisodeLine]] = {}
    for season, number, year, key, *line in episodes:
        rights = reading.title(offers, series.pk, season, key)
        parts.setdefault((number, year), []).append(EpisodeLine(key, *line, rights))
    found = [SeasonPart(number, year, tuple(lines)) for (number, year), lines in parts.items()]
    return tuple(sorted(found, key=lambda part: part.specials))
