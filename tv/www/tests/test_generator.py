import hashlib
import unicodedata
from collections import Counter
from datetime import UTC, datetime

from django.test import SimpleTestCase
from django.utils import timezone

from art import lettering, posters
from art.scenes import SCENES
from catalogue.generator import load, plan
from catalogue.generator.brands import BRANDS
from catalogue.generator.places import PLACES
from catalogue.generator.rows import SeriesRow
from catalogue.generator.stories import STORIES
from catalogue.generator.words import KINDS
from catalogue.models import Country, Credit, Episode, Partner, Series, Strand
from rights import countries, reading
from rights.entitlement import Allowed, Denied, Reason, Title, Viewer, decide
from rights.models import Window
from tests.stage import NetworkTest


class Plan(SimpleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.catalogue = plan.make()

    def test_the_same_seed_makes_the_same_catalogue(self):
        """To the letter, and another seed makes another."""
        small = plan.make("a", 300)
        self.assertEqual(small, plan.make("a", 300))
        self.assertNotEqual(small, plan.make("b", 300))

    def test_it_has_the_size_of_the_network(self):
        """15,000 episodes of 70 partners from 15 countries."""
        series = self.catalogue.series
        self.assertEqual(sum(len(s.episodes) for row in series for s in row.seasons), 15_000)
        self.assertEqual(len(self.catalogue.partners), 70)
        self.assertEqual(len({row.country for row in series}), 15)
        self.assertEqual(
            {row.partner for row in series} - {p.slug for p in self.catalogue.partners}, set()
        )

    def test_titles_and_addresses_are_unique(self):
        """Of series and of partners."""
        for rows in (self.catalogue.series, self.catalogue.partners):
            self.assertEqual(Counter(row.slug for row in rows).most_common(1)[0][1], 1)

    def test_texts_fit_and_have_no_gaps(self):
        """No pattern is left unfilled, and no text is longer than its column."""
        for row in self.catalogue.series:
            texts = [row.title, row.tagline, row.synopsis]
            for season in row.seasons:
                for episode in season.episodes:
                    texts += [episode.title, episode.synopsis]
                    self.assertLessEqual(len(episode.title), 100)
                    self.assertLessEqual(len(episode.synopsis), 300)
                    self.assertTrue(600 < episode.duration < 3 * 3600)
            self.assertTrue(all(text and not set(text) & set("{~'") for text in texts), row.slug)
            self.assertLessEqual(len(row.slug), 80)

    def test_a_season_does_not_repeat_itself(self):
        """Each of its episodes has a title and a synopsis that no other has."""
        for row in self.catalogue.series:
            for season in row.seasons:
                for texts in (
                    [e.title for e in season.episodes],
                    [e.synopsis for e in season.episodes],
                ):
                    self.assertEqual(len(set(texts)), len(texts), row.slug)

    def test_what_takes_no_article_gets_none(self):
        """There is no `The Gravity` and no `Our Triage`."""
        bare = {thing for kind in KINDS for thing in kind.bare}
        wrong = {f"{word} {thing}" for thing in bare for word in ("The", "A", "Our", "Other")}
        titles = {row.title for row in self.catalogue.series}
        self.assertTrue(titles & bare)
        self.assertEqual(titles & wrong, set())

    def test_families_have_a_plural(self):
        """Also those whose names end like one."""
        found = {plan.plural(name) for name in ("Han", "Reyes", "Bech", "Aguilar")}
        self.assertEqual(found, {"Hans", "Reyeses", "Beches", "Aguilars"})

    def test_every_genre_has_stories(self):
        """Several beginnings and turns, so that neighbours in a row are told apart."""
        self.assertEqual(set(STORIES), {kind.slug for kind in KINDS})
        for genre, (beginnings, turns) in STORIES.items():
            self.assertGreaterEqual(min(len(beginnings), len(turns)), 4, genre)

    def test_every_genre_is_on_some_brand(self):
        """And has pictures of its own."""
        shown = {genre for brand in BRANDS for genre in brand["genres"]}
        self.assertEqual(shown, {kind.slug for kind in KINDS})
        self.assertEqual(set(SCENES), shown)

    def test_films_are_one_episode(self):
        """There are a couple of hundred, of every strand, as long as films are."""
        films = [row for row in self.catalogue.series if row.kind == "film"]
        self.assertEqual(len(films), 200)
        self.assertEqual(
            {kind.strand for kind in KINDS if kind.slug in {film.genre for film in films}},
            set(Strand),
        )
        for film in films:
            (season,) = film.seasons
            (episode,) = season.episodes
            self.assertEqual((season.number, episode.number, episode.title), (1, 1, film.title))
            self.assertTrue(60 * 60 < episode.duration < 160 * 60)

    def test_specials_are_season_0(self):
        """Of some series that have several seasons, whose numbers have no gap."""
        with_specials = 0
        for row in self.catalogue.series:
            numbers = sorted(season.number for season in row.seasons)
            with_specials += 0 in numbers
            regular = [number for number in numbers if number]
            self.assertEqual(regular, list(range(1, len(regular) + 1)))
            self.assertTrue(0 not in numbers or len(regular) > 1)
        self.assertGreater(with_specials, 20)

    def test_everyone_is_credited_once_for_each_thing(self):
        """Each title has a director, fiction has a cast; people are of the title's country."""
        country = {person.slug: person.country for person in self.catalogue.people}
        self.assertEqual(len(country), len(self.catalogue.people))
        strand = {kind.slug: kind.strand for kind in KINDS}
        for row in self.catalogue.series:
            roles = Counter(credit.role for credit in row.credits)
            self.assertEqual(roles["director"], 1)
            self.assertEqual(roles["cast"] > 0, strand[row.genre] != Strand.DOCUMENTARY)
            self.assertEqual({country[credit.person] for credit in row.credits}, {row.country})
            people = [credit.person for credit in row.credits]
            self.assertEqual(len(set(people)), len(people))

    def test_who_is_told_of_is_in_the_cast(self):
        """The first of the synopsis is the first character."""
        named = 0
        for row in self.catalogue.series:
            cast = [credit.character for credit in row.credits if credit.role == "cast"]
            named += bool(cast) and cast[0] in row.synopsis
        self.assertGreater(named, 200)

    def test_original_titles_are_in_their_own_script(self):
        """Hangul for Korea, and so on; in English where nothing else is known, it is left out."""
        scripts = {
            "KR": "HANGUL",
            "JP": "CJK|IDEOGRAPHIC|HIRAGANA|KATAKANA",
            "TW": "CJK",
            "TH": "THAI",
            "IN": "DEVANAGARI",
        }
        count = Counter()
        for row in self.catalogue.series:
            if row.original_title and row.country in scripts:
                letters = [unicodedata.name(c) for c in row.original_title if c.isalpha()]
                wanted = tuple(scripts[row.country].split("|"))
                self.assertTrue(all(name.startswith(wanted) for name in letters), row.title)
                count[row.country] += 1
        self.assertEqual(set(count), set(scripts))
        self.assertGreater(count["KR"], 50)

    def test_rights_are_of_every_kind(self):
        """By series, season and episode; some countries, both tiers, ended and to come; and most
        of it may be watched in the United States without paying."""
        rows = self.catalogue.series
        windows = [window for row in rows for window in row.windows]
        seasons = [season for row in rows for season in row.seasons]
        self.assertGreater(sum(bool(season.windows) for season in seasons), 30)
        episodes = [episode for season in seasons for episode in season.episodes]
        self.assertGreater(sum(bool(episode.windows) for episode in episodes), 20)
        self.assertGreater(sum(bool(window.include) for window in windows), 50)
        self.assertGreater(sum(bool(window.exclude) for window in windows), 50)
        for window in windows:
            for codes in (window.include, window.exclude):
                self.assertEqual(countries.normal(codes), codes)
        now = datetime(2026, 6, 15, tzinfo=UTC)
        verdicts = Counter(getattr(self.verdict(row, now), "reason", "allowed") for row in rows)
        self.assertGreater(verdicts["allowed"], 0.6 * len(rows))
        for reason in Reason:
            if reason is not Reason.UNLICENSED:
                self.assertGreater(verdicts[reason], 0, reason)

    def verdict(self, row: SeriesRow, now: datetime) -> Allowed | Denied:
        offers = tuple(
            reading.offer(w.opens, w.closes, w.include, w.exclude, w.tier) for w in row.windows
        )
        return decide(Viewer(), Title(offers), "US", now)

    def test_weights_reach_every_country(self):
        """Each has partners and series enough to fill a row."""
        partners = Counter(p.country for p in self.catalogue.partners)
        series = Counter(row.country for row in self.catalogue.series)
        for place in PLACES:
            self.assertGreaterEqual(partners[place.code], 3)
            self.assertGreaterEqual(series[place.code], 10)


class Load(NetworkTest):
    def test_what_is_planned_is_in_the_database(self):
        """Row for row, with what is open marked available."""
        catalogue = plan.make(episodes=200)
        load.load_people(catalogue.people)
        load.load_series(catalogue.series)
        self.assertEqual(Series.objects.count(), len(catalogue.series))
        self.assertEqual(Episode.objects.count(), 200)
        self.assertEqual((Country.objects.count(), Partner.objects.count()), (15, 70))
        roles = sum(len(row.credits) for row in catalogue.series)
        self.assertEqual(Credit.objects.count(), roles)
        windows = [*(w for row in catalogue.series for w in row.windows),
                   *(w for row in catalogue.series for s in row.seasons for w in s.windows),
                   *(w for row in catalogue.series for s in row.seasons for e in s.episodes
                     for w in e.windows)]  # fmt: skip
        self.assertEqual(Window.objects.count(), len(windows))
        last = catalogue.series[-1]
        self.assertEqual(Series.objects.get(slug=last.slug).seasons.count(), len(last.seasons))
        load.availability.refresh(timezone.now())
        self.assertTrue(Series.objects.filter(available=True).exists())


class Art(SimpleTestCase):
    subject = posters.Subject(
        "the-lodger", "The Lodger", "ghost", "Ghost stories", "horror", "Japan"
    )

    def test_a_picture_is_the_same_on_every_host(self):
        """Drawn twice it is the same, to the byte."""
        for draw in (posters.poster, posters.wide):
            first = hashlib.sha256(draw(self.subject).encode()).hexdigest()
            self.assertEqual(hashlib.sha256(draw(self.subject).encode()).hexdigest(), first)

    def test_every_scene_draws_at_both_sizes(self):
        """Within the budget of a picture, and as well-formed XML."""
        from random import Random
        from xml.etree import ElementTree

        from art.palettes import PALETTES

        for scene in {scene for scenes in SCENES.values() for scene in scenes}:
            for w, h in ((400, 600), (2200, 900)):
                body = scene(Random(1), PALETTES["drama"][0], w, h)
                ElementTree.fromstring(posters.svg(w, h, "A & B", body))
                self.assertLess(len(body), 90_000, scene.__name__)

    def test_titles_are_set_within_their_room(self):
        """At most three lines, none wider than the room, whatever the title."""
        for face in lettering.FACES.values():
            for title in (
                "It",
                "The Lodger",
                "A Very Long Title of Many Words Indeed",
                "W" * 40,
                "",
            ):
                found = lettering.fit(face, title, 344)
                self.assertLessEqual(len(found.lines), 3)
                widest = max(lettering.width(face, line) for line in found.lines)
                self.assertLessEqual(widest * found.size / 1000, 344.5)

    def test_a_label_is_escaped(self):
        """A quote in a title does not end the attribute."""
        self.assertIn(
            'aria-label="A &quot;B&quot; &amp; &lt;C&gt;"', posters.svg(1, 1, 'A "B" & <C>', "")
        )
