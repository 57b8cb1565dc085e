from datetime import timedelta
from itertools import product

from django.conf import settings
from django.http import HttpRequest
from django.test import RequestFactory, override_settings
from django.utils import timezone

from brands import domains
from brands.models import Brand
from catalogue import rows
from catalogue.models import Episode, Series
from rights import access, reading
from rights.entitlement import Allowed, Denied, Reason, Tier, Viewer
from rights.models import Window
from tests.stage import NetworkTest, series, varies
from viewers.models import Viewer as Account

NOW = timezone.now()
DAY = timedelta(days=1)
FREE, PREMIUM = Viewer(), Viewer(Tier.PREMIUM)


def license_it(made: Series, **terms: object) -> Window:
    """That window and no other on the series' own level."""
    made.windows.all().delete()
    return Window.objects.create(series=made, opens=NOW - DAY, **terms)


def request_of(**headers: str) -> HttpRequest:
    """To Lantern."""
    request = RequestFactory().get("/", headers=headers)
    request.brand = domains.of("dramas.localhost")
    return request


class Requests(NetworkTest):
    def test_the_country_is_the_headers(self):
        """In any case; whatever is no country is not known, and the default where none is told."""
        for given, expected in (("KR", "KR"), ("kr", "KR"), (" ", "US"), ("", "US"),
                                ("XX", ""), ("T1", ""), ("K;", ""), ("KR,US", "")):  # fmt: skip
            with self.subTest(given):
                request = request_of(**{"x-viewer-country": given})
                self.assertEqual(access.country_of(request), expected)
        self.assertEqual(access.country_of(request_of()), "US")

    def test_a_stranger_is_a_free_viewer(self):
        """Nobody looks at a session that there is not, so that the answer may be cached."""
        answer = self.at("dramas")
        self.assertEqual(access.viewer_of(request_of()), FREE)
        self.assertNotIn("Cookie", answer.headers.get("Vary", ""))

    def test_who_is_signed_in_has_their_tier(self):
        """And the answer is theirs alone."""
        made = series("gold", "romance")
        license_it(made, tier=Tier.PREMIUM)
        self.assertNotContains(self.at("dramas", "/browse/romance/"), "/series/gold/")
        account = Account.objects.create_user("a@example.org", tier=Tier.PREMIUM)
        self.client.force_login(account)
        answer = self.at("dramas", "/browse/romance/")
        self.assertContains(answer, "/series/gold/")
        self.assertIn("Cookie", answer.headers["Vary"])


class Playable(NetworkTest):
    def setUp(self) -> None:
        super().setUp()
        self.made = series("a", "romance", seasons=2)
        self.episodes = list(
            Episode.objects.filter(season__series=self.made).order_by("season__number", "number")
        )

    def verdicts(self, country: str = "US") -> list:
        request = request_of(**{"x-viewer-country": country})
        found = access.playable_among(request, [episode.pk for episode in self.episodes])
        return [found[episode.pk] for episode in self.episodes]

    def test_each_level_decides_for_what_it_has(self):
        """Series, then the second season, then one episode of it."""
        everywhere, season = Allowed(ads=True, until=None), self.episodes[2].season
        self.assertEqual(self.verdicts(), [everywhere] * 4)
        Window.objects.create(season=season, opens=NOW - DAY, include="KR")
        self.assertEqual(
            [getattr(verdict, "reason", None) for verdict in self.verdicts()],
            [None, None, Reason.COUNTRY, Reason.COUNTRY],
        )
        self.assertEqual(self.verdicts("KR"), [everywhere] * 4)
        Window.objects.create(episode=self.episodes[3], opens=NOW - DAY, tier=Tier.PREMIUM)
        self.assertEqual(
            [getattr(verdict, "reason", None) for verdict in self.verdicts("KR")],
            [None, None, None, Reason.PREMIUM],
        )

    def test_its_queries_do_not_grow(self):
        """Two for many episodes, as for one; unknown ones are left out."""
        request = request_of()
        with self.assertNumQueries(2):
            found = access.playable_among(request, [e.pk for e in self.episodes] + [10**9])
        self.assertEqual(set(found), {e.pk for e in self.episodes})
        with self.assertNumQueries(2):
            self.assertIsInstance(access.playable(request, self.episodes[0]), Allowed)

    def test_what_an_editor_closes_is_denied_at_once(self):
        """No cache stands between a playback and the windows."""
        self.assertIsInstance(self.verdicts()[0], Allowed)
        self.made.windows.update(closes=NOW)
        self.assertIsInstance(self.verdicts()[0], Denied)


