"""Which of two databases is asked: the one of all tests, and a file that holds a genre more."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from django.conf import settings
from django.core.cache import cache
from django.db import connections, transaction
from django.test import SimpleTestCase, override_settings

from catalogue import caches, rows, titles, videos
from catalogue.models import Genre
from ops import replica
from search import titles as search
from tests.test_security import production


@replica.reads
def genres() -> list[Genre]:
    return list(Genre.objects.all())


class Replica(SimpleTestCase):
    databases = frozenset({"default"})

    @classmethod
    def setUpClass(cls):
        folder = TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        alias = {**connections.settings["default"], "NAME": str(Path(folder.name, "replica"))}
        connections.settings["replica"] = alias
        cls.addClassCleanup(connections.settings.pop, "replica")
        cls.addClassCleanup(connections["replica"].close)
        cls.enterClassContext(override_settings(DATABASE_ROUTERS=["ops.replica.Router"]))
        # Only now: the runner makes databases of the settings for what a class names.
        cls.databases = frozenset({"default", "replica"})
        super().setUpClass()
        with connections["replica"].schema_editor() as editor:
            editor.create_model(Genre)
        Genre(slug="there", name="There", strand="drama").save(using="replica")

    def setUp(self):
        cache.clear()
        self.addCleanup(cache.clear)

    def test_only_what_says_so_is_read_there(self):
        """All else is the primary's."""
        self.assertEqual([genre.slug for genre in genres()], ["there"])
        self.assertEqual(list(Genre.objects.all()), [])

    def test_what_fills_caches_says_so(self):
        """Stock, titles, their videos and the people that a search finds."""
        for function in (
            rows.read_stock, titles.read, titles.series_of, videos.read, search.read_people,
        ):  # fmt: skip
            with self.subTest(function.__name__):
                self.assertEqual(function.__wrapped__.__name__, function.__name__)

    def test_a_transaction_reads_what_it_wrote(self):
        """From where it wrote it."""
        with transaction.atomic():
            self.assertEqual(genres(), [])

    def test_what_was_read_there_is_written_to_the_primary(self):
        """Also by an object that remembers where it is from."""
        (there,) = genres()
        with transaction.atomic():
            there.save()
            self.assertTrue(Genre.objects.using("default").filter(slug="there").exists())
            transaction.set_rollback(True)

    def test_after_an_edit_the_primary_is_read(self):
        """A replica may not have it yet, and caches would be filled with what was before."""
        replica.edited()
        self.assertEqual(genres(), [])
        cache.clear()
        self.assertEqual(len(genres()), 1)

    def test_a_replica_that_is_away_costs_nothing_but_time(self):
        """The primary answers."""
        with connections["replica"].cursor() as cursor:
            cursor.execute("ALTER TABLE catalogue_genre RENAME TO away")
            try:
                with self.assertLogs("ops.replica", "WARNING"):
                    self.assertEqual(genres(), [])
            finally:
                cursor.execute("ALTER TABLE away RENAME TO catalogue_genre")

    def test_migrations_are_the_primarys(self):
        """The replica gets them from there."""
        router = replica.Router()
        self.assertIs(router.allow_migrate("replica", "catalogue"), False)
        self.assertIsNone(router.allow_migrate("default", "catalogue"))


class Settings(SimpleTestCase):
    def test_a_variable_names_it(self):
        """With the port, the name and the account of the primary."""
        look = (
            "import django; django.setup()\n"
            "from django.db import connections, router\n"
            "from catalogue.models import Genre\n"
            "print({c.settings_dict['HOST']: c.settings_dict['USER'] for c in connections.all()})\n"
            "print(router.db_for_read(Genre), router.db_for_write(Genre))\n"
        )
        with TemporaryDirectory() as folder:
            variables = production(Path(folder))
            found = subprocess.run(
                [sys.executable, "-c", look],
                cwd=settings.BASE_DIR,
                env={
                    **variables,
                    "DJANGO_SETTINGS_MODULE": "tv.settings",
                    "MYSQL_REPLICA": "reader",
                },
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        self.assertEqual(found.stderr, "")
        self.assertEqual(found.stdout, "{'mysql': 'tv', 'reader': 'tv'}\ndefault default\n")


class Edits(SimpleTestCase):
    def test_an_edit_says_that_it_was_one(self):
        """Once it is committed, as its series are forgotten."""
        with patch("ops.replica.edited") as edited, patch("catalogue.caches.forget"):
            with patch("rights.availability.refresh"):
                caches.settled(("ferry",))
        edited.assert_called_once_with()
