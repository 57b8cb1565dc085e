"""The catalogue as plain data: the same seed makes the same rows on every machine.

Nothing here touches the database or the clock. Each series draws from a source of its own,
named by the seed and its number, so that a new word list entry for one genre leaves the series
of the others as they are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle, pairwise
from random import Random
from typing import TypeVar

from django.utils.text import slugify

from catalogue import models
from catalogue.generator.licences import make_window, of_parts, terms
from catalogue.generator.originals import original
from catalogue.generator.people import make_credits, make_people
from catalogue.generator.places import PLACES, Place
from catalogue.generator.rows import (
    Catalogue,
    EpisodeRow,
    PartnerRow,
    PersonRow,
    SeasonRow,
    SeriesRow,
)
from catalogue.generator.stories import STORIES
from catalogue.generator.words import (
    BARE_TITLES,
    EPISODE_SYNOPSES,
    EPISODE_TITLES,
    KINDS,
    PARTNER_ENDINGS,
    SPECIALS,
    TAGLINES,
    TITLES,
    Kind,
)
from catalogue.models import Strand

SEED = "airchain-tv-1"
EPISODES = 15_000
PARTNERS = 70
FILMS = 75
"""One episode of so many is a film."""
SHELF = date(2026, 6, 1)
"""The last day on which a series of the fixtures was added."""

Word = TypeVar("Word")


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


@dataclass(frozen=True)
class World:
    """What all titles are made with."""

    seed: str
    partners: Mapping[str, list[str]]
    people: Mapping[str, list[str]]
    """Slugs, by country."""

    def random(self, subject: str, title: str) -> Random:
        """A source of its own for each subject, so that one does not disturb another."""
        return Random(f"{self.seed}/{subject}/{title}")


def make(seed: str = SEED, episodes: int = EPISODES) -> Catalogue:
    """A catalogue of exactly that many episodes, of which some are films."""
    partners, people = make_partners(Random(f"{seed}/partners")), make_people(seed)
    world = World(seed, by_country(partners), by_country(people))
    films = episodes // FILMS
    titles: set[str] = set()
    series = [*make_series(world, titles, episodes - films), *make_films(world, titles, films)]
    return Catalogue(partners, people, tuple(series))


def by_country(rows: Iterable[PartnerRow | PersonRow]) -> Mapping[str, list[str]]:
    slugs: dict[str, list[str]] = {}
    for row in rows:
        slugs.setdefault(row.country, []).append(row.slug)
    return slugs


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


def make_series(world: World, titles: set[str], episodes: int) -> Iterator[SeriesRow]:
    number, left = 0, episodes
    while left:
        row = one(world, Random(f"{world.seed}/series/{number}"), titles, left)
        number += 1
        left -= sum(len(season.episodes) for season in row.seasons)
        yield row


def make_films(world: World, titles: set[str], films: int) -> Iterator[SeriesRow]:
    for number in range(films):
        yield one(world, Random(f"{world.seed}/film/{number}"), titles, None)


def one(world: World, random: Random, titles: set[str], left: int | None) -> SeriesRow:
    """The next series of at most `left` episodes, or a film where that is None; with a title
    not yet in `titles`."""
    kind = random.choices(KINDS, [kind.weight for kind in KINDS])[0]
    place = random.choices(PLACES, [place.weight for place in PLACES])[0]
    cast, pattern = name_it(random, kind, place, titles)
    title = cast.fill(pattern)
    titles.add(title)
    slug = slugify(title)
    added = SHELF - timedelta(days=int(random.triangular(0, 1500, 200)))
    year = min(added.year, 2026) - random.choice((0, 0, 0, 1, 1, 2, 3, 5))
    tagline = cast.fill(random.choice(TAGLINES[kind.strand]))
    story = synopsis(random, kind, cast)
    age = rating(random, kind.strand)
    partner = random.choice(world.partners[place.code])
    popularity = int(1000 * random.paretovariate(1.2))
    if left is None:
        seasons = film(random, title, tagline, year)
    else:
        seasons = tuple(make_seasons(random, kind, place, cast, year, left))
        seasons += specials(world.random("specials", slug), seasons, cast, left)
    granted = make_window(random, added)
    windows = terms(world.random("terms", slug), granted, place.code)
    leads = (f"{cast.a} {cast.family}", f"{cast.b} {cast.family2}")
    people = world.people[place.code]
    return SeriesRow(
        kind=models.Kind.FILM if left is None else models.Kind.SERIES,
        slug=slug,
        title=title,
        original_title=original(pattern, cast.thing, cast.town, place.language),
        tagline=tagline,
        synopsis=story,
        year=year,
        rating=age,
        genre=kind.slug,
        country=place.code,
        partner=partner,
        popularity=popularity,
        added=added,
        seasons=of_parts(world.random("parts", slug), windows, seasons),
        windows=windows,
        credits=tuple(
            make_credits(world.random("credits", slug), kind.strand, place, people, leads)
        ),
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


def film(random: Random, title: str, tagline: str, year: int) -> tuple[SeasonRow, ...]:
    length = seconds(random, random.choice((84, 92, 96, 101, 108, 118, 126)))
    return (SeasonRow(1, year, (EpisodeRow(1, title, tagline, length),)),)


def specials(
    random: Random, seasons: Sequence[SeasonRow], cast: Cast, left: int
) -> tuple[SeasonRow, ...]:
    """Of some series that ran for more than a season: what was shown between them."""
    left -= sum(len(season.episodes) for season in seasons)
    if len(seasons) < 2 or random.random() > 0.25 or left < 2:
        return ()
    chosen = random.sample(SPECIALS, random.choice((1, 2)))
    episodes = tuple(
        EpisodeRow(number, title, cast.fill(text), seconds(random, 38))
        for number, (title, text) in enumerate(chosen, 1)
    )
    return (SeasonRow(models.Season.SPECIALS, seasons[0].year, episodes),)


def seconds(random: Random, minutes: int) -> int:
    """How long an episode of about that many minutes is."""
    return int(minutes * 60 * (1 + max(-0.15, min(0.2, random.gauss(0, 0.05)))))


def rounds(random: Random, words: Sequence[Word]) -> Iterator[Word]:
    """All of them in one random order, again and again: what repeats is as far apart as can be."""
    return cycle(random.sample(list(words), len(words)))
