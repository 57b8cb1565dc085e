"""One series with its seasons and episodes, as a page shows it."""

from dataclasses import dataclass
from datetime import datetime

from brands.models import Brand
from catalogue import windows
from catalogue.models import Episode, Series
from ops import remembered as kept

FRESH = 30
"""Seconds until a series page shows an edit, or that its window closed."""


@dataclass(frozen=True)
class EpisodeLine:
    key: int
    number: int
    title: str
    synopsis: str
    duration: int
    """Seconds."""

    @property
    def minutes(self) -> int:
        return round(self.duration / 60)


@dataclass(frozen=True)
class SeasonPart:
    number: int
    year: int
    episodes: tuple[EpisodeLine, ...]


@dataclass(frozen=True)
class Title:
    series: Series
    seasons: tuple[SeasonPart, ...]

    def season(self, number: int) -> SeasonPart | None:
        return next((part for part in self.seasons if part.number == number), None)

    @property
    def length(self) -> int:
        """Episodes in all seasons."""
        return sum(len(part.episodes) for part in self.seasons)


def find(brand: Brand, slug: str, now: datetime) -> Title | None:
    """The series, if this brand shows it and a window of it is open at `now`."""
    found = kept.remembered(f"title/{brand.slug}/{slug}", FRESH, lambda: read(brand, slug))
    if found is None:
        return None
    title, open_times = found
    return title if windows.showable(open_times, now) else None


def forget(brand: str, slug: str) -> None:
    kept.forget(f"title/{brand}/{slug}")


def read(brand: Brand, slug: str) -> tuple[Title, tuple] | None:
    """Three queries, however many seasons there are."""
    series = (
        Series.objects.filter(genre__brands=brand, slug=slug)
        .select_related("genre", "country", "partner")
        .first()
    )
    if series is None:
        return None
    parts: dict[tuple[int, int], list[EpisodeLine]] = {}
    episodes = Episode.objects.filter(season__series=series).order_by("season__number", "number")
    for number, year, *line in episodes.values_list(
        "season__number", "season__year", "pk", "number", "title", "synopsis", "duration"
    ):
        parts.setdefault((number, year), []).append(EpisodeLine(*line))
    seasons = tuple(
        SeasonPart(number, year, tuple(lines)) for (number, year), lines in parts.items()
    )
    return Title(series, seasons), tuple(series.windows.all())
