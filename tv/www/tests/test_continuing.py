import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from unittest.mock import patch

import jwt
from django.conf import settings
from django.test import SimpleTestCase, override_settings

from catalogue import rows
from catalogue.models import Episode
from ops import requestid
from playback import progress
from playback.progress import Position
from rights.entitlement import Allowed, Denied, Reason
from tests.stage import series
from tests.test_accounts import AccountTest
from viewers.continuing import Line, continuing

MORNING = datetime(2026, 6, 1, 8, tzinfo=UTC)
YES, NO = Allowed(ads=True, until=None), Denied(Reason.PREMIUM, "Sign in.")


def card(key, kind="series"):
    """Of which only the key and kind matter here."""
    names = dict.fromkeys(rows.Card.__dataclass_fields__, "")
    return rows.Card(**{**names, "key": key, "kind": kind})


def lines(series, *places):
    """Episodes of a series; the key tells series, season and number: 1203 is S2 E3 of 1."""
    return {
        series * 1000 + s * 100 + n: Line(series * 1000 + s * 100 + n, series, s, n, "", 3000)
        for s, n in places
    }


LIBRARY = {
    **lines(1, (1, 1), (1, 2), (2, 1)),
    **lines(2, (1, 1), (1, 2)),
    **lines(3, (1, 1)),
    **lines(4, (0, 1), (0, 2), (1, 1), (1, 2)),
}
CARDS = {1: card(1), 2: card(2), 3: card(3, "film"), 4: card(4)}


def seen(episode, position, hour=0, duration=3000.0):
    return Position(episode, float(position), duration, MORNING + timedelta(hours=hour))


CASES = {
    "nothing was watched": ([], []),
    "in the middle": ([seen(1101, 1000)], [(1101, 1000)]),
    "only looked at": ([seen(1101, 20)], []),
    "a short clip is begun sooner": ([seen(1101, 10, duration=60.0)], [(1101, 10)]),
    "just begun": ([seen(1101, 30)], [(1101, 30)]),
    "just not finished": ([seen(1101, 2849)], [(1101, 2849)]),
    "finished, on to the next": ([seen(1101, 2850)], [(1102, 0)]),
    "to the very end": ([seen(1101, 3000)], [(1102, 0)]),
    "the next season": ([seen(1102, 2990)], [(1201, 0)]),
    "the whole series": ([seen(1201, 2990)], []),
    "a film in the middle": ([seen(3101, 1000)], [(3101, 1000)]),
    "a film to its end": ([seen(3101, 2990)], []),
    "a special": ([seen(4001, 2990)], [(4002, 0)]),
    "the last special": ([seen(4002, 2990)], []),
    "the latest of two counts": ([seen(1101, 500, 1), seen(1102, 700, 2)], [(1102, 700)]),
    "back to an earlier one": ([seen(1101, 500, 3), seen(1102, 700, 2)], [(1101, 500)]),
    "the next was begun before": ([seen(1101, 2990, 3), seen(1102, 700, 2)], [(1102, 700)]),
    "the next was finished before": ([seen(1101, 2990, 3), seen(1102, 2990, 2)], [(1102, 0)]),
    "a glance does not hide the rest": ([seen(1102, 5, 3), seen(1101, 500, 2)], [(1101, 500)]),
    "several titles, the latest first": (
        [seen(1101, 500, 1), seen(2101, 600, 3), seen(3101, 700, 2)],
        [(2101, 600), (3101, 700), (1101, 500)],
    ),
    "an episode that is gone": ([seen(9999, 500)], []),
    "of a title that is not here": ([seen(5101, 500)], []),
}  # fmt: skip


class Continuing(SimpleTestCase):
    def row(self, positions, refused=()):
        verdicts = {key: NO if key in refused else YES for key in LIBRARY}
        found = continuing(positions, LIBRARY, CARDS, verdicts)
        return [(each.episode, each.position) for each in found]

    def test_where_titles_go_on(self):
        """Started and not finished, or what follows; once for each title."""
        for name, (positions, wanted) in CASES.items():
            with self.subTest(name):
                self.assertEqual(self.row(positions), wanted)
                self.assertEqual(self.row(positions[::-1]), wanted)

    def test_what_may_not_be_watched_now_is_left_out(self):
        """Neither the one that was left nor the next; nor is a later one put in its place."""
        self.assertEqual(self.row([seen(1101, 500)], refused={1101}), [])
        self.assertEqual(self.row([seen(1101, 2990)], refused={1102}), [])
        self.assertEqual(self.row([seen(1101, 2990)], refused={1101}), [(1102, 0)])

    def test_how_much_is_left(self):
        """By how long the video was, which need not be what the catalogue says."""
        found = continuing([seen(1101, 30, duration=60.0)], LIBRARY, CARDS, {1101: YES})
        self.assertEqual((found[0].percent, found[0].duration), (50, 60.0))
        self.assertEqual(replace(found[0], duration=0.0).percent, 0)


