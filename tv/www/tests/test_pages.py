from unittest.mock import patch

from django.core.cache import cache
from django.db import OperationalError
from django.urls import reverse

from art.posters import version
from brands import domains
from catalogue import rows, titles
from ops.remembered import at_hand
from rights.entitlement import Viewer
from tests.stage import NetworkTest, series


class Home(NetworkTest):
    def test_it_opens_with_what_is_most_popular(self):
        """The first title of the first row is the hero as well."""
        for n in range(7):
            series(f"series-{n}", "romance", popularity=n)
        self.assertContains(
            self.at("dramas"), '<h2 id="hero" class="display">Series 6</h2>', html=True
        )

    def test_its_queries_do_not_grow_with_the_catalogue(self):
        """Brands, series, genres and windows, and a closer look at windows of parts."""
        for n in range(30):
            series(f"series-{n}", ("romance", "crime", "family")[n % 3])
        with self.assertNumQueries(5):
            self.at("dramas")

    def test_a_second_visit_asks_the_database_nothing(self):
        """All it shows is in the cache."""
        series("a", "romance")
        self.at("dramas")
        with self.assertNumQueries(0):
            self.at("dramas")

    def test_it_is_served_stale_while_the_database_is_away(self):
        """Old rows are better than none."""
        series("a-very-old-favourite", "romance")
        with patch.object(rows, "FRESH", 0):
            self.at("dramas")
            with (
                patch("catalogue.rows.read_stock", side_effect=OperationalError("gone")),
                self.assertLogs("ops.remembered", "WARNING"),
            ):
                self.assertEqual(self.at("dramas").status_code, 200)

    def test_without_the_database_and_a_copy_it_asks_to_come_again(self):
        """503, not an error of ours; and nothing that a cache would keep."""
        self.at("dramas")
        cache.clear()
        at_hand.clear()
        with (
            patch("catalogue.rows.read_stock", side_effect=OperationalError("gone")),
            self.assertLogs("ops.middleware", "WARNING"),
        ):
            answer = self.at("dramas")
        self.assertContains(answer, "We will be right back", status_code=503)
        self.assertEqual(answer.headers["Retry-After"], "5")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")

    def test_it_lives_on_without_redis(self):
        """What the process has at hand is served while it is fresh."""
        series("a", "romance")
        self.at("dramas")
        cache.clear()
        with self.assertNumQueries(0):
            self.assertContains(self.at("dramas"), "/series/a/")

    def test_an_empty_catalogue_says_so(self):
        """No row, no hero, no error."""
        self.assertContains(self.at("dramas"), "Nothing is on just now")

    def test_its_cards_lead_to_pages(self):
        """Their addresses are those of the URL configuration, though made without it."""
        made = series("a", "romance")
        card = rows.shelf(domains.of("dramas.localhost"), "US", Viewer()).cards[0]
        self.assertEqual(card.address, reverse("series", args=("a",)))
        self.assertEqual(card.poster, f"{reverse('poster', args=('a',))}?v={version(made.title)}")

    def test_a_row_too_short_is_left_out(self):
        """Five titles are on the trending row and make no genre row."""
        for n in range(rows.SHORTEST - 1):
            series(f"series-{n}", "romance")
        self.assertNotContains(self.at("dramas"), "row-romance")

    def test_a_shared_cache_may_keep_it_a_second(self):
        """And it carries no cookie, so it is the same for everyone."""
        answer = self.at("dramas")
        self.assertIn("s-maxage=1", answer.headers["Cache-Control"])
        self.assertEqual(answer.cookies, {})

    def test_an_unchanged_page_is_not_sent_again(self):
        """A browser that has it gets 304."""
        etag = self.at("dramas").headers["ETag"]
        again = self.client.get("/", headers={"host": "dramas.localhost", "if-none-match": etag})
        self.assertEqual(again.status_code, 304)

    def test_the_mark_is_the_icon_of_pages_that_name_none(self):
        """Each brand's own."""
        for brand, theme in (("dramas", "lantern"), ("horror", "nightjar")):
            with self.subTest(brand):
                where = self.at(brand, "/favicon.ico").headers["Location"]
                self.assertRegex(where, rf"/marks/{theme}[^/]*\.svg$")

    def test_pages_are_only_read(self):
        """Whatever is sent to them is refused."""
        answer = self.client.post("/", {"a": "b"}, headers={"host": "dramas.localhost"})
        self.assertEqual(answer.status_code, 405)


