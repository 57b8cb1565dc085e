from datetime import timedelta

from django.test import SimpleTestCase

from brands import domains
from catalogue import rows
from catalogue.models import Credit, Person
from rights.models import Window
from search.index import Field, Index, Level
from search.normal import LONGEST, normal
from tests.stage import NetworkTest, series, window

WORDS = {
    "Spider-Man": ("spider", "man"),
    "SPIDER MAN": ("spider", "man"),
    "Amélie": ("amelie",),
    "Ame\u0301lie": ("amelie",),
    "L’Héritage": ("l", "heritage"),
    "The Widow’s Walk": ("the", "widows", "walk"),
    "Don't": ("dont",),
    "Law & Order": ("law", "and", "order"),
    "Færgen": ("faergen",),
    "Løftet": ("loftet",),
    "Şahin ve Işık": ("sahin", "ve", "isik"),
    "İstanbul": ("istanbul",),
    "Straße": ("strasse",),
    "Łódź": ("lodz",),
    "Ёлка": ("елка",),
    "Άλφα": ("αλφα",),
    "ﬁnal": ("final",),
    "Ｆｕｌｌ　Ｗｉｄｔｈ": ("full", "width"),
    "東京物語": ("東京物語",),
    "ラーメン": ("らーめん",),
    "ﾗｰﾒﾝ": ("らーめん",),
    "がっこう": ("がっこう",),
    "사랑": ("ㅅㅏㄹㅏㅇ",),
    "닭": ("ㄷㅏㄹㄱ",),
    "오징어 게임": ("ㅇㅗㅈㅣㅇㅇㅓ", "ㄱㅔㅇㅣㅁ"),
    "ฉลาดเกมส์โกง": ("ฉลาดเกมส์โกง",),
    "हिन्दी": ("हिन्दी",),
    "אָלֶף": ("אלף",),
    "Room 114": ("room", "114"),
    "Se7en": ("se7en",),
    "M*A*S*H": ("m", "a", "s", "h"),
    "!?…": (),
    "": (),
}

TITLES = (
    (1, "The Last Train", "", ()),
    (2, "Spider-Man", "", ("Tobey Maguire",)),
    (3, "Spider", "", ("Ralph Fiennes",)),
    (4, "The Spider Man Returns", "", ()),
    (5, "Amélie", "Le Fabuleux Destin d’Amélie Poulain", ("Audrey Tautou",)),
    (6, "Squid Game", "오징어 게임", ("이정재",)),
    (7, "Tokyo Story", "東京物語", ()),
    (8, "In the Mood for Love", "花樣年華", ()),
    (9, "Ramen Days", "ラーメンの日々", ()),
    (10, "Stalker", "Сталкер", ("Андрей Тарковский",)),
    (11, "Bad Genius", "ฉลาดเกมส์โกง", ()),
    (12, "My Love", "내 사랑", ()),
    (13, "Trainspotting", "", ()),
    (14, "Andrei Rublev", "Андрей Рублёв", ("Андрей Тарковский",)),
)
INDEX = Index(
    (key, ((Field.TITLE, title), (Field.ORIGINAL, original), *((Field.PERSON, p) for p in people)))
    for key, title, original, people in TITLES
)
ALL = {key for key, *_ in TITLES}

CASES = {
    "spider man": [2, 4],
    "Spider-Man": [2, 4],
    "spiderman": [2, 4],
    "SPIDERMAN": [2, 4],
    "spider": [3, 2, 4],
    "man spider": [2, 4],
    "Amelie": [5],
    "Amélie": [5],
    "fabuleux": [5],
    "destin amelie": [5],
    "train": [13, 1],
    "the last": [1],
    "thelasttrain": [1],
    "오징어 게임": [6],
    "오징어게임": [6],
    "오징어": [6],
    "게임": [6],
    "오징": [6],
    "징어": [6],
    "오지": [6],
    "사라": [12],
    "사랑": [12],
    "이정재": [6],
    "東京": [7],
    "物語": [7],
    "年華": [8],
    "らーめん": [9],
    "ラーメン": [9],
    "日々": [9],
    "сталкер": [10],
    "СТАЛ": [10],
    "рублев": [14],
    "Рублёв": [14],
    "тарковский": [10, 14],
    "เกมส์": [11],
    "ฉลาด": [11],
    "tautou": [5],
    "ralph fiennes": [3],
    "fienes": [3],
    "spidermann": [2],
    "spidreman": [2],
    "amelei": [5],
    "stalkr": [10],
    "squid gmae": [6],
    "오진어": [6],
    "romance": [],
    "xyz": [],
    "": [],
    "   ": [],
    "!?": [],
    "%": [],
    "_": [],
}


class Normal(SimpleTestCase):
    def test_what_is_one_word(self):
        """Case, width, accents and punctuation do not count; what makes another letter does."""
        for text, words in WORDS.items():
            with self.subTest(text):
                self.assertEqual(normal(text).words, words)

    def test_a_text_normalised_twice_is_the_same(self):
        """So that what was found may be looked for."""
        for text in WORDS:
            with self.subTest(text):
                once = " ".join(normal(text).words)
                self.assertEqual(normal(once).words, normal(text).words)

    def test_where_words_begin(self):
        """In the joined text."""
        self.assertEqual(normal("The Spider-Man").starts, (0, 3, 9))


