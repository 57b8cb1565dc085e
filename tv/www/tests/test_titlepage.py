"""What the pages of titles and the player say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from django.test import SimpleTestCase
from django.utils import translation

from catalogue.titles import CreditLine, EpisodeLine, SeasonPart, Title
from pages import hints, titlepage
from rights import entitlement
from rights.entitlement import Allowed, Denied, Reason
from tests.stage import NetworkTest, series

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
YES = Allowed(ads=True, until=None)
NO = Denied(Reason.PREMIUM, "Sign in.")


def line(key: int, verdict: Allowed | Denied = YES) -> EpisodeLine:
    return EpisodeLine(key, key % 10, f"Part {key}", "", 3000, entitlement.Title(), verdict)


def title(*parts: SeasonPart, film: bool = False) -> Title:
    made = SimpleNamespace(kind="film" if film else "series")
    return Title(made, parts, (), "", "")


class Hints(SimpleTestCase):
    def test_what_is_said_of_a_verdict(self):
        """Only what a viewer would want to know before choosing."""
        soon, late = NOW + timedelta(days=10), NOW + timedelta(days=31)
        cases = (
            (Allowed(True, None), None),
            (Allowed(True, late), None),
            (Allowed(True, soon), hints.Hint("leaving", "Until December 3")),
            (Denied(Reason.PREMIUM, ""), hints.Hint("premium", "Premium")),
            (Denied(Reason.NOT_YET, "", soon), hints.Hint("coming", "From December 3")),
            (Denied(Reason.COUNTRY, ""), None),
            (Denied(Reason.ENDED, "", NOW), None),
        )
        for verdict, said in cases:
            with self.subTest(verdict):
                self.assertEqual(hints.of(verdict, NOW), said)

    def test_days_are_those_of_the_language(self):
        """Month and day have another order in Korean."""
        with translation.override("ko"):
            said = hints.of(Allowed(True, NOW + timedelta(days=10)), NOW)
        self.assertEqual(said, hints.Hint("leaving", "12월 3일까지"))


class Beginning(SimpleTestCase):
    first, second = SeasonPart(1, 2024, (line(11), line(12))), SeasonPart(2, 2025, (line(21),))
    specials = SeasonPart(0, 2025, (line(1),))

    def test_the_first_button_plays_what_one_would(self):
        """The season on the page goes first, what was begun before anything."""
        locked = SeasonPart(1, 2024, (line(11, NO), line(12)))
        cases = (
            (title(self.first), self.first, None, (11, "Watch: S1 E1")),
            (title(self.first, self.second), self.second, None, (21, "Watch: S2 E1")),
            (title(self.first, self.second), self.second, 12, (12, "Continue: S1 E2")),
            (title(locked), locked, None, (12, "Watch: S1 E2")),
            (title(locked), locked, 11, (12, "Watch: S1 E2")),
            (title(self.first, self.specials), self.specials, None, (1, "Watch: Special 1")),
        )
        for whole, shown, resumed, expected in cases:
            with self.subTest(expected):
                found = titlepage.beginning(whole, shown, resumed)
                self.assertEqual(found, titlepage.Beginning(*expected))

    def test_a_film_is_just_watched(self):
        """It has no numbers to speak of, neither on the button nor in the player."""
        film = title(self.first, film=True)
        self.assertEqual(titlepage.beginning(film, self.first, None).text, "Watch")
        self.assertEqual(titlepage.label(film, self.first, line(11)), "")

    def test_nothing_begins_where_nothing_may_be_watched(self):
        """The page then says how it could be."""
        locked = SeasonPart(1, 2024, (line(11, NO),))
        self.assertIsNone(titlepage.beginning(title(locked), locked, None))

    def test_credits_stand_by_what_people_did(self):
        """In the order of the page, whatever order they were entered in."""
        cast = CreditLine("cast", "Ann", "Eve")
        wrote = CreditLine("writer", "Bo", "")
        found = titlepage.crew((cast, wrote, replace(cast, name="Cy")))
        self.assertEqual(
            [(str(role), [each.name for each in people]) for role, people in found],
            [("Written by", ["Bo"]), ("With", ["Ann", "Cy"])],
        )


class Watch(NetworkTest):
    def test_the_player_knows_what_to_ask_for(self):
        """And carries its texts in a block of data, as no script may stand in a page."""
        made = series("ferry", "romance")
        episode = made.seasons.get().episodes.first()
        answer = self.at("dramas", f"/watch/{episode.pk}/")
        self.assertContains(answer, f'data-playback="/api/v1/playback/{episode.pk}"')
        self.assertContains(answer, '<script id="words" type="application/json">')
        self.assertEqual(answer.cookies, {})

    def test_what_is_not_on_has_no_player(self):
        """An episode of another brand, or of none."""
        episode = series("the-lodger", "ghost").seasons.get().episodes.first()
        for path in (f"/watch/{episode.pk}/", "/watch/999999/", "/watch/0/"):
            with self.subTest(path):
                self.assertEqual(self.at("dramas", path).status_code, 404)

    def test_episodes_lead_to_their_player(self):
        """And the first of them stands on the page's button."""
        made = series("ferry", "romance")
        answer = self.at("dramas", "/series/ferry/")
        for episode in made.seasons.get().episodes.all():
            self.assertContains(answer, f'href="/watch/{episode.pk}/"')
        self.assertContains(answer, "Watch: S1 E1")
