"""Windows of the database as the plain data that `entitlement` decides on."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from catalogue.models import Episode
from rights.countries import split
from rights.entitlement import Offer, Tier, Title
from rights.models import Window

Level = tuple[str, int]
"""`series`, `season` or `episode`, and its key."""

FIELDS = ("series", "season", "episode", "opens", "closes", "include", "exclude", "tier")
SERIES = Coalesce(F("series"), F("season__series"), F("episode__season__series"))
"""The series of a window, whatever its level."""


def offer(opens: datetime, closes: datetime | None, include: str, exclude: str, tier: str) -> Offer:
    return Offer(opens, closes, split(include), split(exclude), Tier(tier))


def offers(windows: QuerySet[Window]) -> Mapping[Level, tuple[Offer, ...]]:
    """In one query; a level without windows has none."""
    found: dict[Level, tuple[Offer, ...]] = defaultdict(tuple)
    for series, season, episode, *terms in windows.values_list(*FIELDS):
        level = ("episode", episode) if episode else ("season", season) if season else None
        found[level or ("series", series)] += (offer(*terms),)
    return found


def title(found: Mapping[Level, tuple[Offer, ...]], series: int, season: int, key: int) -> Title:
    return Title(
        found.get(("series", series), ()),
        found.get(("season", season), ()),
        found.get(("episode", key), ()),
    )


def titles(keys: Iterable[int]) -> dict[int, Title]:
    """Of these episodes, in two queries however many there are; unknown ones are left out."""
    rows = list(
        Episode.objects.filter(pk__in=list(keys)).values_list("season__series", "season", "pk")
    )
    found = offers(windows(*({row[n] for row in rows} for n in range(3))))
    return {row[2]: title(found, *row) for row in rows}


def windows(
    series: Collection[int], seasons: Collection[int], episodes: Collection[int]
) -> QuerySet[Window]:
    level = Q(series__in=series) | Q(season__in=seasons) | Q(episode__in=episodes)
    return Window.objects.filter(level)


def by_series(keys: Collection[int]) -> dict[int, tuple[Offer, ...]]:
    """All offers by which any episode of each series may be watched, in two queries."""
    windows = of_series(keys)
    found = offers(windows)
    finer = windows.filter(series=None).values(of=SERIES)
    parts: dict[int, dict[Offer, None]] = defaultdict(dict)
    for row in Episode.objects.filter(season__series__in=finer).values_list(
        "season__series", "season", "pk"
    ):
        parts[row[0]] |= dict.fromkeys(title(found, *row).offers)
    return {
        key: tuple(parts[key] if key in parts else found.get(("series", key), ())) for key in keys
    }


def of_series(keys: Collection[int]) -> QuerySet[Window]:
    """The windows of these series on every level."""
    return Window.objects.filter(
        Q(series__in=keys) | Q(season__series__in=keys) | Q(episode__season__series__in=keys)
    )
