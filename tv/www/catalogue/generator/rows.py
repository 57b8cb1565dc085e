"""The rows of a generated catalogue, as plain data."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class PartnerRow:
    slug: str
    name: str
    country: str


@dataclass(frozen=True)
class PersonRow:
    slug: str
    name: str
    country: str


@dataclass(frozen=True)
class CreditRow:
    person: str
    role: str
    character: str = ""


@dataclass(frozen=True)
class WindowRow:
    opens: datetime
    closes: datetime | None = None
    include: str = ""
    exclude: str = ""
    tier: str = "free"


@dataclass(frozen=True)
class EpisodeRow:
    number: int
    title: str
    synopsis: str
    duration: int
    windows: tuple[WindowRow, ...] = ()


@dataclass(frozen=True)
class SeasonRow:
    number: int
    year: int
    episodes: tuple[EpisodeRow, ...]
    windows: tuple[WindowRow, ...] = ()


@dataclass(frozen=True)
class SeriesRow:
    kind: str
    slug: str
    title: str
    original_title: str
    tagline: str
    synopsis: str
    year: int
    rating: str
    genre: str
    country: str
    partner: str
    popularity: int
    added: date
    seasons: tuple[SeasonRow, ...]
    windows: tuple[WindowRow, ...]
    credits: tuple[CreditRow, ...]


@dataclass(frozen=True)
class Catalogue:
    partners: tuple[PartnerRow, ...]
    people: tuple[PersonRow, ...]
    series: tuple[SeriesRow, ...]
