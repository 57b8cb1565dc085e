"""What a brand's pages show, as plain data: kept in the cache, and fit for an API as well."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from art.posters import version
from brands.models import Brand
from catalogue.models import Series
from ops import remembered as kept

FRESH = 60
"""Seconds until a page shows an edit of the catalogue."""
LONG, SHORTEST = 18, 6
"""Titles in a row at most, and at least in one of a genre or country."""


@dataclass(frozen=True)
class Card:
    """A series as it appears in a row."""

    slug: str
    title: str
    tagline: str
    year: int
    rating: str
    genre: str
    genre_name: str
    country: str
    country_name: str
    adjective: str
    """Of the country."""
    popularity: int
    added: str
    art: str
    """Version of its artwork, for addresses that may be kept for ever."""

    @property
    def address(self) -> str:
        """As `reverse` has it, which for hundreds of cards takes most of a page's time."""
        return f"/series/{self.slug}/"

    @property
    def poster(self) -> str:
        return f"/art/{self.slug}.svg?v={self.art}"


@dataclass(frozen=True)
class Row:
    slug: str
    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Shelf:
    """All that a brand may show now, most popular first, and its genres in order."""

    cards: tuple[Card, ...]
    genres: tuple[tuple[str, str], ...]


def shelf(brand: Brand) -> Shelf:
    """One query for the series and one for the genres, once a minute and brand."""
    return kept.remembered(f"shelf/{brand.slug}", FRESH, lambda: read_shelf(brand))


def forget(brand: str) -> None:
    kept.forget(f"shelf/{brand}")


def read_shelf(brand: Brand) -> Shelf:
    found = (
        Series.objects.filter(genre__brands=brand, available=True)
        .order_by("-popularity", "slug")
        .values_list(
            "slug", "title", "tagline", "year", "rating", "genre__slug", "genre__name",
            "country_id", "country__name", "country__adjective", "popularity", "added",
        )
    )  # fmt: skip
    cards = tuple(Card(*row[:-1], row[-1].isoformat(), version(row[1])) for row in found)
    return Shelf(cards, tuple(brand.genres.order_by("position").values_list("slug", "name")))


def row(slug: str, title: str, cards: Iterable[Card]) -> Row:
    return Row(slug, title, tuple(islice(cards, LONG)))


def by_genre(shelf: Shelf) -> list[Row]:
    return [
        row(slug, name, (card for card in shelf.cards if card.genre == slug))
        for slug, name in shelf.genres
    ]


def by_country(shelf: Shelf, most: int) -> list[Row]:
    """The countries with the most titles, the largest first."""
    names = {card.country: card.adjective for card in shelf.cards}
    count = {code: sum(card.country == code for card in shelf.cards) for code in names}
    return [
        row(f"from-{code.lower()}", f"{names[code]} series",
            (card for card in shelf.cards if card.country == code))
        for code in sorted(names, key=lambda code: (-count[code], code))[:most]
    ]  # fmt: skip


def newest(shelf: Shelf) -> Row:
    cards = sorted(shelf.cards, key=lambda card: (card.added, card.slug), reverse=True)
    return row("new", "New arrivals", cards)


def picked(shelf: Shelf, slugs: Sequence[str]) -> Row:
    """What viewers watch, filled up with what is popular without them."""
    known = {card.slug: card for card in shelf.cards}
    first = [known[slug] for slug in slugs if slug in known]
    rest = (card for card in shelf.cards if card.slug not in set(slugs))
    return row("trending", "Trending now", [*first, *rest])


def home(shelf: Shelf, trending: Sequence[str]) -> list[Row]:
    """Trending and new, then genres and countries by turns; of those, none that is too short."""
    genres, countries = by_genre(shelf), by_country(shelf, 3)
    rows = []
    for position, genre in enumerate(genres):
        rows.append(genre)
        if position % 2 == 1 and countries:
            rows.append(countries.pop(0))
    long = [row for row in rows if len(row.cards) >= SHORTEST]
    return [picked(shelf, trending), newest(shelf), *long] if shelf.cards else []


def like(shelf: Shelf, slug: str, genre: str, country: str) -> Row:
    """Others of the same genre, those of the same country first."""
    others = [card for card in shelf.cards if card.genre == genre and card.slug != slug]
    return row("like", "More like this", sorted(others, key=lambda card: card.country != country))
