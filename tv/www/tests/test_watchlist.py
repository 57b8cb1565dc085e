from datetime import timedelta
from unittest.mock import patch

from catalogue import rows
from tests.stage import series, window
from tests.test_accounts import AccountTest
from viewers import watchlist
from viewers.models import Viewer


class WatchList(AccountTest):
    def setUp(self):
        super().setUp()
        self.vera = self.viewer()
        self.sign_in()

    def change(self, slug, action="add", brand="dramas", **more):
        return self.send(f"/list/{slug}/", {"action": action, **more}, brand)

    def listed(self, brand="dramas"):
        return [card.slug for card in self.at(brand, "/list/").context["cards"]]

    def test_what_was_added_last_comes_first(self):
        """A title added again stays where it is; removed and added again it is new."""
        for slug in ("a", "b", "c"):
            series(slug, "crime")
            self.change(slug)
        self.change("a")
        self.assertEqual(self.listed(), ["c", "b", "a"])
        self.change("a", "remove")
        self.change("a")
        self.assertEqual(self.listed(), ["a", "c", "b"])

    def test_one_list_on_every_brand(self):
        """Each shows what it has of it, and takes only what it has."""
        series("low-tide", "crime")
        series("the-well", "ghost")
        self.change("low-tide")
        self.assertEqual(self.change("the-well").status_code, 404)
        self.sign_in("horror")
        self.change("the-well", brand="horror")
        self.assertEqual(self.listed("horror"), ["the-well"])
        self.assertEqual(self.vera.watch_list.count(), 2)

    def test_it_is_of_one_viewer(self):
        """Another has another."""
        made = series("low-tide", "crime")
        other = Viewer.objects.create_user("other@example.com", "x")
        watchlist.add(other, made)
        self.assertEqual(self.listed(), [])
        self.change("low-tide", "remove")
        self.assertTrue(watchlist.has(other, made))

    def test_what_may_not_be_watched_is_not_shown_and_not_lost(self):
        """A licence that ended may be renewed."""
        made = series("low-tide", "crime")
        self.change("low-tide")
        with window(made, timedelta(days=-9), timedelta(days=-1)):
            rows.forget("dramas")
            self.assertEqual(self.listed(), [])
        with window(made, timedelta(days=-9)):
            rows.forget("dramas")
            self.assertEqual(self.listed(), ["low-tide"])

    def test_it_does_not_grow_for_ever(self):
        """The oldest makes room."""
        with patch.object(watchlist, "MOST", 2):
            for slug in ("a", "b", "c"):
                watchlist.add(self.vera, series(slug, "crime"))
        self.assertEqual(self.listed(), ["c", "b"])

    def test_back_to_the_page_of_the_button(self):
        """And to no other site."""
        series("low-tide", "crime")
        for after, wanted in {
            "/series/low-tide/": "/series/low-tide/",
            "": "/list/",
            "http://evil.example/": "/list/",
            "//evil.example": "/list/",
        }.items():
            with self.subTest(after):
                answer = self.change("low-tide", next=after)
                self.assertRedirects(answer, wanted, fetch_redirect_response=False)

    def test_requests_that_are_wrong(self):
        """Each gets its own answer, and nothing is changed."""
        series("low-tide", "crime")
        self.assertEqual(self.change("none").status_code, 404)
        self.assertEqual(self.change("low-tide", "burn").status_code, 400)
        self.assertEqual(self.at("dramas", "/list/low-tide/").status_code, 405)
        self.client.cookies.clear()
        self.assertEqual(
            self.change("low-tide").headers["Location"],
            "/account/sign-in/?next=/list/low-tide/",
        )
        self.assertEqual(self.vera.watch_list.count(), 0)

    def test_its_queries_do_not_grow(self):
        """Viewer and list, besides what the brand has."""
        for n in range(10):
            watchlist.add(self.vera, series(f"series-{n}", "crime"))
        self.listed()
        with self.assertNumQueries(2):
            self.assertEqual(len(self.listed()), 10)