class Tokens(SimpleTestCase):
    def test_a_token_is_of_one_viewer_for_a_while(self):
        """And for the progress service only."""
        claims = jwt.decode(
            progress.token("v7"), settings.PROGRESS_KEY, ["HS256"], audience="progress"
        )
        self.assertEqual(claims["sub"], "v7")
        self.assertEqual(claims["exp"] - claims["iat"], progress.LIFETIME)

    def test_an_old_one_is_none(self):
        """Nor one for something else, nor one with another key."""
        old = progress.token("v7", now=0)
        for token, key, audience, error in (
            (old, settings.PROGRESS_KEY, "progress", jwt.ExpiredSignatureError),
            (progress.token("v7"), settings.PROGRESS_KEY, "media", jwt.InvalidAudienceError),
            (
                progress.token("v7"),
                "another-key-that-is-long-enough-too",
                "progress",
                jwt.InvalidSignatureError,
            ),
        ):
            with self.assertRaises(error):
                jwt.decode(token, key, ["HS256"], audience=audience)


def positions(*watched):
    """What the service answers."""
    fields = ("episode", "position", "duration", "at")
    rows = [
        dict(zip(fields, (str(episode), *times, f"2026-06-01T{at}Z"), strict=True))
        for episode, *times, at in watched
    ]
    return json.dumps({"viewer": "v7", "positions": rows})


class Answers(BaseHTTPRequestHandler):
    """A progress service that says what the test wants."""

    status, body, asked, names = 200, b"", [], []

    def do_GET(self):
        Answers.asked.append((self.path, self.headers["Authorization"]))
        Answers.names.append(self.headers["X-Request-Id"])
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        """Not in the tests' output."""


class Service(AccountTest):
    """Against a server over HTTP, and against none."""

    def setUp(self):
        super().setUp()
        server = HTTPServer(("127.0.0.1", 0), Answers)
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(progress.forget)
        progress.forget()
        Answers.asked, Answers.names = [], []
        address = override_settings(PROGRESS_URL=f"http://127.0.0.1:{server.server_port}")
        address.enable()
        self.addCleanup(address.disable)

    def answers(self, body, status=200):
        self.enterContext(patch.multiple(Answers, status=status, body=body.encode()))

    def test_it_is_asked_with_the_viewers_token(self):
        """And gives episodes of ours, the latest first."""
        self.answers(positions(("12", 61.5, 2700, "08:00:00.125"), ("trailer", 1, 2, "08:00:00")))
        found = progress.positions("v7")
        self.assertEqual(
            found, (Position(12, 61.5, 2700.0, datetime(2026, 6, 1, 8, 0, 0, 125000, UTC)),)
        )
        path, authorization = Answers.asked[0]
        self.assertEqual(path, "/api/v1/progress/v7?limit=100")
        token = authorization.removeprefix("Bearer ")
        claims = jwt.decode(token, settings.PROGRESS_KEY, ["HS256"], audience="progress")
        self.assertEqual(claims["sub"], "v7")

    def test_it_is_told_which_request_asks(self):
        """So that its log names the request as ours does; where there is none, nothing."""
        self.answers(positions())
        progress.positions("v7")
        with requestid.named("0f3a-77b1-aa"):
            progress.positions("v7")
        self.assertEqual(Answers.names, [None, "0f3a-77b1-aa"])

    def test_no_positions(self):
        """Of a viewer who has not watched anything."""
        self.answers('{"viewer": "v7", "positions": null}')
        self.assertEqual(progress.positions("v7"), ())

    def test_whatever_it_says_there_is_a_row(self):
        """An empty one; and it is left alone for a moment."""
        for body, status in (
            ("", 200), ("[]", 200), ("no JSON", 200), ('{"positions": [{}]}', 200),
            ('{"positions": [{"episode": 5}]}', 200), ('{"status": 503}', 503), ("{}", 401),
        ):  # fmt: skip
            with self.subTest(body=body, status=status):
                progress.forget()
                self.answers(body, status)
                with self.assertLogs("playback.progress", "WARNING"):
                    self.assertEqual(progress.positions("v7"), ())
                before = len(Answers.asked)
                self.assertEqual(progress.positions("v7"), ())
                self.assertEqual(len(Answers.asked), before)

    def test_where_there_is_none(self):
        """An empty row, soon."""
        with (
            override_settings(PROGRESS_URL="http://127.0.0.1:1"),
            self.assertLogs("playback.progress", "WARNING"),
        ):
            self.assertEqual(progress.positions("v7"), ())

    def test_the_page_goes_on_where_another_device_left(self):
        """On each brand with its own titles."""
        viewer = self.viewer()
        made = series("low-tide", "crime", seasons=2)
        first, second = Episode.objects.filter(season__series=made).order_by("pk")[:2]
        self.answers(positions((first.pk, 2990, 3000, "08:00:00")))
        self.sign_in()
        row = self.at("dramas", "/continue/").context["row"]
        self.assertEqual(
            [(each.card.slug, each.episode) for each in row], [("low-tide", second.pk)]
        )
        self.sign_in("horror")
        self.assertEqual(self.at("horror", "/continue/").context["row"], [])
        self.assertEqual(Answers.asked[0][0], f"/api/v1/progress/v{viewer.pk}?limit=100")

    def test_its_queries_do_not_grow_with_what_was_watched(self):
        """Positions come from elsewhere; series, episodes and rights are a few queries for all."""
        self.viewer()
        keys = []
        for n in range(12):
            made = series(f"series-{n}", "crime", seasons=2)
            keys.append(Episode.objects.filter(season__series=made).first().pk)
        watched = ((key, 500, 3000, f"08:00:{n:02}") for n, key in enumerate(keys))
        self.answers(positions(*watched))
        self.sign_in()
        self.at("dramas", "/continue/")
        with self.assertNumQueries(5):
            found = self.at("dramas", "/continue/").context["row"]
        self.assertEqual(len(found), 12)
