"""Writing a planned catalogue into an empty database, in few statements."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from brands.models import Brand
from catalogue.generator.brands import BRANDS
from catalogue.generator.places import PLACES
from catalogue.generator.rows import Catalogue, PersonRow, SeriesRow
from catalogue.generator.words import KINDS
from catalogue.models import Country, Credit, Episode, Genre, Partner, Person, Season, Series
from rights import availability
from rights.models import Window

BATCH = 1000


@transaction.atomic
def load(catalogue: Catalogue, now: datetime) -> None:
    """Countries and genres, partners and people, series with their parts, brands; what is open at `now`."""
    Country.objects.bulk_create(
        Country(code=p.code, name=p.name, adjective=p.adjective, language=p.language)
        for p in PLACES
    )
    Genre.objects.bulk_create(
        Genre(slug=kind.slug, name=kind.name, strand=kind.strand, position=position)
        for position, kind in enumerate(KINDS)
    )
    Partner.objects.bulk_create(
        Partner(slug=p.slug, name=p.name, country_id=p.country) for p in catalogue.partners
    )
    load_people(catalogue.people)
    load_series(catalogue.series)
    load_brands()
    availability.refresh(now)


def load_people(rows: Iterable[PersonRow]) -> None:
    Person.objects.bulk_create(
        (Person(slug=row.slug, name=row.name, country_id=row.country) for row in rows), BATCH
    )


def load_series(rows: Iterable[SeriesRow]) -> None:
    """Keys are given out here: reading them back from MariaDB would take a query per row."""
    genres = dict(Genre.objects.values_list("slug", "pk"))
    partners = dict(Partner.objects.values_list("slug", "pk"))
    people = dict(Person.objects.values_list("slug", "pk"))
    series, seasons, episodes, windows, roles = [], [], [], [], []
    for pk, row in enumerate(rows, 1):
        series.append(
            Series(
                pk=pk, kind=row.kind, slug=row.slug, title=row.title,
                original_title=row.original_title, tagline=row.tagline, synopsis=row.synopsis,
                year=row.year, rating=row.rating, genre_id=genres[row.genre],
                country_id=row.country, partner_id=partners[row.partner],
                popularity=row.popularity, added=row.added,
            )
        )  # fmt: skip
        windows += [Window(series_id=pk, **vars(window)) for window in row.windows]
        roles += [
            Credit(series_id=pk, person_id=people[credit.person], role=credit.role,
                   character=credit.character, position=position)
            for position, credit in enumerate(row.credits)
        ]  # fmt: skip
        for part in row.seasons:
            season = Season(pk=len(seasons) + 1, series_id=pk, number=part.number, year=part.year)
            seasons.append(season)
            windows += [Window(season_id=season.pk, **vars(window)) for window in part.windows]
            for line in part.episodes:
                episode = Episode(
                    pk=len(episodes) + 1, season_id=season.pk, number=line.number,
                    title=line.title, synopsis=line.synopsis, duration=line.duration,
                )  # fmt: skip
                episodes.append(episode)
                windows += [Window(episode_id=episode.pk, **vars(w)) for w in line.windows]
    for model, made in (
        (Series, series), (Season, seasons), (Episode, episodes), (Window, windows),
        (Credit, roles),
    ):  # fmt: skip
        model.objects.bulk_create(made, BATCH)


def load_brands() -> None:
    for row in BRANDS:
        fields = {name: value for name, value in row.items() if name != "genres"}
        brand = Brand.objects.create(**fields)
        brand.genres.set(Genre.objects.filter(slug__in=row["genres"]))
