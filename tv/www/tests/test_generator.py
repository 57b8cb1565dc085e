import hashlib
from collections import Counter

from django.test import SimpleTestCase
from django.utils import timezone

from art import lettering, posters
from art.scenes import SCENES
from catalogue.generator import load, plan
from catalogue.generator.brands import BRANDS
from catalogue.generator.places import PLACES
from catalogue.generator.stories import STORIES
from catalogue.generator.words import KINDS
from catalogue.models import Country, Episode, Partner, Series
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
        load.load_series(catalogue.series)
        self.assertEqual(Series.objects.count(), len(catalogue.series))
        self.assertEqual(Episode.objects.count(), 200)
        self.assertEqual((Country.objects.count(), Partner.objects.count()), (15, 70))
        last = catalogue.series[-1]
        self.assertEqual(Series.objects.get(slug=last.slug).seasons.count(), len(last.seasons))
        load.windows.refresh(timezone.now())
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