class SeriesPage(NetworkTest):
    def test_it_lists_the_episodes_of_a_season(self):
        """The first season by default, another by its address."""
        series("long-run", "romance", seasons=2)
        self.assertContains(self.at("dramas", "/series/long-run/"), "Part 1.2")
        second = self.at("dramas", "/series/long-run/season-2/")
        self.assertContains(second, "Part 2.1")
        self.assertNotContains(second, "Part 1.1")
        self.assertContains(second, "<title>Long Run, season 2 on Lantern</title>", html=True)

    def test_its_queries_do_not_grow_with_episodes(self):
        """Series, artwork, episodes, windows and credits, besides brands and the stock's four."""
        series("long-run", "romance", seasons=9)
        with self.assertNumQueries(10):
            self.at("dramas", "/series/long-run/")

    def test_unknown_series_and_seasons_are_missing(self):
        """With a page that leads back."""
        series("short", "romance")
        for path in ("/series/none/", "/series/short/season-2/", "/series/short/season-0/"):
            with self.subTest(path):
                self.assertContains(self.at("dramas", path), "Not on the schedule", status_code=404)

    def test_titles_are_escaped(self):
        """A title is text, whatever it contains."""
        made = series("odd", "romance")
        made.title = "<b>&</b>"
        made.save()
        self.assertContains(self.at("dramas", "/series/odd/"), "&lt;b&gt;&amp;&lt;/b&gt;")

    def test_a_missing_title_is_remembered_only_briefly(self):
        """Invented names must not fill the cache."""
        with patch("ops.remembered.cache.set") as kept:
            self.at("dramas", "/series/none/")
        waits = [call.args[2] for call in kept.call_args_list if "none" in call.args[0]]
        self.assertEqual(waits, [titles.FRESH])


class Browse(NetworkTest):
    def test_it_shows_one_genre(self):
        """And no other."""
        series("low-tide", "crime")
        series("ferry", "romance")
        answer = self.at("dramas", "/browse/crime/")
        self.assertContains(answer, "Low Tide")
        self.assertNotContains(answer, "Ferry")

    def test_a_genre_of_another_brand_is_missing(self):
        """Though the network has it."""
        self.assertEqual(self.at("dramas", "/browse/ghost/").status_code, 404)


class Artwork(NetworkTest):
    def test_a_versioned_address_is_kept_for_ever(self):
        """One without the right version, as just after an edit, is kept a minute."""
        made = series("ferry", "romance")
        good = self.at("dramas", f"/art/ferry.svg?v={version(made.title)}")
        self.assertEqual(good.headers["Content-Type"], "image/svg+xml")
        self.assertIn("immutable", good.headers["Cache-Control"])
        old = self.at("dramas", "/art/ferry.svg?v=old")
        self.assertEqual(old.headers["Cache-Control"], "public, max-age=60")

    def test_no_artwork_of_unknown_series(self):
        """Neither poster nor scene; asked for too early, it is there soon after the series is."""
        with patch("ops.remembered.cache.set") as kept:
            self.assertEqual(self.at("dramas", "/art/none.svg").status_code, 404)
        waits = [call.args[2] for call in kept.call_args_list if "none" in call.args[0]]
        self.assertEqual(waits, [60])
        self.assertEqual(self.at("dramas", "/art/none/wide.svg").status_code, 404)
