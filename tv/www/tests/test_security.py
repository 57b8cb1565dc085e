import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings

from catalogue.models import Episode
from ops import address
from ops.logs import JsonLine
from ops.redact import redact
from tests.stage import NetworkTest, series
from tests.test_accounts import AccountTest
from tv import env

SECRETS = (
    "SECRET_KEY", "MYSQL_PASSWORD", "REDIS_PASSWORD", "SESSIONS_PASSWORD", "PROGRESS_KEY",
    "MEDIA_KEY",
)  # fmt: skip


def production(folder: Path) -> dict[str, str]:
    """The environment of a site that viewers reach by HTTPS, with its secrets in that folder."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DJANGO_")}
    for n, name in enumerate(SECRETS):
        # As long as those that Airchain generates.
        (folder / name).write_text(f"{n}" + "Aa1_-Zz9kQwX" * 5 + "ghj")
        kept[f"{name}_FILE"] = str(folder / name)
    return {**kept, "ASSETS": str(folder), "HTTPS": "1"}


class Production(TestCase):
    def check(self, **variables: str) -> subprocess.CompletedProcess[str]:
        with TemporaryDirectory() as folder:
            return subprocess.run(
                [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
                cwd=settings.BASE_DIR,
                env={**production(Path(folder)), **variables},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )

    def test_djangos_own_checks_find_nothing(self):
        """Where viewers come by HTTPS; a warning is a failure."""
        found = self.check()
        self.assertEqual((found.returncode, found.stderr), (0, ""))
        self.assertIn("no issues", found.stdout)

    def test_on_a_machine_of_ones_own_only_https_is_missing(self):
        """`HTTPS: "0"` in airchain.yaml is for it, and costs just what it says."""
        found = self.check(HTTPS="0")
        about_https = {"W004", "W008", "W010", "W016"}
        self.assertEqual(set(re.findall(r"security\.([WE]\d+)", found.stderr)), about_https)

    def test_a_response_behind_https_says_so(self):
        """Who comes by HTTP is sent on; the edge says by which one a viewer came."""
        secure = {"SECURE_SSL_REDIRECT": True, "SECURE_HSTS_SECONDS": 60}
        with override_settings(**secure):
            plain = self.client.get("/x", headers={"host": "nobody.localhost"})
            https = self.client.get(
                "/x", headers={"host": "nobody.localhost", "x-forwarded-proto": "https"}
            )
            health = self.client.get("/healthz", headers={"host": "10.213.1.64"})
        self.assertEqual(plain.headers["Location"], "https://nobody.localhost/x")
        self.assertEqual(https.headers["Strict-Transport-Security"], "max-age=60")
        self.assertEqual(health.status_code, 200)

    def test_cookies_are_secure_where_pages_are(self):
        """One setting for all of it, on unless told otherwise."""
        text = Path(settings.BASE_DIR, "tv/settings.py").read_text()
        self.assertIn("SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE", text)


class Policy(NetworkTest):
    def policy(self, answer):
        parts = (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
        return {name: sources for name, *sources in parts}

    def test_every_answer_says_what_may_be_loaded(self):
        """Nothing inline, nothing from elsewhere; also for errors, and for pictures."""
        series("ferry", "crime")
        for brand, path in (
            ("dramas", "/"),
            ("dramas", "/series/ferry/"),
            ("dramas", "/art/ferry.svg"),
            ("dramas", "/account/sign-in/"),
            ("dramas", "/none/"),
            ("nobody", "/"),
        ):
            with self.subTest(path):
                policy = self.policy(self.at(brand, path))
                self.assertEqual(policy["default-src"], ["'none'"])
                if not path.endswith(".svg"):
                    self.assertEqual(policy["frame-ancestors"], ["'none'"])
                for name, sources in policy.items():
                    self.assertLessEqual(set(sources), {"'none'", "'self'"}, name)

    def test_pages_hold_nothing_that_it_forbids(self):
        """No script, style or handler in the page itself."""
        series("ferry", "crime")
        for path in ("/", "/series/ferry/", "/account/sign-in/", "/account/sign-up/", "/none/"):
            with self.subTest(path):
                page = self.at("dramas", path).content.decode()
                self.assertNotRegex(page, r"<script(?![^>]*\bsrc=)(?![^>]*application/(ld\+)?json)")
                self.assertNotRegex(page, r"<style|\sstyle=|\son[a-z]+=|javascript:")

    def test_a_page_with_a_player_may_do_more(self):
        """Media Source Extensions and hls.js's worker, and nothing else."""
        made = series("ferry", "crime")
        episode = Episode.objects.filter(season__series=made).first()
        others = self.policy(self.at("dramas"))
        player = self.policy(self.at("dramas", f"/watch/{episode.pk}/"))
        more = {name: sources for name, sources in player.items() if sources != others.get(name)}
        blob = ["'self'", "blob:"]
        self.assertEqual(more, {"media-src": blob, "worker-src": blob})

    def test_other_headers(self):
        """Types are not guessed, no frame shows a page, other sites learn little of the address."""
        headers = self.at("dramas").headers
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(headers["X-Frame-Options"], "DENY")
        self.assertEqual(headers["Referrer-Policy"], "strict-origin-when-cross-origin")
        self.assertEqual(headers["Cross-Origin-Opener-Policy"], "same-origin")