class Shelves(NetworkTest):
    def slugs(self, country: str = "US", viewer: Viewer = FREE) -> set[str]:
        shelf = rows.shelf(domains.of("dramas.localhost"), country, viewer)
        self.assertEqual(len(shelf.keys), len(shelf.cards))
        return {card.slug for card in shelf.cards}

    def test_each_country_and_tier_has_its_own(self):
        """From one stock, read once."""
        series("everywhere", "romance")
        license_it(series("korea", "romance"), include="KR JP")
        license_it(series("abroad", "romance"), exclude="KR")
        license_it(series("gold", "romance"), tier=Tier.PREMIUM)
        self.slugs()
        with self.assertNumQueries(0):
            self.assertEqual(self.slugs(), {"everywhere", "abroad"})
            self.assertEqual(self.slugs("KR"), {"everywhere", "korea"})
            self.assertEqual(self.slugs("JP"), {"everywhere", "korea", "abroad"})
            self.assertEqual(self.slugs("US", PREMIUM), {"everywhere", "abroad", "gold"})

    def test_a_brand_without_premium_shows_nothing_that_asks_for_it(self):
        """Neither in lists nor by its address, nor as a hint; to whoever pays elsewhere as well."""
        license_it(series("gold", "romance"), tier=Tier.PREMIUM)
        mixed = series("mixed", "romance")
        one = Episode.objects.filter(season__series=mixed).first()
        Window.objects.create(episode=one, opens=NOW - DAY, tier=Tier.PREMIUM)
        self.assertContains(self.at("dramas", "/series/gold/"), "Part of Premium")
        self.assertContains(self.at("dramas", "/series/mixed/"), "Premium")
        Brand.objects.update(tiers=["free"])
        domains.forget()
        for who in (None, Account.objects.create_user("ada@example.com", tier="premium")):
            if who:
                self.client.force_login(who)
            with self.subTest(who):
                self.assertNotContains(self.at("dramas"), "/series/gold/")
                self.assertEqual(self.at("dramas", "/series/gold/").status_code, 404)
                self.assertNotContains(self.at("dramas", "/series/mixed/"), "Premium")
                answer = self.client.post(
                    f"/api/v1/playback/{one.pk}", headers={"host": "dramas.localhost"}
                )
                self.assertEqual(answer.json()["reason"], "unlicensed")

    def test_a_series_is_listed_while_any_episode_may_be_watched(self):
        """Whatever its own windows say."""
        closed, overruled = series("closed", "romance"), series("overruled", "romance")
        license_it(closed, closes=NOW)
        one = Episode.objects.filter(season__series=closed).first()
        Window.objects.create(episode=one, opens=NOW - DAY, include="KR")
        Window.objects.create(season=overruled.seasons.get(), opens=NOW - 2 * DAY, closes=NOW)
        self.assertEqual(self.slugs("KR"), {"closed"})
        self.assertEqual(self.slugs("US"), set())

    def test_its_queries_do_not_grow(self):
        """Series, their windows, the episodes of those that need a closer look, and genres."""
        for n in range(20):
            made = series(f"series-{n}", "romance", seasons=2)
            Window.objects.create(season=made.seasons.first(), opens=NOW, tier=Tier.PREMIUM)
        brand = domains.of("dramas.localhost")
        with self.assertNumQueries(4):
            self.assertEqual(len(rows.read_stock(brand).listings), 20)

    def test_pages_differ_by_country(self):
        """Rows and the title itself, from the same cache."""
        license_it(series("korea", "romance"), include="KR")
        for country, status in (("KR", 200), ("US", 404), ("KR", 200)):
            headers = {"host": "dramas.localhost", "x-viewer-country": country}
            with self.subTest(country):
                listed = b"/series/korea/" in self.client.get("/", headers=headers).content
                self.assertIs(listed, status == 200)
                answer = self.client.get("/series/korea/", headers=headers)
                self.assertEqual(answer.status_code, status)

    def license_in_part(self) -> None:
        """What is licensed everywhere, not in one country, and only where nobody says a country."""
        license_it(series("world", "romance"))
        license_it(series("not-korea", "romance"), exclude="KR")
        license_it(series("only-us", "romance"), include=settings.DEFAULT_COUNTRY)

    def test_lists_where_nobody_knows_the_country(self):
        """Hold what is licensed everywhere: on pages, in the API and in searches."""
        self.license_in_part()
        nowhere = {"host": "dramas.localhost", "x-viewer-country": "XX"}
        paths = ("/", "/browse/romance/", "/search/?q=", "/api/v1/titles", "/api/v1/search?q=")
        for path, slug in product(paths, ("world", "not-korea", "only-us")):
            asked = path + slug if path.endswith("=") else path
            text = self.client.get(asked, headers=nowhere).content.decode()
            with self.subTest(path, slug=slug):
                listed = f'/series/{slug}/"' in text or f'"slug": "{slug}"' in text
                self.assertIs(listed, slug == "world")

    def test_titles_where_nobody_knows_the_country(self):
        """Are there and play if they are licensed everywhere."""
        self.license_in_part()
        nowhere = {"host": "dramas.localhost", "x-viewer-country": "XX"}
        for slug, status in (("world", 200), ("not-korea", 404), ("only-us", 404)):
            one = Episode.objects.filter(season__series__slug=slug).first()
            with self.subTest(slug):
                for path in (f"/series/{slug}/", f"/watch/{one.pk}/", f"/api/v1/titles/{slug}"):
                    self.assertEqual(self.client.get(path, headers=nowhere).status_code, status)
                verdict = access.playable(request_of(**{"x-viewer-country": "XX"}), one)
                self.assertIs(isinstance(verdict, Allowed), status == 200)

    def test_what_depends_on_the_country_says_so(self):
        """By whatever header it comes, to whatever cache: also of what is not there, and of 304."""
        license_it(series("korea", "romance"), include="KR")
        pages = ("/", "/browse/romance/", "/browse/none/", "/series/korea/", "/search/?q=korea",
                 "/api/v1/home", "/api/v1/titles", "/api/v1/titles/korea")  # fmt: skip
        for header in ("X-Viewer-Country", "CloudFront-Viewer-Country"):
            for path in pages:
                with override_settings(COUNTRY_HEADER=header), self.subTest(path, header=header):
                    answer = self.at("dramas", path)
                    self.assertIn(header, varies(answer))
                    known = {
                        "host": "dramas.localhost",
                        "if-none-match": answer.headers.get("ETag", ""),
                    }
                    again = self.client.get(path, headers=known)
                    self.assertEqual(again.status_code, {200: 304}.get(answer.status_code, 404))
                    self.assertIn(header, varies(again))
                    self.assertEqual(
                        again.headers["Cache-Control"], answer.headers["Cache-Control"]
                    )

    def test_what_does_not_depend_on_it_does_not(self):
        """One copy of it is enough for all."""
        for path in ("/brands.css", "/api/v1/brand", "/api/v1/openapi.json", "/nowhere/"):
            with self.subTest(path):
                self.assertLessEqual(varies(self.at("dramas", path)), {"Accept-Encoding"})

    def test_effective_offers_are_those_of_episodes(self):
        """Of a series' own windows, none where each episode has closer ones."""
        made = series("a", "romance")
        own = reading.by_series([made.pk])[made.pk]
        Window.objects.create(season=made.seasons.get(), opens=NOW)
        closer = reading.by_series([made.pk])[made.pk]
        self.assertEqual((len(own), len(closer)), (1, 1))
        self.assertEqual(closer[0].opens, NOW)
