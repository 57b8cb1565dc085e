from itertools import product
from unittest.mock import patch

from django.core.cache import caches
from django.db import InterfaceError, OperationalError
from django.test import Client, override_settings

from ops.cache import StrictRedisCache
from tests.stage import series
from tests.test_accounts import EMAIL, PASSWORD, AccountTest

AWAY = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "sessions": {"BACKEND": "ops.cache.StrictRedisCache", "LOCATION": "redis://127.0.0.1:1/0"},
}


class Brands(AccountTest):
    def test_each_brand_has_cookies_of_its_own(self):
        """They name no domain, so a browser sends them to no other; scripts do not see sessions."""
        self.viewer()
        self.at("dramas", "/account/sign-in/")
        self.sign_in()
        for name in ("tv_session", "tv_csrf"):
            cookie = self.client.cookies[name]
            self.assertEqual((cookie["domain"], cookie["samesite"]), ("", "Lax"), name)
        self.assertTrue(self.client.cookies["tv_session"]["httponly"])

    def test_a_session_of_one_brand_is_none_of_another(self):
        """Though its cookie was brought there, by a sibling domain or by hand; it stays good."""
        self.viewer()
        self.sign_in("dramas")
        cookie = self.client.cookies["tv_session"].value
        self.assertIsNone(self.who("horror"))
        self.assertEqual(self.client.cookies["tv_session"].value, "")
        self.client.cookies["tv_session"] = cookie
        self.assertEqual(self.who("dramas"), EMAIL)

    def test_one_account_is_good_on_every_brand(self):
        """With a session on each."""
        self.viewer()
        for brand in ("dramas", "documentaries", "horror"):
            self.sign_in(brand)
            self.assertEqual(self.who(brand), EMAIL)

    def test_a_form_is_taken_from_its_own_brand_only(self):
        """A page of another brand, or of another site, cannot send it in a viewer's name."""
        self.viewer()
        browser = Client(enforce_csrf_checks=True)
        host = {"host": "dramas.localhost"}
        browser.get("/account/sign-in/", headers=host)
        form = {"username": EMAIL, "password": PASSWORD}
        token = {"x-csrftoken": browser.cookies["tv_csrf"].value}
        for headers in (
            {},
            {**token, "origin": "http://horror.localhost"},
            {**token, "origin": "http://evil.example"},
            {**token, "origin": "null"},
            {"x-csrftoken": "x" * 32},
        ):
            with self.subTest(headers), self.assertLogs("django.security.csrf", "WARNING"):
                answer = browser.post("/account/sign-in/", form, headers={**host, **headers})
                self.assertContains(answer, "This form is out of date", status_code=403)
        good = {**host, **token, "origin": "http://dramas.localhost"}
        self.assertEqual(browser.post("/account/sign-in/", form, headers=good).status_code, 302)


class Anonymous(AccountTest):
    PAGES = ("/", "/browse/crime/", "/series/ferry/", "/art/ferry.svg", "/series/none/")

    def test_pages_set_no_cookie_and_do_not_vary_by_it(self):
        """So that nginx keeps them for everyone."""
        series("ferry", "crime")
        for path in self.PAGES:
            with self.subTest(path):
                answer = self.at("dramas", path)
                self.assertEqual(answer.cookies, {})
                self.assertNotIn("cookie", answer.headers.get("Vary", "").lower())
                self.assertNotIn("private", answer.headers.get("Cache-Control", ""))

    def test_pages_do_not_ask_for_a_session(self):
        """Not even for the one of a cookie that they do not need."""
        series("ferry", "crime")
        with patch("viewers.sessions.SessionStore.load") as load:
            for path in self.PAGES:
                self.at("dramas", path)
        load.assert_not_called()

    def test_the_pages_of_accounts_are_kept_by_no_cache(self):
        """Not those with an empty form either: each has a token of its own."""
        for path in ("/account/sign-in/", "/account/sign-up/", "/account/reset/", "/account/"):
            with self.subTest(path):
                self.assertIn("no-store", self.at("dramas", path).headers["Cache-Control"])

    def test_an_answer_that_depends_on_a_session_is_private(self):
        """Whatever the view said."""
        self.viewer()
        self.sign_in()
        session = "viewers.middleware.SessionOfBrand.process_request"

        def touch(middleware, request):
            from viewers.middleware import session as of

            request.session = of(request)
            request.session.get("anything")

        with patch(session, touch):
            answer = self.at("dramas")
        self.assertEqual(answer.headers["Cache-Control"], "private, no-cache")
        self.assertIn("Cookie", answer.headers["Vary"])

    def test_cookies_that_make_no_sense_are_those_of_a_stranger(self):
        """The page is there; a session that does not exist is taken from the browser."""
        for value in ("x", "nonsense" * 4, "../../etc/passwd", "%00", "é" * 40, "a" * 4000):
            with self.subTest(value):
                self.client.cookies.clear()
                self.client.cookies["tv_session"] = value
                self.client.cookies["tv_csrf"] = value
                self.assertEqual(self.at("dramas").status_code, 200)
                self.assertIsNone(self.who())


