"""A small network to test against: the fixtures' brands and genres, and a few series."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest.mock import patch

from django.core.cache import cache
from django.http import HttpResponse
from django.test import TestCase, override_settings
from django.utils import timezone

from brands import domains
from catalogue.generator import load, plan, rows
from catalogue.models import Country, Episode, Genre, Partner, Season, Series
from ops.remembered import at_hand
from rights.models import Window


def series(slug: str, genre: str, *, seasons: int = 1, popularity: int = 10) -> Series:
    """A series on air, with two episodes a season."""
    made = Series.objects.create(
        slug=slug,
        title=slug.replace("-", " ").title(),
        tagline="A tagline.",
        synopsis="A synopsis.",
        year=2024,
        rating="12",
        genre=Genre.objects.get(slug=genre),
        country=Country.objects.get(pk="KR"),
        partner=Partner.objects.first(),
        popularity=popularity,
        added=datetime(2025, 1, 1, tzinfo=UTC).date(),
        available=True,
    )
    Window.objects.create(series=made, opens=timezone.now() - timedelta(days=1))
    for number in range(1, seasons + 1):
        season = Season.objects.create(series=made, number=number, year=2024)
        Episode.objects.bulk_create(
            Episode(season=season, number=n, title=f"Part {number}.{n}", duration=3000)
            for n in (1, 2)
        )
    return made


@contextmanager
def window(series: Series, opens: timedelta, closes: timedelta | None = None) -> Iterator[None]:
    """The series with that one window, relative to now."""
    series.windows.all().delete()
    now = timezone.now()
    Window.objects.create(series=series, opens=now + opens, closes=closes and now + closes)
    yield


class NetworkTest(TestCase):
    """Starts with brands, genres, countries and partners, no series, and an empty cache."""

    @classmethod
    def setUpTestData(cls) -> None:
        partners = plan.make_partners(Random(f"{plan.SEED}/partners"))
        load.load(rows.Catalogue(partners, (), ()), timezone.now())

    def setUp(self) -> None:
        cache.clear()
        at_hand.clear()
        domains.forget()
        # However slow the machine, brands are read once in a test, or counts of queries differ.
        keep = patch("brands.domains.KEEP", float("inf"))
        keep.start()
        self.addCleanup(keep.stop)
        queue = patch("audience.trending.enqueue")
        self.enqueue = queue.start()
        self.addCleanup(queue.stop)

    def shared_files(self) -> Path:
        """An empty folder for them, as long as the test runs."""
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        shared = override_settings(MEDIA_ROOT=Path(folder.name))
        shared.enable()
        self.addCleanup(shared.disable)
        return Path(folder.name)

    def at(self, brand: str, path: str = "/"):
        return self.client.get(path, headers={"host": f"{brand}.localhost"})


def varies(answer: HttpResponse) -> set[str]:
    """By what caches have to tell such answers apart."""
    return set(answer.headers.get("Vary", "").replace(",", " ").split())


__all__ = ["NetworkTest", "series", "varies", "window"]
