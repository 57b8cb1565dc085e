"""Who made the titles, and whom they play."""

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random

from django.utils.text import slugify

from catalogue.generator.places import PLACES, Place
from catalogue.generator.rows import CreditRow, PersonRow
from catalogue.models import Role, Strand


def make_people(seed: str) -> tuple[PersonRow, ...]:
    """As many of each country as its share of the catalogue asks for."""
    return tuple(
        PersonRow(f"{slugify(name)}-{place.code.lower()}", name, place.code)
        for place in PLACES
        for name in names(Random(f"{seed}/people/{place.code}"), place)
    )


def names(random: Random, place: Place) -> list[str]:
    every = every_name(place)
    return random.sample(every, min(len(every), 10 + 3 * place.weight))


def every_name(place: Place) -> list[str]:
    return [f"{given} {family}" for given, family in product(place.given, place.family)]


def make_credits(
    random: Random, strand: Strand, place: Place, people: Sequence[str], leads: Sequence[str]
) -> Iterator[CreditRow]:
    """In the order of the credits; `leads` are the characters of the synopsis, first to last."""
    crew = iter(random.sample(people, 9))
    yield CreditRow(next(crew), Role.DIRECTOR)
    for _ in range(random.choice((1, 1, 1, 2))):
        yield CreditRow(next(crew), Role.WRITER)
    if strand is Strand.DOCUMENTARY:
        if random.random() < 0.6:
            yield CreditRow(next(crew), Role.PRESENTER)
        return
    others = [name for name in every_name(place) if name not in leads]
    minor = random.sample(others, 4)
    for character in [*leads, *minor][: random.randint(3, 6)]:
        yield CreditRow(next(crew), Role.CAST, character)
