import hashlib
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit

import jwt
from django.core.management import call_command
from django.test import Client as Browser
from django.test import SimpleTestCase
from django.utils import timezone
from oauth2_provider.models import AccessToken, DeviceGrant, RefreshToken

from brands.models import Brand
from catalogue.models import Episode
from oauth import clients, codes, polling
from oauth.models import Client
from playback.models import Asset
from rights.models import Window
from tests.stage import NetworkTest, series
from viewers.models import Viewer

GRANT = Client.GRANT_DEVICE_CODE
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LANTERN = "dramas-terminal"


class Codes(SimpleTestCase):
    def test_a_code_is_easy_to_type(self):
        """Eight consonants in two groups; no two are the same."""
        made = {codes.user_code() for _ in range(200)}
        self.assertEqual(len(made), 200)
        for code in made:
            self.assertRegex(code, r"^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$")

    def test_a_code_is_read_however_it_is_typed(self):
        """In small letters, without its hyphen, with spaces; not with letters too many."""
        for typed in ("WDJB-MJHT", "wdjb mjht", " wdjbmjht\n", "WDJB–MJHT"):
            self.assertEqual(codes.normal(typed), "WDJB-MJHT")
        self.assertNotEqual(codes.normal("WDJB-MJHTX"), "WDJB-MJHT")


class Polling(SimpleTestCase):
    def test_what_a_device_is_told(self):
        """By the request's state, its end, and how long ago the device asked."""
        pending, authorized, denied = (
            DeviceGrant.AUTHORIZATION_PENDING, DeviceGrant.AUTHORIZED, DeviceGrant.DENIED,
        )  # fmt: skip
        cases = [
            (pending, 5.0, 60, "authorization_pending"),
            (pending, 4.0, 60, "authorization_pending"),
            (pending, 3.9, 60, "slow_down"),
            (pending, 0.0, 60, "slow_down"),
            (pending, 5.0, 0, "expired_token"),
            (authorized, 0.0, 60, "authorized"),
            (authorized, 5.0, 0, "expired_token"),
            (denied, 0.0, 60, "access_denied"),
            (denied, 0.0, -60, "expired_token"),
            (DeviceGrant.EXPIRED, 5.0, 60, "expired_token"),
        ]
        for status, ago, left, expected in cases:
            with self.subTest(status=status, ago=ago, left=left):
                asked = NOON - timedelta(seconds=ago)
                request = polling.Request(status, NOON + timedelta(seconds=left), asked, 5)
                self.assertEqual(polling.verdict(request, NOON), expected)


class OAuthTest(NetworkTest):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        clients.ensure()
        cls.viewer = Viewer.objects.create_user("ada@example.com")

    def post(self, path, brand="dramas", **form):
        kind = "application/x-www-form-urlencoded"
        headers = {"host": f"{brand}.localhost"}
        return self.client.post(path, urlencode(form), content_type=kind, headers=headers)

    def begin(self, **form):
        answer = self.post("/oauth/device", **{"client_id": LANTERN, **form})
        self.assertEqual(answer.status_code, 200, answer.content)
        return answer.json()

    def poll(self, code, later=5.0, client_id=LANTERN, brand="dramas"):
        """As a device does that waits `later` seconds first."""
        now = timezone.now() + timedelta(seconds=later)
        with patch("django.utils.timezone.now", return_value=now):
            return self.post(
                "/oauth/token", brand, grant_type=GRANT, device_code=code, client_id=client_id
            )

    def approve(self, code, decision="allow", brand="dramas"):
        browser = Browser()
        browser.force_login(self.viewer)
        form = {"user_code": code, "decision": decision}
        return browser.post("/device", form, headers={"host": f"{brand}.localhost"})

    def tokens(self):
        begun = self.begin()
        self.approve(begun["user_code"])
        answer = self.poll(begun["device_code"])
        self.assertEqual(answer.status_code, 200, answer.content)
        return answer.json()

    def refresh(self, token, client_id=LANTERN):
        return self.post(
            "/oauth/token", grant_type="refresh_token", refresh_token=token, client_id=client_id
        )

    def me(self, token, brand="dramas"):
        headers = {"host": f"{brand}.localhost", "authorization": f"Bearer {token}"}
        return self.client.get("/api/v1/me", headers=headers)

    def granted(self, *scopes):
        """The access token of an app that was let do that."""
        begun = self.begin(scope=" ".join(scopes))
        self.approve(begun["user_code"])
        return self.poll(begun["device_code"]).json()["access_token"]