class Find(SimpleTestCase):
    def test_what_is_found_in_which_order(self):
        """However words are parted, in any script, with parts of words and small misspellings."""
        for typed, keys in CASES.items():
            with self.subTest(typed):
                self.assertEqual([match.key for match in INDEX.find(typed, ALL)], keys)

    def test_a_match_tells_why(self):
        """The name that fitted best, for the page to show."""
        match = INDEX.find("audrey", ALL)[0]
        self.assertEqual(
            (match.field, match.text, match.level), (Field.PERSON, "Audrey Tautou", Level.BEGINS)
        )

    def test_the_more_popular_of_two_alike_comes_first(self):
        """Entries are given in that order."""
        index = Index((key, ((Field.TITLE, "The Letter"),)) for key in (9, 3, 7))
        self.assertEqual([match.key for match in index.find("letter", {3, 7, 9})], [9, 3, 7])

    def test_what_is_right_hides_what_is_nearly_right(self):
        """A misspelling is only looked for where nothing fits."""
        index = Index([(1, ((Field.TITLE, "Train"),)), (2, ((Field.TITLE, "Trail"),))])
        self.assertEqual([match.key for match in index.find("trail", {1, 2})], [2])
        self.assertEqual({match.key for match in index.find("traip", {1, 2})}, {1, 2})

    def test_what_may_not_be_watched_is_not_there(self):
        """Nor does it keep what is nearly right from being found."""
        index = Index([(1, ((Field.TITLE, "Trail"),)), (2, ((Field.TITLE, "Train"),))])
        self.assertEqual([match.key for match in index.find("trail", {2})], [2])
        self.assertEqual(index.find("trail", set()), [])

    def test_whatever_is_typed_is_answered(self):
        """The beginning of a very long text is looked for, and nothing in it is special."""
        INDEX.find("a" * 10_000, ALL)
        INDEX.find("(((.*+[\\" * 50, ALL)
        self.assertEqual(INDEX.find("spiderman" + " " * LONGEST + "never", ALL)[0].key, 2)


class SearchPage(NetworkTest):
    def found(self, typed, brand="dramas", **more):
        headers = {"host": f"{brand}.localhost", **more}
        answer = self.client.get("/search/", {"q": typed}, headers=headers)
        return [each.card.slug for each in answer.context["found"]]

    def test_it_finds_titles_however_they_are_written(self):
        """By an address without a slash at its end, too."""
        series("spider-man", "crime")
        for typed in ("spider man", "Spider-Man", "spiderman", "SPIDERMAN", "spidermna"):
            with self.subTest(typed):
                self.assertEqual(self.found(typed), ["spider-man"])
        answer = self.at("dramas", "/search?q=spiderman")
        self.assertEqual(answer.headers["Location"], "/search/?q=spiderman")

    def test_it_finds_people(self):
        """And says whom."""
        made = series("low-tide", "crime")
        person = Person.objects.create(slug="amelie-rousseau", name="Amélie Rousseau")
        Credit.objects.create(series=made, person=person, role="cast")
        self.assertContains(self.at("dramas", "/search/?q=amelie"), "Amélie Rousseau")

    def test_only_what_may_be_watched_here_now(self):
        """Of this brand, in this country, on this tier, while a window is open."""
        series("the-well", "ghost")
        elsewhere = series("the-wall", "crime")
        elsewhere.windows.update(include="KR")
        series("the-wave", "crime").windows.update(tier="premium")
        with window(series("the-wood", "crime"), timedelta(days=-9), timedelta(days=-1)):
            self.assertEqual(self.found("the w"), [])
            self.assertEqual(self.found("the w", "horror"), ["the-well"])
            self.assertEqual(self.found("the w", **{"x-viewer-country": "KR"}), ["the-wall"])

    def test_without_a_word_it_asks_for_one(self):
        """And what was typed is text, whatever it contains; that nothing is found is said."""
        self.assertContains(self.at("dramas", "/search/"), 'name="q"')
        self.assertContains(
            self.at("dramas", "/search/?q=<b>%00&quot;"), "&lt;b&gt;", status_code=200
        )
        self.assertContains(self.at("dramas", "/search/?q=zzzz"), "Nothing here answers to “zzzz”")

    def test_a_search_asks_the_database_nothing(self):
        """Once the catalogue is in memory."""
        series("low-tide", "crime")
        self.found("low")
        with self.assertNumQueries(0):
            self.found("tide")

    def test_an_edit_is_found(self):
        """When the catalogue is read again."""
        self.assertEqual(self.found("low"), [])
        series("low-tide", "crime")
        rows.forget(domains.of("dramas.localhost").slug)
        self.assertEqual(self.found("low"), ["low-tide"])
        Window.objects.all().delete()
        rows.forget("dramas")
        self.assertEqual(self.found("low"), [])
