from django.test import SimpleTestCase

from playback.following import End, Over, Part, Play, Stop, following


def series(*places, refused=()):
    """Parts keyed by season * 100 + number, in whatever order they are given."""
    return [
        Part(s * 100 + n, s, n, "premium" if s * 100 + n in refused else None) for s, n in places
    ]


TWO_SEASONS = ((1, 1), (1, 2), (2, 1), (2, 2))
WITH_SPECIALS = ((0, 1), (0, 2), *TWO_SEASONS)

CASES = {
    "the next of the season": (101, series(*TWO_SEASONS), Play(102)),
    "the first of the next season": (102, series(*TWO_SEASONS), Play(201)),
    "the end of the series": (202, series(*TWO_SEASONS), Over(End.SERIES)),
    "a series of one episode": (101, series((1, 1)), Over(End.SERIES)),
    "in any order given": (102, series((2, 2), (1, 2), (2, 1), (1, 1)), Play(201)),
    "by number, not by key": (7, [Part(7, 1, 1), Part(3, 1, 2), Part(9, 1, 3)], Play(3)),
    "ten comes after nine": (109, series((1, 10), (1, 9), (1, 1)), Play(110)),
    "a number that is missing": (101, series((1, 1), (1, 4)), Play(104)),
    "a season that is missing": (102, series((1, 1), (1, 2), (4, 1)), Play(401)),
    "a season that begins with two": (101, series((1, 1), (2, 2), (2, 3)), Play(202)),
    "a season that begins with nought": (101, series((1, 1), (2, 0), (2, 1)), Play(200)),
    "the story does not lead to specials": (202, series(*WITH_SPECIALS), Over(End.SERIES)),
    "nor begin with them": (101, series(*WITH_SPECIALS), Play(102)),
    "a special after a special": (1, series(*WITH_SPECIALS), Play(2)),
    "no episode after the specials": (2, series(*WITH_SPECIALS), Over(End.SPECIALS)),
    "specials alone": (1, series((0, 1), (0, 3)), Play(3)),
    "the next is refused": (101, series(*TWO_SEASONS, refused={102}), Stop(102, "premium")),
    "the next season is refused": (102, series(*TWO_SEASONS, refused={201}), Stop(201, "premium")),
    "all that is left is refused": (
        101, series(*TWO_SEASONS, refused={102, 201, 202}), Stop(102, "premium")
    ),
    "one refused that is long past": (201, series(*TWO_SEASONS, refused={101}), Play(202)),
    "one refused further on": (101, series(*TWO_SEASONS, refused={201}), Play(102)),
    "from one that is refused itself": (101, series(*TWO_SEASONS, refused={101}), Play(102)),
    "a special that is refused": (1, series(*WITH_SPECIALS, refused={2}), Stop(2, "premium")),
    "refused specials do not matter": (101, series(*WITH_SPECIALS, refused={1, 2}), Play(102)),
    "an episode that is gone": (999, series(*TWO_SEASONS), Over(End.UNKNOWN)),
    "a series that is gone": (101, [], Over(End.UNKNOWN)),
}  # fmt: skip


class Following(SimpleTestCase):
    def test_what_comes_next(self):
        """Right at the ends of seasons, with gaps, with specials, and where rights end."""
        for name, (after, parts, wanted) in CASES.items():
            with self.subTest(name):
                self.assertEqual(following(after, parts), wanted)

    def test_nothing_follows_a_film(self):
        """Even if an editor gave it a second part by mistake."""
        self.assertEqual(following(101, series(*TWO_SEASONS), film=True), Over(End.FILM))
