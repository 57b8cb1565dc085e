from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase
from django.utils import timezone

from brands import domains
from catalogue.models import Episode
from playback import addresses, playing
from playback.models import Asset, SubtitleTrack
from playback.start import NoVideo, start
from rights.entitlement import Denied
from tests.stage import NetworkTest, series, window

NOW = datetime(2026, 1, 1, 12, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Expiry(SimpleTestCase):
    CASES = (
        ("six hours, rounded up", None, datetime(2026, 1, 1, 18, 10, tzinfo=UTC)),
        ("a licence that lasts longer", NOW + 9 * HOUR, datetime(2026, 1, 1, 18, 10, tzinfo=UTC)),
        ("a licence that ends before", NOW + HOUR, NOW + HOUR),
    )

    def test_addresses_end_with_the_licence(self):
        """At the latest; else at full ten minutes."""
        for name, until, expected in self.CASES:
            with self.subTest(name):
                self.assertEqual(playing.expiry(NOW, until), expected.timestamp())


class Start(NetworkTest):
    def setUp(self):
        super().setUp()
        self.series = series("the-pier", "romance")
        self.brand = domains.of("dramas.localhost")
        self.asset = Asset.objects.create(slug="clip", title="Clip", version="one", duration=20)
        SubtitleTrack.objects.create(asset=self.asset, language="ko", label="한국어")
        Episode.objects.update(asset=self.asset)

    def start(self, **headers):
        request = RequestFactory().post("/", headers=headers)
        request.brand = self.brand
        episode = Episode.objects.select_related("asset").filter(season__series=self.series).first()
        return request, start(request, episode)

    def test_a_browser_gets_addresses_for_its_cookie(self):
        """Signed for it alone; it is set once, and no script can read it."""
        request, made = self.start()
        response = HttpResponse()
        made.bind(request, response)
        cookie = response.cookies[addresses.COOKIE]
        self.assertTrue(cookie["httponly"])
        self.assertEqual((cookie["samesite"], cookie.value), ("Lax", made.binding))
        folder = addresses.sign(
            settings.MEDIA_KEY, made.binding, int(made.expires.timestamp()), "clip", "one"
        )
        self.assertEqual(made.playlist, folder.address("master.m3u8"))
        self.assertEqual(made.thumbnails, folder.address("thumbnails.vtt"))
        self.assertEqual(
            made.subtitles, (playing.Subtitles("ko", "한국어", folder.address("ko.vtt")),)
        )
        again, same = self.start(cookie=f"{addresses.COOKIE}={made.binding}")
        same.bind(again, unset := HttpResponse())
        self.assertEqual((same.binding, same.playlist), (made.binding, made.playlist))
        self.assertFalse(unset.cookies)

    def test_a_device_brings_its_own_key(self):
        """In a header, and gets no cookie."""
        request, made = self.start(**{addresses.HEADER: "device-0123456789"})
        made.bind(request, response := HttpResponse())
        self.assertEqual(made.binding, "device-0123456789")
        self.assertFalse(response.cookies)

    def test_who_may_not_watch_gets_no_address(self):
        """Neither after the licence, nor where there is nothing to play."""
        with window(self.series, -2 * HOUR, -HOUR):
            self.assertIsInstance(self.start()[1], Denied)
        Episode.objects.update(asset=None)
        with window(self.series, -HOUR):
            self.assertEqual(self.start()[1], NoVideo())

    def test_addresses_end_before_the_licence_does(self):
        """Whatever the clock says when they were asked for."""
        with window(self.series, -HOUR, HOUR):
            self.assertLess(self.start()[1].expires, timezone.now() + HOUR)

    def test_the_key_of_a_viewer_is_in_no_log(self):
        """What is printed of it is not enough to watch."""
        made = self.start()[1]
        self.assertNotIn(made.binding, repr(made))

    def test_it_costs_few_queries(self):
        """The rights' and one for subtitles."""
        with self.assertNumQueries(4):
            self.start()
