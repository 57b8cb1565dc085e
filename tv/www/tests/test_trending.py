from unittest.mock import patch

from django.core.cache import cache
from django.test import SimpleTestCase
from kombu.exceptions import OperationalError

from audience import trending
from audience.tasks import refresh_trending
from tests.stage import NetworkTest, series


class Order(SimpleTestCase):
    def test_views_come_first_and_fade(self):
        """A title not seen again loses its place to one that is."""
        scores = trending.order({}, {"a": 10, "b": 6})
        self.assertEqual(list(scores), ["a", "b"])
        for _ in range(10):
            scores = trending.order(scores, {"b": 3})
        self.assertEqual(list(scores), ["b", "a"])

    def test_what_has_faded_is_dropped(self):
        """Scores do not grow without bound, nor does their number."""
        scores = trending.order({"a": 0.05}, {f"s{n}": 1 for n in range(500)})
        self.assertNotIn("a", scores)
        self.assertEqual(len(scores), 5 * trending.MOST)

    def test_equal_scores_have_one_order(self):
        """By name, on every host."""
        self.assertEqual(list(trending.order({}, {"b": 1, "a": 1})), ["a", "b"])


class Views(NetworkTest):
    def test_a_watched_series_leads_the_row(self):
        """The task turns views into the first row of the home page."""
        for n in range(8):
            series(f"series-{n}", "romance", popularity=100 - n)
        for _ in range(3):
            self.at("dramas", "/series/series-7/")
        self.assertNotEqual(trending.slugs("dramas")[:1], ("series-7",))
        refresh_trending("dramas")
        self.assertEqual(trending.slugs("dramas")[:1], ("series-7",))
        self.assertContains(
            self.at("dramas"), '<h2 id="hero" class="display">Series 7</h2>', html=True
        )

    def test_counted_views_are_taken_once(self):
        """A second task without views only fades."""
        series("a", "romance")
        self.at("dramas", "/series/a/")
        refresh_trending("dramas")
        refresh_trending("dramas")
        self.assertEqual(cache.get("trending/dramas"), {"a": trending.FADE})

    def test_many_views_queue_one_task(self):
        """However many viewers come at once."""
        series("a", "romance")
        for _ in range(5):
            self.at("dramas", "/series/a/")
        self.enqueue.assert_called_once_with("dramas")

    def test_a_queue_that_is_away_is_logged(self):
        """And raises nothing."""
        with (
            patch.object(refresh_trending, "apply_async", side_effect=OperationalError("away")),
            self.assertLogs("audience.trending", "WARNING"),
        ):
            trending.send("dramas")
