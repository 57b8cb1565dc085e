"""The catalogue as plain data: the same seed makes the same rows on every machine.

Nothing here touches the database or the clock. Each series draws from a source of its own,
named by the seed and its number, so that a new word list entry for one genre leaves the series
of the others as they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, pairwise
from random import Random
from typing import TypeVar

from django.utils.text import slugify

from catalogue.generator.originals import original
from catalogue.generator.places import PLACES, Place
from catalogue.generator.stories import STORIES
from catalogue.generator.words import (
    BARE_TITLES,
    EPISODE_SYNOPSES,
    EPISODE_TITLES,
    KINDS,
    PARTNER_ENDINGS,
    TAGLINES,
    TITLES,
    Kind,
)
from catalogue.models import Strand

SEED = "airchain-tv-1"
EPISODES = 15_000
PARTNERS = 70
SHELF = date(2026, 6, 1)
"""The last day on which a series of the fixtures was added."""

Word = TypeVar("Word")


@dataclass(frozen=True)
class PartnerRow:
    slug: str
    name: str
    country: str


@dataclass(frozen=True)
class EpisodeRow:
    number: int
    title: str
    synopsis: str
    duration: int


@dataclass(frozen=True)
class SeasonRow:
    number: int
    year: int
    episodes: tuple[EpisodeRow, ...]


@dataclass(frozen=True)
class WindowRow:
    opens: datetime
    closes: datetime | None


@dataclass(frozen=True)
class SeriesRow:
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


@dataclass(frozen=True)
class Catalogue:
    partners: tuple[PartnerRow, ...]
    series: tuple[SeriesRow, ...]


@dataclass(frozen=True)
class Cast:
    """The words that one series uses throughout."""

    a: str
    b: str
    family: str
    family2: str
    town: str
    thing: str
    role: str

    def fill(self, pattern: str) -> str:
        return pattern.format(**vars(self), families=plural(self.family)).replace("'", "’")


def plural(family: str) -> str:
    """The Hans, the Reyeses."""
    return family + ("es" if family.endswith(("s", "x", "z", "ch", "sh")) else "s")


def make(seed: str = SEED, episodes: int = EPISODES) -> Catalogue:
    """A catalogue of exactly that many episodes."""
    partners = make_partners(Random(f"{seed}/partners"))
    return Catalogue(partners, tuple(make_series(seed, episodes, partners)))


def make_partners(random: Random) -> tuple[PartnerRow, ...]:
    """Several houses in each country, as many as it has of the catalogue."""
    first: list[tuple[str, Place]] = []
    second: list[tuple[str, Place]] = []
    for place in PLACES:
        for house in place.houses:
            one, other = random.sample(PARTNER_ENDINGS, 2)
            first.append((f"{house} {one}", place))
            second.append((f"{house} {other}", place))
    # The first names reach every country; the rest fill up in proportion.
    names = first + weighted_tail(random, second)
    return tuple(PartnerRow(slugify(name), name, place.code) for name, place in names[:PARTNERS])


def weighted_tail(random: Random, names: Sequence[tuple[str, Place]]) -> list[tuple[str, Place]]:
    return sorted(names, key=lambda name: random.random() / name[1].weight)


def make_series(seed: str, episodes: int, partners: Sequence[PartnerRow]) -> Iterator[SeriesRow]:
    titles: set[str] = set()
    number = left = 0
    left = episodes
    while left:
        row = one_series(Random(f"{seed}/series/{number}"), titles, partners, left)
        number += 1
        left -= sum(len(season.episodes) for season in row.seasons)
        yield row


def one_series(
    random: Random, titles: set[str], partners: Sequence[PartnerRow], left: int
) -> SeriesRow:
    """The next series, of at most `left` episodes and with a title not yet in `titles`."""
    kind = random.choices(KINDS, [kind.weight for kind in KINDS])[0]
    place = random.choices(PLACES, [place.weight for place in PLACES])[0]
    cast, pattern = name_it(random, kind, place, titles)
    title = cast.fill(pattern)
    titles.add(title)
    added = SHELF - timedelta(days=int(random.triangular(0, 1500, 200)))
    year = min(added.year, 2026) - random.choice((0, 0, 0, 1, 1, 2, 3, 5))
    return SeriesRow(
        slug=slugify(title),
        title=title,
        original_title=original(cast.thing, pattern, place.language),
        tagline=cast.fill(random.choice(TAGLINES[kind.strand])),
        synopsis=synopsis(random, kind, cast),
        year=year,
        rating=rating(random, kind.strand),
        genre=kind.slug,
        country=place.code,
        partner=random.choice([p.slug for p in partners if p.country == place.code]),
        popularity=int(1000 * random.paretovariate(1.2)),
        added=added,
        seasons=tuple(make_seasons(random, kind, place, cast, year, left)),
        windows=tuple(make_windows(random, added)),
    )


def name_it(random: Random, kind: Kind, place: Place, titles: set[str]) -> tuple[Cast, str]:
    """A cast and a title pattern that together give a new title."""
    while True:
        cast = make_cast(random, kind, place)
        patterns = BARE_TITLES if cast.thing in kind.bare else TITLES
        pattern = random.choice(patterns[kind.strand])
        title = cast.fill(pattern)
        if title not in titles and len(title) <= 30 and no_stutter(title):
            return cast, pattern


def no_stutter(title: str) -> bool:
    """`The Last Last Train` and `A Evidence Room` are not titles."""
    words = title.split()
    stutters = any(first == second for first, second in pairwise(words))
    wrong_article = any(
        first.lower() == "a" and second[0] in "AEIOU" for first, second in pairwise(words)
    )
    return not stutters and not wrong_article and not title.startswith("The The")


def make_cast(random: Random, kind: Kind, place: Place) -> Cast:
    a, b = random.sample(place.given, 2)
    family, family2 = random.sample(place.family, 2)
    return Cast(
        a, b, family, family2,
        random.choice(place.towns), random.choice(kind.things), random.choice(kind.roles),
    )  # fmt: skip


def synopsis(random: Random, kind: Kind, cast: Cast) -> str:
    beginnings, turns = STORIES[kind.slug]
    return f"{cast.fill(random.choice(beginnings))} {cast.fill(random.choice(turns))}"


def rating(random: Random, strand: Strand) -> str:
    ages = {
        Strand.DRAMA: ("ALL", "12", "12", "15"),
        Strand.DOCUMENTARY: ("ALL", "ALL", "12"),
        Strand.HORROR: ("15", "15", "18"),
    }
    return random.choice(ages[strand])


def make_seasons(
    random: Random, kind: Kind, place: Place, cast: Cast, year: int, left: int
) -> Iterator[SeasonRow]:
    if kind.strand is Strand.DRAMA:
        fewest, most = place.season
        count, minutes = random.choice((1, 1, 1, 1, 2, 2, 3)), place.minutes
    else:
        fewest, most = (4, 10) if kind.strand is Strand.DOCUMENTARY else (6, 10)
        count, minutes = random.choice((1, 1, 2, 3)), 50
    titles = rounds(random, EPISODE_TITLES[kind.strand])
    synopses = rounds(random, EPISODE_SYNOPSES[kind.strand])
    for number in range(1, count + 1):
        length = min(random.randint(fewest, most), left)
        if not length:
            return
        left -= length
        episodes = tuple(
            EpisodeRow(
                n, cast.fill(next(titles)), cast.fill(next(synopses)), seconds(random, minutes)
            )
            for n in range(1, length + 1)
        )
        yield SeasonRow(number, year + number - 1, episodes)


def seconds(random: Random, minutes: int) -> int:
    """How long an episode of about that many minutes is."""
    return int(minutes * 60 * (1 + max(-0.15, min(0.2, random.gauss(0, 0.05)))))


def rounds(random: Random, words: Sequence[Word]) -> Iterator[Word]:
    """All of them in one random order, again and again: what repeats is as far apart as can be."""
    return cycle(random.sample(list(words), len(words)))


def make_windows(random: Random, added: date) -> Iterator[WindowRow]:
    """Most may be shown for years or for good; some have ended, a few are still to come."""
    opens = datetime.combine(added, datetime.min.time(), UTC)
    fate = random.random()
    if fate < 0.02:
        yield WindowRow(opens + timedelta(days=365 * 12), None)
    elif fate < 0.08:
        yield WindowRow(opens - timedelta(days=1000), opens - timedelta(days=1))
    elif fate < 0.40:
        closes = datetime(2026, 7, 1, tzinfo=UTC) + timedelta(hours=random.randrange(24 * 1800))
        yield WindowRow(opens, closes)
    else:
        yield WindowRow(opens, None)
