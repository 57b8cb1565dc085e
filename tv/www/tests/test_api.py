from unittest.mock import patch
from urllib.parse import urlencode

import jwt
from django.conf import settings
from django.db import OperationalError
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone

from api.v1.app import app
from api.v1.fresh import SHARED
from catalogue import caches, rows
from catalogue.models import Credit, Episode, Genre, Partner, Person, Season, Series
from ops.remembered import at_hand
from playback import progress
from playback.models import Asset, SubtitleTrack
from rights.models import Window
from tests.stage import NetworkTest, series, varies
from viewers.models import Viewer

PROBLEM = "application/problem+json"


def unasked(*_, **__):
    raise AssertionError("an answer is made that was not needed")


class ApiTest(NetworkTest):
    def ask(self, path, method="get", brand="dramas", data=None, **headers):
        send = getattr(self.client, method)
        headers = {"host": f"{brand}.localhost", **headers}
        return send(f"/api/v1{path}", data, headers=headers)

    def assertProblem(self, answer, status, kept="no-store"):
        self.assertEqual(answer.status_code, status, answer.content)
        self.assertEqual(answer.headers["Content-Type"], PROBLEM)
        self.assertEqual(answer.headers["Cache-Control"], kept)
        body = answer.json()
        self.assertEqual((body["status"], body["type"]), (status, "about:blank"))
        self.assertTrue(body["title"] and body["detail"])
        return body