class BadRequests(AccountTest):
    def test_a_host_that_is_not_ours(self):
        """400, without a page and without a trace."""
        for host in ("evil.example", "dramas.localhost.evil.example", "a b", "[::", "dramas..x"):
            with self.subTest(host):
                answer = self.client.get("/", headers={"host": host})
                self.assertEqual(answer.status_code, 400)
                self.assertEqual(answer.content, b"The request is wrong.\n")

    def test_a_body_that_is_too_large(self):
        """413, before anything is made of it."""
        with (
            override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000),
            self.assertLogs("django.security", "ERROR"),
        ):
            answer = self.send("/account/sign-in/", {"username": "a" * 2000})
        self.assertEqual(answer.status_code, 413)

    def test_fields_that_are_too_many(self):
        """400."""
        with (
            override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=10),
            self.assertLogs("django.security", "ERROR"),
        ):
            answer = self.send("/account/sign-in/", {str(n): "x" for n in range(20)})
        self.assertEqual(answer.status_code, 400)

    def test_bytes_that_are_no_text(self):
        """In the path, the query and a form: a page, or that there is none, and no error."""
        for path in ("/%ff%fe/", "/series/%00/", "/?q=%ff", "/account/sign-in/?next=%00%ff"):
            with self.subTest(path):
                self.assertIn(self.at("dramas", path).status_code, (200, 404))
        answer = self.client.post(
            "/account/sign-in/",
            b"username=%ff%00&password=%ff",
            "application/x-www-form-urlencoded",
            headers={"host": "dramas.localhost"},
        )
        self.assertEqual(answer.status_code, 200)


class Addresses(SimpleTestCase):
    def test_who_asks(self):
        """What nginx wrote, which is alone; of more, never what a viewer may have sent."""
        for header, wanted in {
            "203.0.113.9": "203.0.113.9",
            "1.1.1.1, 203.0.113.9": "203.0.113.9",
            "1.1.1.1, 2.2.2.2,2001:db8::1 ": "2001:db8::1",
            "": "127.0.0.1",
        }.items():
            with self.subTest(header):
                request = RequestFactory().get("/", headers={"x-forwarded-for": header})
                self.assertEqual(address.of(request), wanted)

    def test_who_counts_as_one(self):
        """A household's IPv6 network; nonsense is one, too."""
        for given, wanted in {
            "203.0.113.9": "203.0.113.9",
            "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::",
            "2001:db8:1:2:ffff::": "2001:db8:1:2::",
            "nonsense": "unknown",
            "": "unknown",
        }.items():
            self.assertEqual(address.network(given), wanted)


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ2MSJ9.c2lnbmF0dXJlLXRoYXQtaXMtc2VjcmV0"
SENSITIVE = {
    "Authorization: Bearer abcdef0123456789": "abcdef0123456789",
    "authorization: basic dmVyYTpzZWNyZXQ=": "dmVyYTpzZWNyZXQ=",
    f"token was {JWT}, refused": JWT,
    "cookies: tv_session=k3jh4k5jh; tv_csrf=zzz999; lang=en": "k3jh4k5jh",
    "tv_csrf=zzz999": "zzz999",
    "tv_play=p1p2p3p4": "p1p2p3p4",
    "POST username=vera&password=hunter2hunter2&next=/": "hunter2hunter2",
    "password1=hunter2hunter2": "hunter2hunter2",
    '{"refresh_token": "r-e-f-r-e-s-h", "client_id": "x"}': "r-e-f-r-e-s-h",
    "{'device_code': 'd-e-v-i-c-e'}": "d-e-v-i-c-e",
    "{'client_secret': 'with spaces in it'}": "with spaces in it",
    "/account/reset/MQ/cx2k4m-4b5d6e7f8a9b/ is not there": "cx2k4m-4b5d6e7f8a9b",
    "GET /media/Zm9vYmFyYmF6cXV4eHg/1764000000/clip/v1/a.m4s": "Zm9vYmFyYmF6cXV4eHg",
    "cannot connect to mysql://tv:m-y-s-q-l@mysql/tv": "m-y-s-q-l",
    "redis://:r-e-d-i-s@redis:6379/0": "r-e-d-i-s",
}
HARMLESS = (
    "progress does not answer: MaxRetryError: connection refused",
    "serving an old stock/dramas: (2013, 'Lost connection')",
    "/series/the-secret-garden/ needs the database: gone",
    "3 went off, 2 came on",
    "http://dramas.localhost:8080/account/reset/",
)


class Logs(SimpleTestCase):
    def line(self, message, *args, error=None):
        info = (type(error), error, error.__traceback__) if error else None
        record = logging.LogRecord("a", logging.ERROR, "f", 1, message, args, info)
        return json.loads(JsonLine().format(record))

    def test_what_looks_like_a_secret_is_left_out(self):
        """In the message, in its arguments and in a trace."""
        for text, secret in SENSITIVE.items():
            with self.subTest(text):
                self.assertNotIn(secret, self.line(text.replace("%", "%%"))["message"])
                self.assertNotIn(secret, self.line("it said %s", text)["message"])
                self.assertNotIn(secret, self.line("broke", error=ValueError(text))["trace"])

    def test_the_secrets_of_the_process_are_left_out(self):
        """However they come there: by their value."""
        with TemporaryDirectory() as folder:
            path = Path(folder, "K")
            path.write_text("n0-l00ks-0f-0ne")
            self.addCleanup(env.READ.pop, "TEST_KEY", None)
            self.addCleanup(os.environ.pop, "TEST_KEY_FILE", None)
            os.environ["TEST_KEY_FILE"] = str(path)
            env.secret("TEST_KEY")
        self.assertEqual(
            self.line("signed with n0-l00ks-0f-0ne!")["message"], "signed with [TEST_KEY]!"
        )

    def test_what_is_none_stays(self):
        """A log that says nothing helps nobody."""
        for text in HARMLESS:
            self.assertEqual(redact(text), text)