class Reporting(OAuthTest):
    """Progress knows no scopes: whose positions an app reads and writes is settled by the token."""

    def setUp(self):
        super().setUp()
        asset = Asset.objects.create(slug="clip", version="v1", duration=60)
        self.episode = series("long-run", "crime").seasons.get().episodes.first()
        Episode.objects.update(asset=asset)

    def report(self, token=None, key="a-random-text-of-an-app"):
        """Where the app is told to report, and for whom its token is good."""
        headers = {"host": "dramas.localhost", "x-playback-key": key}
        if token:
            headers["authorization"] = f"Bearer {token}"
        answer = self.client.post(f"/api/v1/playback/{self.episode.pk}", headers=headers)
        self.assertEqual(answer.status_code, 200, answer.content)
        where = answer.json()["progress"]
        claims = jwt.decode(where["token"], options={"verify_signature": False})
        self.assertEqual(where["url"], f"/api/v1/progress/{claims['sub']}/{self.episode.pk}")
        return claims["sub"], where["account"]

    def test_with_leave_to_see_what_was_watched_it_is_the_accounts(self):
        """Also where that is not all that the app may do."""
        account = (f"v{self.viewer.pk}", True)
        self.assertEqual(self.report(self.granted("watch", "library")), account)
        self.assertEqual(self.report(self.tokens()["access_token"]), account)

    def test_with_leave_to_play_alone_it_is_the_devices(self):
        """It plays and reports as one without an account: nothing of the account's is to be had."""
        for scopes in (("watch",), ("watch", "account")):
            with self.subTest(scopes):
                token = self.granted(*scopes)
                who, account = self.report(token)
                self.assertRegex(who, r"^a\w{24}$")
                self.assertIs(account, False)
                self.assertEqual((who, account), self.report(token))
                self.assertNotEqual(who, self.report(token, "another-device-altogether")[0])

    def test_with_leave_to_play_alone_it_plays_what_the_viewer_may(self):
        """The account still counts, but for its positions."""
        Window.objects.create(episode=self.episode, opens=timezone.now(), tier="premium")
        Viewer.objects.update(tier="premium")
        self.assertIs(self.report(self.granted("watch"))[1], False)


class DeviceFlow(OAuthTest):
    def test_a_device_gets_tokens_once_its_viewer_agreed(self):
        """They are good for the viewer's account, and the code is good no more."""
        begun = self.begin()
        self.assertEqual(self.poll(begun["device_code"]).json()["error"], "authorization_pending")
        self.assertContains(self.approve(begun["user_code"].lower()), "Done.")
        answer = self.poll(begun["device_code"], later=12)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        tokens = answer.json()
        self.assertEqual(tokens["token_type"], "Bearer")
        self.assertEqual(set(tokens["scope"].split()), {"watch", "library", "account"})
        self.assertEqual(self.me(tokens["access_token"]).json()["email"], "ada@example.com")
        again = self.poll(begun["device_code"], later=20)
        self.assertEqual((again.status_code, again.json()["error"]), (400, "invalid_grant"))

    def test_the_page_to_open_is_the_brands_own(self):
        """With the code in the address, for a picture of it on a television."""
        begun = self.begin()
        self.assertEqual(begun["verification_uri"], "http://dramas.localhost/device")
        address = urlsplit(begun["verification_uri_complete"])
        self.assertEqual(address.query, f"user_code={begun['user_code']}")
        self.assertEqual((begun["expires_in"], begun["interval"]), (600, 5))

    def test_who_polls_too_fast_is_slowed_down(self):
        """By five seconds more each time."""
        code = self.begin()["device_code"]
        told = [self.poll(code, later).json()["error"] for later in (1, 2, 15, 35)]
        self.assertEqual(told, [*["slow_down"] * 3, "authorization_pending"])
        self.assertEqual(DeviceGrant.objects.get().interval, 20)

    def test_a_viewer_may_say_no(self):
        """The device is told, and the code is used up."""
        begun = self.begin()
        self.assertContains(self.approve(begun["user_code"], "deny"), "not let in")
        self.assertEqual(self.poll(begun["device_code"]).json()["error"], "access_denied")
        self.assertEqual(self.approve(begun["user_code"]).status_code, 404)

    def test_a_code_is_good_for_ten_minutes(self):
        """For the device and on the page."""
        begun = self.begin()
        self.assertEqual(
            self.poll(begun["device_code"], later=601).json()["error"], "expired_token"
        )
        DeviceGrant.objects.update(expires=timezone.now())
        self.assertEqual(self.approve(begun["user_code"]).status_code, 404)

    def test_a_code_serves_the_client_that_asked_for_it(self):
        """And only at its brand's domain."""
        begun = self.begin()
        self.approve(begun["user_code"])
        other = self.poll(begun["device_code"], client_id="horror-terminal", brand="horror")
        self.assertEqual(other.json()["error"], "invalid_grant")
        elsewhere = self.poll(begun["device_code"], brand="horror")
        self.assertEqual(elsewhere.json()["error"], "invalid_client")
        self.assertEqual(self.poll(begun["device_code"]).status_code, 200)

    def test_malformed_requests_are_refused(self):
        """In the words of RFC 6749, never with 500."""
        token, ours = "/oauth/token", {"client_id": LANTERN}
        cases = [
            (self.post("/oauth/device"), "invalid_request"),
            (self.post("/oauth/device", client_id="nobody"), "invalid_request"),
            (self.post("/oauth/device", brand="horror", client_id=LANTERN), "invalid_request"),
            (self.post("/oauth/device", **ours, scope="watch root"), "invalid_scope"),
            (self.post(token), "unsupported_grant_type"),
            (self.post(token, grant_type=GRANT, **ours), "invalid_request"),
            (self.post(token, grant_type=GRANT, device_code="x"), "invalid_client"),
            (self.post(token, grant_type=GRANT, device_code="x", **ours), "invalid_grant"),
            (self.post(token, grant_type="password", username="a", password="b", **ours),
             "unsupported_grant_type"),
            (self.refresh("x"), "invalid_grant"),
        ]  # fmt: skip
        for number, (answer, error) in enumerate(cases):
            with self.subTest(number):
                self.assertIn(answer.status_code, (400, 401), answer.content)
                self.assertEqual(answer.json()["error"].removesuffix("_client_id"), error)

    def test_scopes_are_no_more_than_was_asked_for(self):
        """A device that may only play sees no account."""
        begun = self.begin(scope="watch")
        self.approve(begun["user_code"])
        tokens = self.poll(begun["device_code"]).json()
        self.assertEqual(tokens["scope"], "watch")
        answer = self.me(tokens["access_token"])
        self.assertEqual(answer.status_code, 403)
        self.assertIn('error="insufficient_scope"', answer.headers["WWW-Authenticate"])

    def test_nothing_that_opens_an_account_is_in_the_database(self):
        """Neither tokens nor device codes; nor are they in the log."""
        with self.assertNoLogs(level="INFO"):
            begun = self.begin()
            self.approve(begun["user_code"])
            kept = DeviceGrant.objects.get().device_code
            tokens = self.poll(begun["device_code"]).json()
        self.assertEqual(kept, hashlib.sha256(begun["device_code"].encode()).hexdigest())
        self.assertEqual([t.token for t in AccessToken.objects.all()], [""])
        self.assertEqual([t.token for t in RefreshToken.objects.all()], [""])
        self.assertEqual(self.refresh(tokens["refresh_token"]).status_code, 200)