class Catalogue(ApiTest):
    def test_the_brand_is_that_of_the_domain(self):
        """As on pages."""
        self.assertEqual(self.ask("/brand").json()["name"], "Lantern")
        self.assertEqual(self.ask("/brand", brand="horror").json()["name"], "Nightjar")

    def test_titles_are_those_that_the_brand_shows(self):
        """By genre, kind and country; the most popular first."""
        series("low-tide", "crime", popularity=5)
        series("ferry", "romance", popularity=50)
        series("attic", "ghost")
        slugs = lambda path: [item["slug"] for item in self.ask(path).json()["items"]]  # noqa: E731
        self.assertEqual(slugs("/titles"), ["ferry", "low-tide"])
        self.assertEqual(slugs("/titles?genre=crime"), ["low-tide"])
        self.assertEqual(slugs("/titles?genre=ghost"), [])
        self.assertEqual(slugs("/titles?country=KR&kind=series"), ["ferry", "low-tide"])
        self.assertEqual(slugs("/titles?country=JP"), [])
        self.assertEqual(slugs("/titles?kind=film"), [])

    def test_pages_of_titles_make_up_the_list(self):
        """Also where several are equally popular, and while others come on."""
        for number in range(7):
            series(f"series-{number}", "crime", popularity=number // 3)
        found, cursor = [], ""
        for page in range(4):
            answer = self.ask(f"/titles?limit=2{cursor}").json()
            found += [item["slug"] for item in answer["items"]]
            cursor = f"&cursor={answer['next']}"
            if page == 1:
                series("popular", "crime", popularity=99)
                rows.forget("dramas")
                at_hand.clear()
        self.assertIsNone(answer["next"])
        self.assertEqual(found, [f"series-{n}" for n in (6, 3, 4, 5, 0, 1, 2)])

    def test_queries_do_not_grow_with_titles(self):
        """Brands, series and genres, once a minute; then none at all."""
        for number in range(30):
            series(f"series-{number}", "crime")
        for path, queries in (
            ("/titles?limit=100", 5), ("/home", 5), ("/genres", 5), ("/titles/series-1", 7),
        ):  # fmt: skip
            self.setUp()
            with self.subTest(path), self.assertNumQueries(queries):
                self.assertEqual(self.ask(path).status_code, 200)
            with self.subTest(path), self.assertNumQueries(0):
                self.ask(path)

    def test_a_title_has_its_episodes(self):
        """Each with whether the caller may play it, and why not."""
        made = series("long-run", "crime", seasons=2)
        episode = made.seasons.get(number=2).episodes.get(number=2)
        Window.objects.create(episode=episode, opens=timezone.now(), tier="premium")
        found = self.ask("/titles/long-run").json()
        self.assertEqual([len(part["episodes"]) for part in found["seasons"]], [2, 2])
        first, last = found["seasons"][0]["episodes"][0], found["seasons"][1]["episodes"][1]
        self.assertEqual(first["access"] | {"until": None},
            {"allowed": True, "ads": True, "until": None, "reason": None, "hint": None, "at": None},
        )  # fmt: skip
        self.assertEqual((last["access"]["allowed"], last["access"]["reason"]), (False, "premium"))
        self.assertIn("premium account", last["access"]["hint"])
        self.client.force_login(Viewer.objects.create_user("ada@example.com", tier="premium"))
        found = self.ask("/titles/long-run").json()
        access = found["seasons"][1]["episodes"][1]["access"]
        self.assertEqual((access["allowed"], access["ads"]), (True, False))

    def test_a_video_brings_its_subtitles(self):
        """By language; an episode without one says so."""
        made = series("long-run", "crime")
        asset = Asset.objects.create(slug="clip", version="v1")
        for language in ("ko", "en"):
            SubtitleTrack.objects.create(asset=asset, language=language)
        made.seasons.get().episodes.filter(number=1).update(asset=asset)
        first, second = self.ask("/titles/long-run").json()["seasons"][0]["episodes"]
        self.assertEqual((first["video"], first["subtitles"]), (True, ["en", "ko"]))
        self.assertEqual((second["video"], second["subtitles"]), (False, []))

    def test_a_new_video_is_told_at_once(self):
        """Not when what is remembered has grown old."""
        made = series("ferry", "romance")
        asset = Asset.objects.create(slug="clip")
        Episode.objects.filter(season__series=made).update(asset=asset)
        videos = lambda: [  # noqa: E731
            each["video"] for each in self.ask("/titles/ferry").json()["seasons"][0]["episodes"]
        ]
        self.assertEqual(videos(), [False, False])
        Asset.objects.update(version="v1")
        self.assertEqual(videos(), [False, False])
        caches.published(asset.pk)
        self.assertEqual(videos(), [True, True])

    def test_what_may_not_be_watched_here_is_not_here(self):
        """In another country, before its window and after it, and at another brand."""
        made = series("ferry", "romance")
        made.windows.update(include="KR")
        korea = {settings.COUNTRY_HEADER: "KR"}
        self.assertEqual(self.ask("/titles").json()["items"], [])
        self.assertProblem(self.ask("/titles/ferry"), 404, SHARED)
        self.assertEqual(len(self.ask("/titles", **korea).json()["items"]), 1)
        self.assertEqual(self.ask("/titles/ferry", **korea).status_code, 200)
        self.assertProblem(self.ask("/titles/ferry", brand="horror", **korea), 404, SHARED)


class Freshness(ApiTest):
    def setUp(self):
        super().setUp()
        self.made = Series.objects.filter(slug="ferry").first() or series("ferry", "romance")

    PATHS = ("/brand", "/home", "/genres", "/titles", "/titles/ferry")

    def test_shared_caches_may_keep_what_anyone_may_see(self):
        """For a second; it sets no cookie and varies by compression and country alone."""
        for path in self.PATHS:
            with self.subTest(path):
                answer = self.ask(path)
                self.assertIn("public", answer.headers["Cache-Control"])
                self.assertIn("s-maxage=1", answer.headers["Cache-Control"])
                self.assertLessEqual(varies(answer), {"Accept-Encoding", settings.COUNTRY_HEADER})
                self.assertEqual(answer.cookies, {})

    def test_what_a_viewer_sees_is_the_viewers(self):
        """No shared cache keeps it."""
        self.client.force_login(Viewer.objects.create_user("ada@example.com"))
        for path in self.PATHS:
            with self.subTest(path):
                answer = self.ask(path)
                self.assertEqual(answer.status_code, 200)
                self.assertEqual(answer.headers["Cache-Control"], "private, no-cache")

    def test_what_has_not_changed_is_not_made_again(self):
        """A known ETag is answered by the catalogue's version alone; one from before is not."""
        crime = Genre.objects.get(slug="crime")
        for path in self.PATHS[1:]:
            etag = self.ask(path).headers["ETag"]
            self.assertTrue(etag.startswith('W/"'))
            known = {"if-none-match": f'"other", {etag}'}
            with (
                self.subTest(path),
                patch("ninja.renderers.json.dumps", side_effect=AssertionError),
            ):
                again = self.ask(path, **known)
                self.assertEqual((again.status_code, again.content), (304, b""))
                self.assertEqual(again.headers["ETag"], etag)
            Series.objects.filter(pk=self.made.pk).update(title=f"New for {path}", genre=crime)
            self.setUp()
            self.assertEqual(self.ask(path, **known).status_code, 200)

    def test_what_others_have_to_do_with_a_title_counts(self):
        """Whose name it is in: a partner's, or one of the people that a search finds."""
        person = Person.objects.create(slug="ada", name="Ada Winter")
        Credit.objects.create(series=self.made, person=person, role="cast")
        for path, change in (
            ("/titles/ferry", lambda: Partner.objects.update(name="Renamed")),
            ("/search?q=winter", lambda: Person.objects.update(name="Ada Winterson")),
        ):
            known = {"if-none-match": self.ask(path).headers["ETag"]}
            self.assertEqual(self.ask(path, **known).status_code, 304)
            change()
            self.setUp()
            with self.subTest(path):
                self.assertEqual(self.ask(path, **known).status_code, 200)

    def test_head_is_get_without_its_body(self):
        """With the same headers."""
        got, head = self.ask("/titles"), self.ask("/titles", "head")
        self.assertEqual((head.status_code, head.content), (200, b""))
        self.assertEqual(head.headers["ETag"], got.headers["ETag"])


class Problems(ApiTest):
    def test_every_error_is_a_problem(self):
        """Wherever in the stack it arises."""
        for path, method, status in (
            ("/nothing", "get", 404),
            ("/", "get", 404),
            ("/titles", "post", 405),
            ("/me", "delete", 405),
            ("/me", "get", 401),
            ("/titles?limit=many", "get", 422),
            ("/titles?limit=0", "get", 422),
            ("/titles?kind=opera", "get", 422),
            ("/titles?cursor=", "get", 422),
            ("/titles?cursor=AAAA", "get", 404),
            ("/titles?country=kr", "get", 422),
        ):
            with self.subTest(path, method=method):
                self.assertProblem(self.ask(path, method), status)
        self.assertProblem(self.ask("/brand", brand="nobody"), 404)
        self.assertProblem(self.client.get("/api/v1/brand", headers={"host": "evil.example"}), 400)
        self.assertProblem(self.client.get("/api/", headers={"host": "dramas.localhost"}), 404)

    def test_a_form_that_is_too_much(self):
        """Which is read where it may hold the CSRF token of a session."""
        browser = Browser(enforce_csrf_checks=True, raise_request_exception=False)
        browser.force_login(Viewer.objects.create_user("ada@example.com"))
        browser.cookies["tv_csrf"] = "x" * 32
        headers = {"host": "dramas.localhost"}
        for setting, form, status, detail in (
            ("MEMORY_SIZE", {"a": "x" * 2000}, 413, "the request is too large"),
            ("NUMBER_FIELDS", dict.fromkeys("abc", "x"), 400, "the request cannot be understood"),
        ):
            kind = "application/x-www-form-urlencoded"
            with (
                self.subTest(status),
                override_settings(**{f"DATA_UPLOAD_MAX_{setting}": 2}),
            ):
                answer = browser.post("/api/v1/playback/1", urlencode(form), kind, headers=headers)
                self.assertEqual(self.assertProblem(answer, status)["detail"], detail)

    def test_a_wrong_value_is_named(self):
        """With its place."""
        body = self.assertProblem(self.ask("/titles?limit=many&kind=opera"), 422)
        self.assertEqual([(e["in"], e["name"]) for e in body["errors"]],
                         [("query", "kind"), ("query", "limit")])  # fmt: skip

    def test_methods_that_are_allowed_are_told(self):
        """With 405."""
        self.assertEqual(self.ask("/titles", "post").headers["Allow"], "GET")

    def test_an_error_of_ours_tells_nothing_of_us(self):
        """Nor is it kept."""
        browser = Browser(raise_request_exception=False)
        headers = {"host": "dramas.localhost"}
        with patch("catalogue.rows.shelf", side_effect=RuntimeError("secret")):
            answer = browser.get("/api/v1/titles", headers=headers)
        self.assertProblem(answer, 500)
        self.assertNotIn(b"secret", answer.content)

    def test_a_database_that_is_away_is_told(self):
        """With when to come again."""
        with patch("catalogue.rows.read_stock", side_effect=OperationalError("gone")):
            answer = self.ask("/titles")
        self.assertProblem(answer, 503)
        self.assertEqual(answer.headers["Retry-After"], "5")


class Search(ApiTest):
    def test_it_finds_what_the_caller_may_watch(self):
        """However it is written; nothing of another brand, or of another country."""
        series("spider-man", "crime")
        series("attic", "ghost")
        for text in ("spider man", "Spiderman", "SPIDER-MAN"):
            found = self.ask("/search", data={"q": text}).json()["items"]
            self.assertEqual([item["title"]["slug"] for item in found], ["spider-man"])
        self.assertEqual(self.ask("/search?q=attic").json()["items"], [])
        self.assertProblem(self.ask("/search"), 422)
        self.assertProblem(self.ask("/search?q="), 422)
        self.assertProblem(self.ask("/search?q=" + "a" * 101), 422)


class Playing(ApiTest):
    KEY = {"x-playback-key": "a-random-text-of-an-app"}

    def setUp(self):
        super().setUp()
        made = series("long-run", "crime", seasons=2)
        asset = Asset.objects.create(slug="clip", version="v1", duration=61.5)
        SubtitleTrack.objects.create(asset=asset, language="en", label="English")
        Episode.objects.filter(season__series=made).update(asset=asset)
        self.first, self.last, self.second = (
            Episode.objects.get(season__number=season, number=number)
            for season, number in ((1, 1), (1, 2), (2, 1))
        )

    def play(self, episode, **headers):
        return self.ask(f"/playback/{episode}", "post", **headers)

    def test_an_app_gets_addresses_for_its_key(self):
        """And where to report, and what comes next, also over a season's end."""
        answer = self.play(self.last.pk, **self.KEY)
        self.assertEqual(answer.status_code, 200, answer.content)
        self.assertEqual((answer.headers["Cache-Control"], answer.cookies), ("no-store", {}))
        body = answer.json()
        self.assertRegex(body["playlist"], r"^/media/[\w-]{22}/\d+/clip/v1/.+\.m3u8$")
        self.assertEqual(body["subtitles"][0]["language"], "en")
        self.assertEqual((body["duration"], body["ads"]), (61.5, True))
        self.assertRegex(body["progress"]["url"], rf"^/api/v1/progress/a\w+/{self.last.pk}$")
        following = body["next"]
        self.assertEqual((following["id"], following["label"]), (self.second.pk, "S2 E1"))
        self.assertEqual((following["season"], following["number"]), (2, 1))
        self.assertEqual(following["address"], f"/watch/{self.second.pk}/")
        again = self.play(self.first.pk, **self.KEY).json()
        self.assertEqual(again["progress"]["url"].rsplit("/", 1)[0],
                         body["progress"]["url"].rsplit("/", 1)[0])  # fmt: skip

    def test_a_special_is_called_one(self):
        """It has no season that a viewer would know."""
        season = Season.objects.create(series=Series.objects.get(), number=0, year=2024)
        first, second = (
            Episode.objects.create(
                season=season, number=n, title="On the pier", duration=60,
                asset=Asset.objects.get(),
            )
            for n in (2, 3)
        )  # fmt: skip
        following = self.play(first.pk, **self.KEY).json()["next"]
        self.assertEqual((following["id"], following["label"]), (second.pk, "Special 3"))
        self.assertEqual((following["season"], following["number"]), (0, 3))

    def test_what_comes_next_may_be_refused(self):
        """It is told all the same, with the reason and what to do about it."""
        Window.objects.create(episode=self.last, opens=timezone.now(), tier="premium")
        following = self.play(self.first.pk, **self.KEY).json()["next"]
        access = following["access"]
        self.assertEqual((following["id"], access["allowed"]), (self.last.pk, False))
        self.assertEqual(access["reason"], "premium")
        self.assertEqual(access["hint"], "Sign in with a premium account to watch it.")

    def test_a_viewer_reports_as_that_viewer(self):
        """With a token that is good for nobody else, and for an hour; a browser without an account
        is told that the place is not one's."""
        self.assertIs(self.play(self.first.pk).json()["progress"]["account"], False)
        viewer = Viewer.objects.create_user("ada@example.com")
        self.client.force_login(viewer)
        where = self.play(self.first.pk, **self.KEY).json()["progress"]
        self.assertEqual(where["url"], f"/api/v1/progress/v{viewer.pk}/{self.first.pk}")
        self.assertIs(where["account"], True)
        claims = jwt.decode(where["token"], options={"verify_signature": False})
        self.assertEqual((claims["sub"], claims["aud"]), (f"v{viewer.pk}", "progress"))
        self.assertEqual(claims["exp"] - claims["iat"], 3600)

    def test_what_may_not_be_played_says_why(self):
        """With what to do about it; nothing tells of an episode that is not of this brand."""
        Window.objects.create(episode=self.first, opens=timezone.now(), tier="premium")
        body = self.assertProblem(self.play(self.first.pk, **self.KEY), 403)
        self.assertEqual(body["reason"], "premium")
        self.assertIn("premium account", body["hint"])
        Episode.objects.update(asset=None)
        body = self.assertProblem(self.play(self.last.pk, **self.KEY), 403)
        self.assertEqual(body["reason"], "no-video")
        self.assertProblem(self.ask(f"/playback/{self.last.pk}", "post", brand="horror"), 404)
        for wrong in (0, -1, 2**63, 10**30, "one"):
            with self.subTest(wrong):
                self.assertIn(self.play(wrong).status_code, (404, 422))
        self.assertProblem(self.play(self.last.pk, **{"x-playback-key": "short"}), 422)

    def test_another_site_cannot_begin_to_play(self):
        """A session counts only with its CSRF token."""
        browser = Browser(enforce_csrf_checks=True)
        browser.force_login(Viewer.objects.create_user("ada@example.com"))
        address = f"/api/v1/playback/{self.first.pk}"
        answer = browser.post(address, headers={"host": "dramas.localhost"})
        self.assertProblem(answer, 403)

    def test_queries_do_not_grow_with_episodes(self):
        """Those of the decision, of the asset and of what comes next."""
        self.play(self.first.pk)
        with self.assertNumQueries(7):
            self.assertEqual(self.play(self.first.pk, **self.KEY).status_code, 200)


class Mine(ApiTest):
    def setUp(self):
        super().setUp()
        self.viewer = Viewer.objects.create_user("ada@example.com", name="Ada")
        self.client.force_login(self.viewer)

    def test_the_watch_list_is_kept_in_order(self):
        """That added last first; twice is once, and what is not on it is taken off in vain."""
        for name in ("a", "b", "c", "d"):
            series(name, "crime")
            self.assertEqual(self.ask(f"/me/watchlist/{name}", "put").status_code, 204)
        self.assertEqual(self.ask("/me/watchlist/a", "put").status_code, 204)
        self.assertEqual(self.ask("/me/watchlist/c", "delete").status_code, 204)
        self.assertEqual(self.ask("/me/watchlist/c", "delete").status_code, 204)
        answer = self.ask("/me/watchlist?limit=2")
        self.assertIn("private", answer.headers["Cache-Control"])
        page = answer.json()
        self.assertEqual([item["slug"] for item in page["items"]], ["d", "b"])
        rest = self.ask(f"/me/watchlist?limit=2&cursor={page['next']}").json()
        self.assertEqual(([item["slug"] for item in rest["items"]], rest["next"]), (["a"], None))
        self.assertProblem(self.ask("/me/watchlist/none", "put"), 404)
        self.assertProblem(self.ask("/me/watchlist/a", "put", brand="horror"), 404)

    def test_it_goes_on_where_the_viewer_was(self):
        """As the progress service has it."""
        episode = series("ferry", "romance").seasons.get().episodes.get(number=1)
        seen = progress.Position(episode.pk, 600.0, 3000.0, timezone.now())
        with patch("playback.progress.positions", return_value=(seen,)):
            (found,) = self.ask("/me/continue").json()["items"]
        self.assertEqual((found["title"]["slug"], found["episode"], found["position"]),
                         ("ferry", episode.pk, 600.0))  # fmt: skip

    def test_it_is_nobody_elses(self):
        """Without an account, 401."""
        self.client.logout()
        for path in ("/me", "/me/watchlist", "/me/continue"):
            self.assertProblem(self.ask(path), 401)
        self.assertProblem(self.ask("/me/watchlist/a", "put"), 401)


class RateLimits(ApiTest):
    def test_one_viewers_app_is_slowed_down_and_nobody_else(self):
        """With 429 and when to come again; who has no account is nginx's."""
        throttle = app.throttle[0]
        few = type(throttle.limit)("few", most=3, seconds=60)
        ada, bob = Browser(), Browser()
        for browser, name in ((ada, "ada"), (bob, "bob")):
            browser.force_login(Viewer.objects.create_user(f"{name}@example.com"))
        ask = lambda browser: browser.get("/api/v1/me", headers={"host": "dramas.localhost"})  # noqa: E731
        with patch.object(throttle, "limit", few):
            self.assertEqual([ask(ada).status_code for _ in range(3)], [200] * 3)
            refused = ask(ada)
            self.assertProblem(refused, 429)
            self.assertGreaterEqual(int(refused.headers["Retry-After"]), 1)
            self.assertEqual(ask(bob).status_code, 200)
            self.assertEqual([self.ask("/brand").status_code for _ in range(9)], [200] * 9)


class Document(ApiTest):
    def test_it_is_openapi_3_1(self):
        """And says of every operation what can go wrong."""
        found = self.ask("/openapi.json").json()
        self.assertTrue(found["openapi"].startswith("3.1"))
        for path, operations in found["paths"].items():
            for method, operation in operations.items():
                with self.subTest(path, method=method):
                    self.assertLess({"400", "422", "429", "503"}, set(operation["responses"]))
                    self.assertTrue(operation["description"])
        ids = [o["operationId"] for each in found["paths"].values() for o in each.values()]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(set(found["components"]["securitySchemes"]), {"Bearer", "Session"})
