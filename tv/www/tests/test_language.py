"""The interface in two languages: addresses, and that nothing is left in one of them."""

import re
from html.parser import HTMLParser

import polib
from django.conf import settings
from django.template.base import TextNode
from django.test import SimpleTestCase

from pages import language, translations
from tests.stage import NetworkTest, series, varies

PLACEHOLDER = re.compile(r"%\(\w+\)s|%s")


class Addresses(NetworkTest):
    def test_a_path_has_one_language(self):
        """Whatever the browser or a cookie would like: so that one address is one page."""
        series("ferry", "romance")
        wishes = {"accept-language": "ko", "cookie": "django_language=ko"}
        answer = self.client.get("/", headers={"host": "dramas.localhost", **wishes})
        self.assertContains(answer, '<html lang="en"')
        self.assertLessEqual(varies(answer), {"Accept-Encoding", settings.COUNTRY_HEADER})
        self.assertEqual(answer.headers["Content-Language"], "en")

    def test_korean_pages_are_below_ko(self):
        """And so are the pages that they lead to."""
        series("ferry", "romance")
        answer = self.at("dramas", "/ko/")
        self.assertContains(answer, '<html lang="ko"')
        self.assertContains(answer, "지금 인기 있는 작품")
        self.assertContains(answer, 'href="/ko/series/ferry/"')
        self.assertEqual(self.at("dramas", "/ko/series/ferry/").status_code, 200)
        self.assertLessEqual(varies(answer), {"Accept-Encoding", settings.COUNTRY_HEADER})

    def test_each_page_names_itself_in_every_language(self):
        """For search engines, by whole addresses; for viewers, by a link."""
        series("ferry", "romance")
        for path in ("/series/ferry/", "/ko/series/ferry/"):
            answer = self.at("dramas", path)
            for code, at in (("en", "/series/ferry/"), ("ko", "/ko/series/ferry/")):
                link = f'hreflang="{code}" href="http://dramas.localhost{at}"'
                self.assertContains(answer, link)
                self.assertContains(answer, f'href="{at}" lang="{code}"')

    def test_words_in_english_say_so_on_korean_pages(self):
        """A screen reader then reads titles in English, and the rest in Korean."""
        made = series("ferry", "romance")
        made.original_title = "나룻배"
        made.save()
        answer = self.at("dramas", "/ko/series/ferry/")
        self.assertContains(answer, '<h1 class="display" lang="en">Ferry</h1>', html=True)
        self.assertContains(answer, 'lang="ko">나룻배')

    def test_errors_are_in_the_language_of_the_path(self):
        """Also where there is no such page, or no such brand."""
        self.assertContains(self.at("dramas", "/ko/nowhere/"), "편성표에", status_code=404)
        self.assertContains(self.at("nobody", "/ko/"), "오늘 저녁을")
        self.assertEqual(self.at("nobody", "/ko/nowhere/").status_code, 404)

    def test_what_looks_like_a_language_is_none(self):
        """Only those that the site has stand before a path."""
        for path in ("/kr/", "/ko-kr/", "/en/", "/kosmos/"):
            with self.subTest(path):
                self.assertEqual(language.of(path), "en")
                self.assertEqual(language.bare(path), path)
                self.assertEqual(self.at("dramas", path).status_code, 404)


class Translations(SimpleTestCase):
    def entries(self) -> polib.POFile:
        return polib.pofile(str(translations.files("ko")))

    def test_every_text_is_translated(self):
        """Of templates, modules and fixtures; `manage.py translations --sync` lists what is not."""
        done = {
            translations.Text(entry.msgid, entry.msgid_plural)
            for entry in self.entries().translated_entries()
        }
        self.assertEqual(translations.in_code(settings.BASE_DIR) - done, set())

    def test_nothing_is_translated_that_is_not_there(self):
        """Old texts would be translated again by whoever comes next."""
        known = {translations.Text(entry.msgid, entry.msgid_plural) for entry in self.entries()}
        self.assertEqual(known - translations.in_code(settings.BASE_DIR), set())

    def test_translations_have_the_same_places_to_fill(self):
        """A name that is missing or misspelt would be an error on the page."""
        for entry in self.entries():
            for text in (entry.msgstr, *entry.msgstr_plural.values()):
                if text:
                    with self.subTest(entry.msgid):
                        wanted = sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
                        self.assertEqual(sorted(PLACEHOLDER.findall(text)), wanted)

    def test_no_text_of_a_template_escapes_translation(self):
        """What a viewer reads or hears stands in a tag that translates it."""
        for path in translations.sources(settings.BASE_DIR, "templates/**/*.html"):
            if "admin" in path.parts:
                continue
            with self.subTest(path.name):
                reader = Reader()
                nodes = translations.parsed(path).nodelist.get_nodes_by_type(TextNode)
                reader.feed("".join(node.s for node in nodes))
                self.assertEqual(reader.words, [])


class Reader(HTMLParser):
    """Collects what people would read: text, and attributes that are spoken or shown."""

    SPOKEN = frozenset({"alt", "aria-label", "title", "placeholder"})

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words += re.findall(r"[A-Za-z]{2,}", data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in self.SPOKEN:
                self.words += re.findall(r"[A-Za-z]{2,}", value or "")