class Tokens(OAuthTest):
    def test_a_refresh_token_serves_once(self):
        """Its second use ends what came of the first: one of the two is a thief."""
        old = self.tokens()
        new = self.refresh(old["refresh_token"]).json()
        self.assertEqual(self.me(old["access_token"]).status_code, 401)
        self.assertEqual(self.me(new["access_token"]).status_code, 200)
        self.assertEqual(self.refresh(old["refresh_token"]).json()["error"], "invalid_grant")
        self.assertEqual(self.me(new["access_token"]).status_code, 401)
        self.assertEqual(self.refresh(new["refresh_token"]).status_code, 400)

    def test_signing_out_ends_both_tokens(self):
        """Whichever is revoked, at once; an unknown one is no error (RFC 7009)."""
        for kind in ("access_token", "refresh_token"):
            tokens = self.tokens()
            answer = self.post("/oauth/revoke", token=tokens[kind], client_id=LANTERN)
            self.assertEqual(answer.status_code, 200)
            self.assertEqual(self.me(tokens["access_token"]).status_code, 401)
            self.assertEqual(self.refresh(tokens["refresh_token"]).status_code, 400)
        answer = self.post("/oauth/revoke", token="unknown", client_id=LANTERN)
        self.assertEqual(answer.status_code, 200)

    def test_a_token_is_good_at_its_brand_only(self):
        """Though all brands are one program."""
        token = self.tokens()["access_token"]
        self.assertEqual(self.me(token, "horror").status_code, 401)

    def test_a_token_ends(self):
        """After an hour, and with the account."""
        token = self.tokens()["access_token"]
        with patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(hours=2)):
            self.assertEqual(self.me(token).status_code, 401)
        Viewer.objects.update(is_active=False)
        self.assertEqual(self.me(token).status_code, 401)

    def test_what_is_no_token_is_refused(self):
        """Wherever it stands; also where anyone may ask."""
        for value in ("Bearer", "Bearer x", "Bearer x y", "Bearer \xff", "bearer " + "x" * 9000):
            for path in ("/api/v1/me", "/api/v1/brand"):
                with self.subTest(value[:20], path=path):
                    headers = {"host": "dramas.localhost", "authorization": value}
                    answer = self.client.get(path, headers=headers)
                    self.assertEqual(answer.status_code, 401)
                    self.assertIn("Bearer", answer.headers["WWW-Authenticate"])

    def test_odd_addresses_are_no_fault_of_a_token(self):
        """Escaped question marks, broken escapes, letters that are none."""
        headers = {"host": "dramas.localhost"}
        token = {"authorization": f"Bearer {self.tokens()['access_token']}"}
        for path in ("/api/v1/titles/%3F%7F%C2%85%C3%80", "/api/v1/brand?a=%zz&%80", "/api/v1/%00"):
            with self.subTest(path):
                answer = self.client.get(path, headers=headers | token)
                self.assertIn(answer.status_code, (200, 404, 422))
        for path in ("/oauth/token?%zz", "/oauth/device?a=%80", "/oauth/revoke?%3F%C2%85=%"):
            with self.subTest(path):
                answer = self.client.post(path, headers=headers)
                self.assertIn(answer.status_code, (400, 401))

    def test_expired_ones_are_removed(self):
        """Tokens that still serve stay; requests of devices that nobody answered go."""
        tokens = self.tokens()
        self.begin()
        now = timezone.now()
        for days, left in ((0, (1, 1, 1)), (1, (1, 1, 0)), (91, (0, 0, 0))):
            with patch("django.utils.timezone.now", return_value=now + timedelta(days=days)):
                call_command("expire_tokens", stdout=StringIO())
                if days == 1:
                    tokens = self.refresh(tokens["refresh_token"]).json()
            found = tuple(m.objects.count() for m in (AccessToken, RefreshToken, DeviceGrant))
            with self.subTest(days):
                self.assertGreaterEqual(found, left)


