"""Writing a planned catalogue into an empty database, in few statements."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from brands.models import Brand
from catalogue import windows
from catalogue.generator.brands import BRANDS
from catalogue.generator.places import PLACES
from catalogue.generator.plan import Catalogue, SeriesRow
from catalogue.generator.words import KINDS
from catalogue.models import Country, Episode, Genre, Partner, Season, Series, Window

BATCH = 1000


@transaction.atomic
def load(catalogue: Catalogue, now: datetime) -> None:
    """Countries and genres, partners, series with their parts, brands; what is open at `now`."""
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
    load_series(catalogue.series)
    load_brands()
    windows.refresh(now)


def load_series(rows: Iterable[SeriesRow]) -> None:
    """Keys are given out here: reading them back from MariaDB would take a query per row."""
    genres = dict(Genre.objects.values_list("slug", "pk"))
    partners = dict(Partner.objects.values_list("slug", "pk"))
    series, seasons, episodes, open_times = [], [], [], []
    for pk, row in enumerate(rows, 1):
        series.append(
            Series(
                pk=pk, slug=row.slug, title=row.title, original_title=row.original_title,
                tagline=row.tagline, synopsis=row.synopsis, year=row.year, rating=row.rating,
                genre_id=genres[row.genre], country_id=row.country,
                partner_id=partners[row.partner], popularity=row.popularity, added=row.added,
            )
        )  # fmt: skip
        for part in row.seasons:
            season = Season(pk=len(seasons) + 1, series_id=pk, number=part.number, year=part.year)
            seasons.append(season)
            episodes += [
                Episode(season_id=season.pk, number=e.number, title=e.title,
                        synopsis=e.synopsis, duration=e.duration)
                for e in part.episodes
            ]  # fmt: skip
        open_times += [Window(series_id=pk, opens=w.opens, closes=w.closes) for w in row.windows]
    Series.objects.bulk_create(series, BATCH)
    Season.objects.bulk_create(seasons, BATCH)
    Episode.objects.bulk_create(episodes, BATCH)
    Window.objects.bulk_create(open_times, BATCH)


def load_brands() -> None:
    for row in BRANDS:
        fields = {name: value for name, value in row.items() if name != "genres"}
        brand = Brand.objects.create(**fields)
        brand.genres.set(Genre.objects.filter(slug__in=row["genres"]))
