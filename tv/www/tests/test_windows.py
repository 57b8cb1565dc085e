from datetime import UTC, datetime, timedelta
from io import StringIO

from django.core.management import call_command
from django.test import SimpleTestCase
from django.utils import timezone

from catalogue import windows
from catalogue.models import Series, Window
from tests.stage import NetworkTest, series, window

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

CASES = (
    ("open for good", NOW - HOUR, None, True),
    ("opens this instant", NOW, None, True),
    ("opens later", NOW + HOUR, None, False),
    ("still open", NOW - HOUR, NOW + HOUR, True),
    ("closes this instant", NOW - HOUR, NOW, False),
    ("closed", NOW - 2 * HOUR, NOW - HOUR, False),
)


class IsOpen(SimpleTestCase):
    def test_from_its_first_instant_until_before_its_last(self):
        """Each case is one window against one instant."""
        for name, opens, closes, expected in CASES:
            with self.subTest(name):
                self.assertIs(windows.is_open(Window(opens=opens, closes=closes), NOW), expected)

    def test_any_open_window_will_do(self):
        """A second licence begins where the first ended."""
        past = Window(opens=NOW - 2 * HOUR, closes=NOW - HOUR)
        self.assertTrue(windows.showable([past, Window(opens=NOW)], NOW))
        self.assertFalse(windows.showable([past], NOW))
        self.assertFalse(windows.showable([], NOW))


class Expire(NetworkTest):
    def run_cron(self) -> str:
        out = StringIO()
        call_command("expire_windows", stdout=out)
        return out.getvalue().strip()

    def test_a_closed_window_takes_a_series_off_every_page(self):
        """Also off pages that were in the cache."""
        made = series("gone", "romance")
        self.assertContains(self.at("dramas"), "/series/gone/")
        with window(made, -2 * HOUR, -HOUR):
            self.assertEqual(self.run_cron(), "1 went off, 0 came on")
            self.assertNotContains(self.at("dramas"), "/series/gone/")
            self.assertEqual(self.at("dramas", "/series/gone/").status_code, 404)

    def test_an_opened_window_puts_it_on(self):
        """And a second run finds nothing to do."""
        made = series("new", "romance")
        Series.objects.update(available=False)
        with window(made, -HOUR):
            self.assertEqual(self.run_cron(), "0 went off, 1 came on")
            self.assertEqual(self.run_cron(), "0 went off, 0 came on")
            self.assertContains(self.at("dramas"), "/series/new/")

    def test_a_series_page_does_not_wait_for_the_cron(self):
        """The windows are looked at on every visit, also of a cached title."""
        made = series("ending", "romance")
        with window(made, -HOUR, timedelta(milliseconds=1)):
            self.assertEqual(windows.showable(made.windows.all(), timezone.now() + HOUR), False)
            self.assertEqual(self.at("dramas", "/series/ending/").status_code, 404)
