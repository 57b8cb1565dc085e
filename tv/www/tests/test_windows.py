from datetime import timedelta
from io import StringIO
from unittest.mock import patch

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import SimpleTestCase
from django.utils import timezone

from catalogue.models import Episode, Series
from rights import countries
from rights.models import Window
from tests.stage import NetworkTest, series, window

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Expire(NetworkTest):
    def run_cron(self) -> str:
        out = StringIO()
        call_command("expire_windows", stdout=out)
        return out.getvalue().strip()

    def test_a_closed_window_takes_a_series_off_every_page(self):
        """Also off pages that were in the cache."""
        made = series("gone", "romance")
        self.assertContains(self.at("dramas"), "/series/gone/")
        with window(made, -2 * HOUR, -HOUR / 2):
            self.assertEqual(self.run_cron(), "1 went off, 0 came on, 1 changed for some")
            self.assertNotContains(self.at("dramas"), "/series/gone/")
            self.assertEqual(self.at("dramas", "/series/gone/").status_code, 404)

    def test_an_opened_window_puts_it_on(self):
        """And a second run finds nothing to do."""
        made = series("new", "romance")
        Series.objects.update(available=False)
        with window(made, -HOUR / 2):
            self.assertEqual(self.run_cron(), "0 went off, 1 came on, 1 changed for some")
            self.assertEqual(self.run_cron(), "0 went off, 0 came on, 0 changed for some")
            self.assertContains(self.at("dramas"), "/series/new/")

    def test_a_window_of_an_episode_keeps_its_series_on_air(self):
        """Any level counts."""
        made = series("one-part", "romance")
        episode = Episode.objects.filter(season__series=made).first()
        with window(made, -2 * HOUR, -HOUR):
            Window.objects.create(episode=episode, opens=timezone.now() - HOUR)
            self.run_cron()
            self.assertTrue(Series.objects.get(pk=made.pk).available)

    def test_pages_do_not_wait_for_the_cron(self):
        """What is cached holds the windows, and they are looked at on every visit: the hour
        strikes, and the title is off the home page and its own."""
        made = series("ending", "romance")
        with window(made, -HOUR, HOUR):
            self.assertContains(self.at("dramas"), "/series/ending/")
            self.assertContains(self.at("dramas", "/series/ending/"), "Ending")
            closes = made.windows.get().closes
            with patch("django.utils.timezone.now", return_value=closes), self.assertNumQueries(0):
                self.assertNotContains(self.at("dramas"), "/series/ending/")
                self.assertEqual(self.at("dramas", "/series/ending/").status_code, 404)

    def test_pages_do_not_wait_for_the_cron_to_open_either(self):
        """A title that is to come is in the cache already, and seen by nobody before its hour."""
        made = series("coming", "romance")
        with window(made, HOUR):
            self.assertNotContains(self.at("dramas"), "/series/coming/")
            self.assertEqual(self.at("dramas", "/series/coming/").status_code, 404)
            opens = made.windows.get().opens
            with patch("django.utils.timezone.now", return_value=opens), self.assertNumQueries(0):
                self.assertContains(self.at("dramas"), "/series/coming/")
                self.assertContains(self.at("dramas", "/series/coming/"), "Coming")


class Windows(NetworkTest):
    def test_a_window_is_of_exactly_one_level(self):
        """The database says so, and the form says how."""
        made = series("a", "romance")
        season = made.seasons.get()
        now = timezone.now()
        for wrong in ({}, {"series": made, "season": season}):
            with self.subTest(wrong), self.assertRaises(IntegrityError), transaction.atomic():
                Window.objects.create(opens=now, **wrong)
            with self.assertRaisesMessage(ValidationError, "only one"):
                Window(opens=now, **wrong).full_clean()

    def test_a_window_closes_after_it_opens(self):
        """Not at the same instant, which no viewer could use."""
        made, now = series("a", "romance"), timezone.now()
        with self.assertRaisesMessage(ValidationError, "must close after"):
            Window(series=made, opens=now, closes=now).full_clean()
        with self.assertRaises(IntegrityError), transaction.atomic():
            Window.objects.create(series=made, opens=now, closes=now)

    def test_a_country_is_in_one_list(self):
        """To include and exclude it is a slip."""
        made = series("a", "romance")
        wrong = Window(series=made, opens=timezone.now(), include="us kr", exclude="US")
        with self.assertRaisesMessage(ValidationError, "Also in the other list: US."):
            wrong.full_clean()

    def test_countries_are_stored_in_one_form(self):
        """However an editor writes them."""
        made = series("a", "romance")
        found = Window(series=made, opens=timezone.now(), include="us, kr;jp  us")
        found.full_clean()
        self.assertEqual(found.include, "JP KR US")


class Countries(SimpleTestCase):
    def test_there_are_as_many_as_in_iso_3166(self):
        """249, each of two capital letters."""
        self.assertEqual(len(countries.CODES), 249)
        self.assertTrue(all(len(code) == 2 and code.isupper() for code in countries.CODES))

    def test_what_is_no_country_is_named(self):
        """With the usual slip explained."""
        with self.assertRaisesMessage(ValidationError, "No country: UK, XX (the United Kingdom"):
            countries.normal("US xx uk")
