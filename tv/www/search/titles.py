"""Search in a brand's catalogue: what this viewer may watch there now, and nothing else."""

import hashlib
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from brands.models import Brand
from catalogue import rows
from catalogue.models import Credit
from catalogue.rows import Card, Shelf
from ops import remembered as kept
from ops import replica
from search.index import Field, Index

MOST = 60


@dataclass(frozen=True)
class Found:
    card: Card
    person: str = ""
    """Who was looked for, where it was not the title."""


@dataclass(frozen=True)
class People:
    """Names by the series that they have a credit in."""

    read: float
    names: dict[int, tuple[str, ...]]

    @cached_property
    def version(self) -> str:
        """Of their names: the same on every host."""
        return hashlib.sha256(repr(sorted(self.names.items())).encode()).hexdigest()[:16]


def find(brand: Brand, shelf: Shelf, typed: str) -> tuple[Found, ...]:
    """The best fit first, then the most popular."""
    cards = {card.key: card for card in shelf.cards}
    return tuple(
        Found(cards[match.key], match.text if match.field == Field.PERSON else "")
        for match in index(brand).find(typed, cards)[:MOST]
    )


_indexes: dict[str, tuple[object, Index]] = {}
"""Of this process, by brand, with what each was made of."""


def index(brand: Brand) -> Index:
    """Of all that the brand has. Made anew when what is known of the catalogue is."""
    stock, people = rows.stock(brand), people_of(brand)
    source = (stock.read, people.read)
    made = _indexes.get(brand.slug)
    if made is None or made[0] != source:
        made = _indexes[brand.slug] = (source, make(stock, people))
    return made[1]


def make(stock: rows.Stock, people: People) -> Index:
    return Index(
        (
            listing.card.key,
            (
                (Field.TITLE, listing.card.title),
                (Field.ORIGINAL, listing.card.original_title),
                *((Field.PERSON, name) for name in people.names.get(listing.card.key, ())),
            ),
        )
        for listing in stock.listings
    )


def people_of(brand: Brand) -> People:
    return kept.remembered(f"people/{brand.slug}", rows.FRESH, lambda: read_people(brand))


def forget_people(brand: str) -> None:
    kept.forget(f"people/{brand}")


@replica.reads
def read_people(brand: Brand) -> People:
    """In one query."""
    names: dict[int, dict[str, None]] = defaultdict(dict)
    found = Credit.objects.filter(series__genre__brands=brand).order_by("position", "pk")
    for series, name in found.values_list("series", "person__name"):
        names[series][name] = None
    return People(time.time(), {series: tuple(each) for series, each in names.items()})