class Approval(OAuthTest):
    def page(self, browser, method="get", **form):
        return getattr(browser, method)("/device", form, headers={"host": "dramas.localhost"})

    def test_it_needs_an_account(self):
        """And comes back with the code after signing in."""
        answer = self.page(self.client, user_code="WDJB-MJHT")
        self.assertEqual(answer.status_code, 302)
        self.assertIn("next=/device%3Fuser_code%3DWDJB-MJHT", answer.headers["Location"])

    def test_the_viewer_sees_who_asks_and_for_what(self):
        """Before anything is decided."""
        browser = Browser()
        browser.force_login(self.viewer)
        code = self.begin(scope="watch account")["user_code"]
        self.assertContains(self.page(browser, user_code=code), f'value="{code}"')
        asked = self.page(browser, "post", user_code=code)
        self.assertContains(asked, "Lantern for the terminal")
        self.assertContains(asked, "Play what you may watch")
        self.assertNotContains(asked, "watch list")
        self.assertEqual(DeviceGrant.objects.get().status, DeviceGrant.AUTHORIZATION_PENDING)

    def test_a_decision_needs_the_pages_own_form(self):
        """Another site cannot let its device in."""
        browser = Browser(enforce_csrf_checks=True)
        browser.force_login(self.viewer)
        code = self.begin()["user_code"]
        answer = self.page(browser, "post", user_code=code, decision="allow")
        self.assertEqual(answer.status_code, 403)

    def test_a_code_of_another_brand_is_unknown(self):
        """Nobody lets in an app of a site that they do not see."""
        self.assertEqual(self.approve(self.begin()["user_code"], brand="horror").status_code, 404)

    def test_codes_cannot_be_found_by_trying(self):
        """Ten in ten minutes."""
        told = [self.approve("BBBB-BBBB").status_code for _ in range(11)]
        self.assertEqual(told, [404] * 10 + [429])
        self.assertIn("Retry-After", self.approve("BBBB-BBBB").headers)


class Clients(NetworkTest):
    def test_each_brand_has_its_own(self):
        """A brand that is added gets one; there is never a second."""
        self.assertEqual(len(clients.ensure()), 3)
        Brand.objects.create(slug="new", domain="new.localhost", name="New")
        out = StringIO()
        call_command("ensure_clients", stdout=out)
        self.assertEqual(out.getvalue(), "1 clients were missing: new-terminal\n")
        self.assertEqual(clients.ensure(), [])

    def test_an_app_finds_its_way_by_the_domain_alone(self):
        """RFC 8414."""
        found = self.at("dramas", "/.well-known/oauth-authorization-server").json()
        self.assertEqual(found["issuer"], "http://dramas.localhost")
        for name in ("device_authorization", "token", "revocation"):
            path = urlsplit(found[f"{name}_endpoint"]).path
            answer = self.client.post(path, headers={"host": "dramas.localhost"})
            self.assertIn("error", json.loads(answer.content))