class DatabaseAway(AccountTest):
    def test_who_is_signed_in_gets_what_strangers_get(self):
        """Pages from the cache; and is signed in again when it is back."""
        series("ferry", "crime")
        self.viewer()
        self.sign_in()
        self.at("dramas")
        away = patch(
            "django.contrib.auth.backends.ModelBackend.get_user", side_effect=OperationalError
        )
        with away, self.assertLogs("viewers.backend", "WARNING"):
            self.assertContains(self.at("dramas"), "/series/ferry/")
            self.assertIsNone(self.who())
        self.assertEqual(self.who(), EMAIL)

    def test_a_page_that_is_just_being_made_goes_without_what_is_ones_own(self):
        """It was known who is signed in, and then the database went."""
        series("ferry", "crime")
        self.viewer()
        self.sign_in()
        cases = product(
            (("/", "cards"), ("/series/ferry/", "has")), (OperationalError, InterfaceError)
        )
        for (path, asked), lost in cases:
            self.at("dramas", path)
            with (
                self.subTest(path, lost=lost),
                patch(f"viewers.watchlist.{asked}", side_effect=lost),
                self.assertLogs("pages.personal", "WARNING"),
            ):
                self.assertContains(self.at("dramas", path), "ferry")


class RedisAway(AccountTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(setattr, StrictRedisCache, "away_until", 0.0)
        self.viewer()
        self.sign_in()
        self.cookie = self.client.cookies["tv_session"].value

    def away(self):
        self.enterContext(self.assertLogs("ops.cache", "WARNING"))
        return override_settings(CACHES=AWAY)

    def test_viewers_are_strangers_for_a_while(self):
        """Pages are there, nobody's cookie is taken away, and then all is as before."""
        with self.away():
            self.assertEqual(self.at("dramas").status_code, 200)
            self.assertIsNone(self.who())
        self.assertEqual(self.client.cookies["tv_session"].value, self.cookie)
        self.assertEqual(self.who(), EMAIL)

    def test_signing_in_says_so_kindly(self):
        """Not as an error, nor as a wrong password; and no account is made by halves."""
        with self.away():
            answer = self.sign_in()
            self.assertContains(answer, "Accounts are away for a moment", status_code=503)
            self.assertIn("Retry-After", answer.headers)
            form = {"email": "n@example.com", "password1": PASSWORD, "password2": PASSWORD}
            self.assertEqual(self.send("/account/sign-up/", form).status_code, 503)
        self.assertEqual(self.who(), EMAIL)
        answer = self.send("/account/sign-up/", form)
        self.assertEqual(answer.status_code, 302)

    def test_signing_out_works_all_the_same(self):
        """As far as the browser is concerned, which may be everybody's."""
        with self.away():
            self.assertEqual(self.send("/account/sign-out/").status_code, 302)
        self.assertEqual(self.client.cookies["tv_session"].value, "")

    def test_a_session_that_could_not_be_read_is_not_replaced(self):
        """By an empty one, where it comes back in the middle of a request."""
        from viewers.sessions import SessionStore

        store = SessionStore(self.cookie, "dramas")
        with self.away():
            store._cache = caches["sessions"]
            store["note"] = "new"
        store._cache = caches["sessions"]
        with self.assertRaisesMessage(Exception, "must not be replaced"):
            store.save()
        self.assertEqual(self.who(), EMAIL)
