"""What a brand's pages show, as plain data: kept in the cache, and fit for an API as well.

The cache holds a brand's whole stock with the offers of each title. What a viewer may watch is
sifted from it by `rights.entitlement` at the moment of the request, so that a window opens and
closes on every page at its second, for each country and tier, whatever is in the cache.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice

from django.db.models import FilteredRelation, Q
from django.utils import timezone
from django.utils.translation import gettext

from art import addresses
from brands.models import Brand
from catalogue.models import Artwork, Series
from ops import remembered as kept
from ops import replica
from rights import reading
from rights.entitlement import Allowed, Offer, Title, Viewer, decide

FRESH = 60
"""Seconds until a page shows an edit of the catalogue."""
LONG, SHORTEST = 18, 6
"""Titles in a row at most, and at least in one of a genre or country."""
BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Card:
    """A series or film as it appears in a row."""

    key: int
    slug: str
    kind: str
    title: str
    original_title: str
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
    poster_upload: str = ""
    wide_upload: str = ""
    """Versions of the artwork that was uploaded, if any was."""

    @property
    def address(self) -> str:
        """As `reverse` has it, which for hundreds of cards takes most of a page's time."""
        return f"/series/{self.slug}/"

    @property
    def poster(self) -> str:
        return addresses.poster(self.slug, self.title, self.poster_upload)

    @property
    def wide(self) -> str:
        return addresses.wide(self.slug, self.title, self.wide_upload)


@dataclass(frozen=True)
class Row:
    slug: str
    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Listing:
    card: Card
    offers: tuple[Offer, ...]
    """Of all its episodes: the title is listed while any of them may be watched."""


@dataclass(frozen=True)
class Stock:
    """All that a brand has under licence, for whomever and from whenever; most popular first."""

    read: datetime
    listings: tuple[Listing, ...]
    genres: tuple[tuple[str, str], ...]
    turns: tuple[datetime, ...]
    """When a window opens or closes, in order: between two of them nothing changes."""


@dataclass(frozen=True)
class Shelf:
    """What one viewer may watch of a brand, most popular first, and the genres in order."""

    cards: tuple[Card, ...]
    genres: tuple[tuple[str, str], ...]

    @cached_property
    def keys(self) -> frozenset[int]:
        """Of the series that may be watched: for search, and for lists that come from elsewhere."""
        return frozenset(card.key for card in self.cards)

    @cached_property
    def version(self) -> str:
        """Of its content: another one once anything of it changes, and the same on every host."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


@dataclass
class Sifted:
    """The shelves that a process has sifted from one stock."""

    read: datetime
    shelves: dict[tuple[Viewer, str, int], Shelf] = field(default_factory=dict)


_sifted: dict[str, Sifted] = {}


def shelf(brand: Brand, country: str, viewer: Viewer) -> Shelf:
    """What this viewer may watch there now."""
    found = stock(brand)
    sifted = _sifted.get(brand.slug)
    if sifted is None or sifted.read != found.read:
        sifted = _sifted[brand.slug] = Sifted(found.read)
    turn = bisect_right(found.turns, timezone.now())
    key = (viewer, country, turn)
    if key not in sifted.shelves:
        sifted.shelves[key] = sift(
            found, country, viewer, found.turns[turn - 1] if turn else BEGINNING
        )
    return sifted.shelves[key]


def sift(stock: Stock, country: str, viewer: Viewer, now: datetime) -> Shelf:
    cards = (
        listing.card
        for listing in stock.listings
        if isinstance(decide(viewer, Title(listing.offers), country, now), Allowed)
    )
    return Shelf(tuple(cards), stock.genres)


def stock(brand: Brand) -> Stock:
    """A few queries, however many titles there are, once a minute and brand."""
    return kept.remembered(f"stock/{brand.slug}", FRESH, lambda: read_stock(brand))


def forget(brand: str) -> None:
    kept.forget(f"stock/{brand}")


@replica.reads
def read_stock(brand: Brand) -> Stock:
    now = timezone.now()
    cards = [
        Card(*row, added.isoformat(), poster or "", wide or "")
        for *row, added, poster, wide in Series.objects.filter(genre__brands=brand)
        .annotate(poster=upload(Artwork.Shape.POSTER), wide=upload(Artwork.Shape.WIDE))
        .order_by("-popularity", "slug")
        .values_list(
            "pk", "slug", "kind", "title", "original_title", "tagline", "year", "rating",
            "genre__slug", "genre__name", "country_id", "country__name", "country__adjective",
            "popularity", "added", "poster__version", "wide__version",
        )
    ]  # fmt: skip
    offers = reading.by_series([card.key for card in cards])
    listings = tuple(Listing(card, offers[card.key]) for card in cards if offers[card.key])
    moments = {
        moment
        for listing in listings
        for offer in listing.offers
        for moment in (offer.opens, offer.closes)
        if moment
    }
    genres = tuple(brand.genres.order_by("position").values_list("slug", "name"))
    return Stock(now, listings, genres, tuple(sorted(moments)))


def upload(kind: str) -> FilteredRelation:
    return FilteredRelation("artwork", condition=Q(artwork__kind=kind))


def row(slug: str, title: str, cards: Iterable[Card]) -> Row:
    return Row(slug, title, tuple(islice(cards, LONG)))


def by_genre(shelf: Shelf) -> list[Row]:
    return [
        row(slug, gettext(name), (card for card in shelf.cards if card.genre == slug))
        for slug, name in shelf.genres
    ]


def by_country(shelf: Shelf, most: int) -> list[Row]:
    """The countries with the most titles, the largest first."""
    names = {card.country: card.adjective for card in shelf.cards}
    count = {code: sum(card.country == code for card in shelf.cards) for code in names}
    return [
        row(f"from-{code.lower()}",
            gettext("%(adjective)s series") % {"adjective": gettext(names[code])},
            (card for card in shelf.cards if card.country == code))
        for code in sorted(names, key=lambda code: (-count[code], code))[:most]
    ]  # fmt: skip


def newest(shelf: Shelf) -> Row:
    cards = sorted(shelf.cards, key=lambda card: (card.added, card.slug), reverse=True)
    return row("new", gettext("New arrivals"), cards)


def picked(shelf: Shelf, slugs: Sequence[str]) -> Row:
    """What viewers watch, filled up with what is popular without them."""
    known = {card.slug: card for card in shelf.cards}
    first = [known[slug] for slug in slugs if slug in known]
    rest = (card for card in shelf.cards if card.slug not in set(slugs))
    return row("trending", gettext("Trending now"), [*first, *rest])


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
    return row(
        "like", gettext("More like this"), sorted(others, key=lambda card: card.country != country)
    )
