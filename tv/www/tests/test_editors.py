import re
import struct
import tempfile
import zlib
from datetime import timedelta
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brands.models import Brand
from catalogue import slugs
from catalogue.models import Artwork, Credit, Episode, Film, Genre, Partner, Person, Series
from editors import accounts
from rights.models import Window
from tests.stage import NetworkTest, series
from viewers.models import Viewer

DAY = timedelta(days=1)
HOST = {"host": "dramas.localhost"}


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(height * (1 + (width + 7) // 8)))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


class Fields(HTMLParser):
    """The fields of a page, and their values."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.select = self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "input" and name and given.get("type") not in {"submit", "file"}:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self.found[name] = value
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self.found[self.select] = value
        elif tag == "textarea":
            self.text, self.found[name] = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.text = ""

    def handle_data(self, data: str) -> None:
        if self.text:
            self.found[self.text] += data


class EditorTest(NetworkTest):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.editor = Viewer.objects.create_user("editor@example.org", is_staff=True)
        cls.editor.groups.add(accounts.ensure_editors())

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.editor)

    def get(self, path: str, **query: str):
        return self.client.get(f"/admin/{path}", query, headers=HOST)

    def post(self, path: str, data: dict):
        """What happens once it is committed happens too, as it would."""
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(f"/admin/{path}", data, headers=HOST)

    def form(self, path: str) -> dict[str, object]:
        """What a browser would send back of a page's form, unchanged."""
        fields = Fields()
        fields.feed(self.get(path).content.decode())
        return fields.found


class Lists(EditorTest):
    def test_titles_are_found_by_what_editors_know(self):
        """In English or the original, by partner, or by who made them."""
        found, other = series("the-ferry", "romance"), series("the-well", "romance")
        Series.objects.filter(pk=found.pk).update(original_title="나룻배")
        person = Person.objects.create(slug="kang", name="Ji-won Kang")
        for role in ("director", "writer"):
            Credit.objects.create(series=found, person=person, role=role)
        for term in ("ferry", "나룻배", "ji-won"):
            with self.subTest(term):
                answer = self.get("catalogue/series/", q=term)
                self.assertContains(answer, ">The Ferry</a>", count=1)
                self.assertNotContains(answer, "The Well")
        Series.objects.filter(pk=other.pk).update(partner=Partner.objects.last())
        answer = self.get("catalogue/series/", q=Partner.objects.last().name)
        self.assertContains(answer, ">The Well</a>", count=1)

    def test_filters_narrow_them(self):
        """By what is on air, tier, genre and country."""
        series("the-ferry", "romance")
        hidden = series("the-well", "crime")
        Series.objects.filter(pk=hidden.pk).update(available=False)
        hidden.windows.update(tier="premium")
        for query in (
            {"available__exact": "1"},
            {"windows__tier__exact": "free"},
            {"genre__id__exact": str(Genre.objects.get(slug="romance").pk)},
        ):
            with self.subTest(query):
                answer = self.get("catalogue/series/", **query)
                self.assertContains(answer, "The Ferry")
                self.assertNotContains(answer, "The Well")

    def queries(self, path: str) -> int:
        with CaptureQueriesContext(connection) as found:
            self.assertEqual(self.get(path).status_code, 200)
        return len(found)

    def test_queries_do_not_grow_with_the_rows(self):
        """Of every list of the catalogue, and of the page of a title with all its parts."""
        self.fill(2)
        pages = [
            "catalogue/series/", "catalogue/film/", "catalogue/season/", "catalogue/episode/",
            "catalogue/person/", "catalogue/partner/", "catalogue/genre/", "rights/window/",
            "admin/logentry/", f"catalogue/series/{self.first.pk}/change/",
            f"catalogue/season/{self.first.seasons.get().pk}/change/",
        ]  # fmt: skip
        for page in pages:  # what kinds of things there are is asked once in a process
            self.get(page)
        few = {page: self.queries(page) for page in pages}
        self.fill(12)
        self.assertEqual({page: self.queries(page) for page in pages}, few)

    def fill(self, count: int) -> None:
        """So many titles, and as many parts of the first."""
        have = Series.objects.count()
        made = [series(f"series-{n}", "romance") for n in range(have, have + count)]
        film = series(f"film-{have}", "romance")
        Series.objects.filter(pk=film.pk).update(kind="film")
        self.first = Series.objects.get(slug="series-0")
        season = self.first.seasons.get()
        for n, one in enumerate(made):
            person = Person.objects.create(slug=f"p-{have + n}", name=f"Person {have + n}")
            Credit.objects.create(series=self.first, person=person, role="cast", character=f"{n}")
            Window.objects.create(season=season, opens=timezone.now())
            Episode.objects.create(season=season, number=have + n + 3, title="More", duration=60)
            LogEntry.objects.log_actions(self.editor.pk, [one], 2, "Edited.")


class Pages(EditorTest):
    def test_nothing_inline_stands_on_them(self):
        """Which the Content-Security-Policy would not let a browser run or show."""
        made = series("the-ferry", "romance")
        pages = [
            self.get(""), self.get("catalogue/series/"), self.get("rights/window/add/"),
            self.get(f"catalogue/series/{made.pk}/change/"), self.get("catalogue/film/add/"),
            self.get(f"brands/brand/{made.genre.brands.first().pk}/change/"),
            self.post("catalogue/series/", {"action": "edit_rights", "_selected_action": made.pk}),
        ]  # fmt: skip
        for page in pages:
            with self.subTest(page.request["PATH_INFO"]):
                self.assertEqual(page.status_code, 200)
                policy = page.headers["Content-Security-Policy"]
                self.assertNotIn("unsafe", policy)
                text = page.content.decode()
                scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text)
                self.assertEqual([s for s in scripts if "json" not in s], [])
                self.assertEqual(re.findall(r"<style|\sstyle=|\son[a-z]+=\"", text), [])

    def test_an_edit_is_on_the_site_at_once(self):
        """Once it is committed, and not when the caches have grown old."""
        made = series("the-ferry", "romance")
        self.assertContains(self.at("dramas", "/series/the-ferry/"), "The Ferry")
        page = f"catalogue/series/{made.pk}/change/"
        answer = self.post(page, {**self.form(page), "title": "The Other Ferry"})
        self.assertEqual(answer.status_code, 302, answer.content[:2000])
        self.assertContains(self.at("dramas", "/series/the-ferry/"), "The Other Ferry")
        self.assertContains(self.at("dramas", "/browse/romance/"), "The Other Ferry")

    def test_an_edit_of_what_titles_belong_to_is_on_the_site_at_once(self):
        """A person's name in credits and in the search, a partner's; with the editor's rights."""
        made = series("the-ferry", "romance")
        person = Person.objects.create(slug="ada", name="Ada Winter")
        Credit.objects.create(series=made, person=person, role="cast")
        title, found = "/series/the-ferry/", "/search/?q=lovelace"
        self.assertContains(self.at("dramas", title), "Ada Winter")
        self.assertNotContains(self.at("dramas", found), "The Ferry")
        for page, name in (
            (f"catalogue/person/{person.pk}/change/", "Ada Lovelace"),
            (f"catalogue/partner/{made.partner_id}/change/", "The Renamed Partner"),
        ):
            answer = self.post(page, {**self.form(page), "name": name})
            self.assertEqual(answer.status_code, 302, answer.content[:2000])
            with self.subTest(name):
                self.assertContains(self.at("dramas", title), name)
        self.assertContains(self.at("dramas", found), "The Ferry")

    def test_a_genres_name_is_on_the_site_at_once(self):
        """In the menu of every page."""
        series("the-ferry", "romance")
        self.client.force_login(Viewer.objects.create_superuser("chief@example.org", None))
        self.assertNotContains(self.at("dramas"), "Love stories")
        page = f"catalogue/genre/{Genre.objects.get(slug='romance').pk}/change/"
        answer = self.post(page, {**self.form(page), "name": "Love stories"})
        self.assertEqual(answer.status_code, 302, answer.content[:2000])
        self.assertContains(self.at("dramas"), "Love stories")

    def test_a_name_in_an_address_is_one_that_the_api_takes(self):
        """Small letters, digits and hyphens; of titles and of all that they belong to."""
        made = series("the-ferry", "romance")
        page = f"catalogue/series/{made.pk}/change/"
        for slug in ("The-Ferry", "the_ferry", "the ferry", "ferré"):
            with self.subTest(slug):
                answer = self.post(page, {**self.form(page), "slug": slug})
                self.assertEqual(answer.status_code, 200)
        self.assertContains(answer, "Enter a valid")
        answer = self.post(page, {**self.form(page), "slug": "the_ferry"})
        self.assertContains(answer, "Small letters a to z")
        for model in (Series, Genre, Partner, Person, Brand):
            with self.subTest(model):
                self.assertIn(slugs.check, model._meta.get_field("slug").validators)
        self.assertRegex("the-ferry-2", rf"^{slugs.SLUG}$")

    def test_a_window_is_edited_where_its_title_is(self):
        """Its series is off the site with the same click."""
        made = series("the-ferry", "romance")
        page = f"catalogue/series/{made.pk}/change/"
        data = self.form(page)
        past = timezone.now() - DAY / 2
        data |= {"windows-0-closes_0": f"{past:%Y-%m-%d}", "windows-0-closes_1": f"{past:%H:%M}"}
        self.assertEqual(self.at("dramas", "/series/the-ferry/").status_code, 200)
        self.assertEqual(self.post(page, data).status_code, 302)
        self.assertEqual(self.at("dramas", "/series/the-ferry/").status_code, 404)
        self.assertFalse(Series.objects.get(pk=made.pk).available)

    def test_windows_have_pages_of_their_own(self):
        """Of any level; the site follows, also when one is deleted."""
        made = series("the-ferry", "romance")
        made.windows.all().delete()
        episode = Episode.objects.filter(season__series=made).first()
        now = f"{timezone.now():%Y-%m-%d}"
        data = {"episode": episode.pk, "opens_0": now, "opens_1": "0:00", "tier": "free"}
        self.assertEqual(self.at("dramas", "/series/the-ferry/").status_code, 404)
        self.assertEqual(self.post("rights/window/add/", data).status_code, 302)
        self.assertContains(self.at("dramas", "/series/the-ferry/"), episode.title)
        self.assertContains(self.get("rights/window/"), "The Ferry: Season 1, 1")
        page = f"rights/window/{Window.objects.get().pk}/delete/"
        self.assertEqual(self.post(page, {"post": "yes"}).status_code, 302)
        self.assertEqual(self.at("dramas", "/series/the-ferry/").status_code, 404)

    def test_mistakes_are_named(self):
        """A country that is none, an end before the beginning."""
        made = series("the-ferry", "romance")
        page = f"catalogue/series/{made.pk}/change/"
        answer = self.post(page, {**self.form(page), "windows-0-include": "UK"})
        self.assertContains(answer, "the United Kingdom is GB")
        past = timezone.now() - 9 * DAY
        ends = {"windows-0-closes_0": f"{past:%Y-%m-%d}", "windows-0-closes_1": "00:00"}
        answer = self.post(page, {**self.form(page), **ends})
        self.assertContains(answer, "It must close after it opens.")

    def test_a_film_is_one_page(self):
        """Its season and its episode are made, and follow it."""
        data = {
            "title": "The Long Crossing", "slug": "the-long-crossing", "tagline": "A ferry.",
            "synopsis": "Told once.", "year": 2026, "rating": "12", "minutes": 96,
            "genre": Genre.objects.get(slug="romance").pk, "country": "KR",
            "partner": Partner.objects.first().pk, "added": "2026-06-01", "popularity": 5,
        }  # fmt: skip
        empty = self.form("catalogue/film/add/")
        self.assertEqual(self.post("catalogue/film/add/", empty | data).status_code, 302)
        film = Film.objects.get()
        episode = Episode.objects.get(season__series=film)
        self.assertEqual((episode.season.number, episode.duration), (1, 96 * 60))
        page = f"catalogue/film/{film.pk}/change/"
        self.assertContains(self.get(page), 'value="96"')
        again = self.post(page, {**self.form(page), "minutes": 97, "title": "The Crossing"})
        self.assertEqual(again.status_code, 302)
        episode.refresh_from_db()
        self.assertEqual((episode.title, episode.duration), ("The Crossing", 97 * 60))
        self.assertEqual(list(self.get("catalogue/series/").context["cl"].result_list), [])


class Pictures(EditorTest):
    def setUp(self) -> None:
        super().setUp()
        self.folder = self.shared_files()
        self.made = series("the-ferry", "romance")
        self.page = f"catalogue/series/{self.made.pk}/change/"

    def upload(self, content: bytes, kind: str = "poster"):
        file = SimpleUploadedFile("a.png", content, "image/png")
        row = {"artwork-TOTAL_FORMS": 1, "artwork-0-kind": kind, "artwork-0-file": file,
               "artwork-0-series": self.made.pk}  # fmt: skip
        return self.post(self.page, self.form(self.page) | row)

    def test_what_is_drawn_is_previewed(self):
        """In the list and on the page."""
        for page in ("catalogue/series/", self.page):
            self.assertContains(self.get(page), "/art/the-ferry.svg?v=")

    def test_an_upload_takes_the_place_of_what_is_drawn(self):
        """On the site and in the previews, under an address that may be kept for ever."""
        self.assertContains(self.at("dramas"), "/art/the-ferry.svg")
        self.assertEqual(self.upload(png(400, 600)).status_code, 302)
        found = Artwork.objects.get()
        self.assertEqual((found.width, found.height), (400, 600))
        address = f"/art/the-ferry/poster/{found.version}"
        for page in (self.at("dramas"), self.at("dramas", "/series/the-ferry/"),
                     self.get("catalogue/series/"), self.get(self.page)):  # fmt: skip
            self.assertContains(page, address)
            self.assertNotContains(page, "/art/the-ferry.svg")
        picture = self.at("dramas", address)
        self.assertEqual(picture.headers["Content-Type"], "image/png")
        self.assertIn("immutable", picture.headers["Cache-Control"])
        self.assertEqual(b"".join(picture.streaming_content), png(400, 600))
        older = self.at("dramas", "/art/the-ferry/poster/older")
        self.assertNotIn("immutable", older.headers["Cache-Control"])
        older.close()

    def test_what_does_not_fit_is_refused_with_its_reason(self):
        """Nothing is stored of it."""
        for content, kind, reason in (
            (b"<svg onload='alert(1)'/>", "poster", "This is no PNG, JPEG or WebP."),
            (png(400, 600)[:12], "poster", "The file is damaged"),
            (png(40, 60), "poster", "at least 400 by 600 is needed"),
            (png(600, 600), "poster", "not the proportion of 400 by 600"),
            (png(400, 600), "wide", "at least 1280 by 720 is needed"),
            (bytes((4 << 20) + 1), "poster", "larger than 4 MB"),
        ):
            with self.subTest(reason):
                self.assertContains(self.upload(content, kind), reason)
        self.assertEqual(list(self.folder.rglob("*.png")), [])
        self.assertFalse(Artwork.objects.exists())


class BulkRights(EditorTest):
    def edit(self, path: str, chosen: list, **form: object):
        data = {"action": "edit_rights", "_selected_action": [one.pk for one in chosen],
                "apply": "1", "tier": "free", **form}  # fmt: skip
        return self.post(path, data)

    def test_the_form_comes_first(self):
        """It lists what was chosen with the windows it has, and changes nothing."""
        made = series("the-ferry", "romance")
        answer = self.post(
            "catalogue/series/", {"action": "edit_rights", "_selected_action": made.pk}
        )
        self.assertContains(answer, "Of 1 series")
        self.assertContains(answer, str(made.windows.get()))
        self.assertEqual(LogEntry.objects.count(), 0)

    def test_chosen_titles_change_and_others_do_not(self):
        """On the site at once, with a record for each."""
        chosen, other = [series("a", "romance"), series("b", "romance")], series("c", "romance")
        self.assertContains(self.at("dramas"), "/series/a/")
        answer = self.edit("catalogue/series/", chosen, operation="close")
        self.assertEqual(answer.status_code, 302)
        self.client.logout()
        self.assertNotContains(self.at("dramas"), "/series/a/")
        self.assertContains(self.at("dramas"), "/series/c/")
        self.assertIsNone(other.windows.get().closes)
        self.assertFalse(Series.objects.get(slug="a").available)
        entries = LogEntry.objects.order_by("object_id")
        self.assertEqual([e.object_id for e in entries], [str(one.pk) for one in chosen])
        self.assertTrue(all(e.user == self.editor for e in entries))
        self.assertIn("Rights closed at", entries[0].get_change_message())

    def test_a_whole_search_may_be_chosen(self):
        """All that it finds, also what is on its other pages."""
        for n in range(60):
            series(f"ferry-{n}", "romance")
        well = series("well", "romance")
        answer = self.edit(
            "catalogue/series/?q=ferry", [well], operation="set", include="kr", select_across="1"
        )
        self.assertEqual(answer.status_code, 302)
        self.assertEqual(Window.objects.filter(include="KR").count(), 60)
        self.assertEqual(well.windows.get().include, "")

    def test_what_an_edit_takes_out_of_the_filter_is_counted(self):
        """It was chosen when it still was in it."""
        made = series("a", "romance")
        free = "catalogue/series/?windows__tier__exact=free"
        self.edit(free, [made], operation="set", tier="premium")
        self.assertContains(self.get("catalogue/series/"), "1 changed, 0 as they were.")

    def test_seasons_and_episodes_have_it_too(self):
        """Their windows are their own."""
        made = series("a", "romance")
        season = made.seasons.get()
        self.edit("catalogue/season/", [season], operation="add", tier="premium")
        self.assertEqual(season.windows.get().tier, "premium")
        self.edit("catalogue/episode/", [season.episodes.first()], operation="set", include="JP")
        self.assertEqual(season.episodes.first().windows.get().include, "JP")
        self.assertEqual(made.windows.get().tier, "free")

    def free_first(self, slug: str) -> Series:
        """A premium series whose first episode is free."""
        made = series(slug, "romance")
        made.windows.update(tier="premium")
        first = Episode.objects.get(season__series=made, number=1)
        Window.objects.create(episode=first, opens=timezone.now() - DAY)
        return made

    def form_of(self, path: str, chosen: list):
        chosen = [one.pk for one in chosen]
        return self.post(path, {"action": "edit_rights", "_selected_action": chosen})

    def test_the_form_asks_whether_parts_are_meant(self):
        """They are, unless an editor says otherwise; it counts the titles that have such."""
        made = [self.free_first("a"), self.free_first("b"), series("c", "romance")]
        answer = self.form_of("catalogue/series/", made)
        self.assertContains(answer, "2 of them have seasons or episodes with windows of their own")
        self.assertContains(answer, "Also windows of their seasons and episodes:")
        self.assertRegex(answer.content.decode(), r'<input[^>]* name="parts"[^>]* checked')
        answer = self.form_of("catalogue/season/", [made[0].seasons.get()])
        self.assertContains(answer, "1 of them has episodes with windows of their own")
        self.assertContains(answer, "Also windows of their episodes:")
        answer = self.form_of("catalogue/series/", made[2:])
        self.assertNotContains(answer, "with windows of their own")
        answer = self.form_of("catalogue/episode/", list(Episode.objects.all()))
        self.assertNotContains(answer, 'name="parts"')
        answer = self.edit("catalogue/series/", made, operation="burn")
        self.assertNotRegex(answer.content.decode(), r'<input[^>]* name="parts"[^>]* checked')

    def test_what_is_closed_with_its_parts_is_off_the_site(self):
        """At once, with a record for each part, and told to the editor."""
        made, other = [self.free_first("a"), self.free_first("b")], self.free_first("c")
        self.client.logout()
        for slug in "abc":
            self.assertEqual(self.at("dramas", f"/series/{slug}/").status_code, 200)
        self.client.force_login(self.editor)
        answer = self.edit("catalogue/series/", made, operation="close", parts="on")
        self.assertEqual(answer.status_code, 302)
        listed = self.get("catalogue/series/")
        self.assertContains(
            listed, "2 changed, 0 as they were. With them 0 seasons and 2 episodes."
        )
        self.assertNotContains(listed, "of them still")
        self.client.logout()
        for slug, status in (("a", 404), ("b", 404), ("c", 200)):
            self.assertEqual(self.at("dramas", f"/series/{slug}/").status_code, status)
        self.assertEqual(Series.objects.get(available=True), other)
        entries = LogEntry.objects.filter(content_type__model="episode").order_by("object_repr")
        self.assertEqual(
            [entry.object_repr for entry in entries], ["A: Season 1, 1", "B: Season 1, 1"]
        )
        self.assertRegex(entries[0].get_change_message(), "Rights closed at .* With its series.")
        self.assertEqual(LogEntry.objects.count(), 4)

    def test_only_parts_may_have_changed(self):
        """The site follows all the same."""
        made = self.free_first("a")
        made.windows.update(closes=timezone.now() - DAY / 2)
        self.client.logout()
        self.assertEqual(self.at("dramas", "/series/a/").status_code, 200)
        self.client.force_login(self.editor)
        self.edit("catalogue/series/", [made], operation="close", parts="on")
        self.assertContains(
            self.get("catalogue/series/"),
            "0 changed, 1 as they were. With them 0 seasons and 1 episode.",
        )
        self.client.logout()
        self.assertEqual(self.at("dramas", "/series/a/").status_code, 404)

    def test_what_is_set_with_its_parts_counts_for_them(self):
        """The record of a part says why it has no windows any more."""
        made = self.free_first("a")
        self.edit("catalogue/series/", [made], operation="set", tier="premium", parts="on")
        self.assertFalse(Window.objects.filter(series=None).exists())
        entry = LogEntry.objects.get(content_type__model="episode")
        said = entry.get_change_message()
        self.assertRegex(said, "^Windows removed: those of its series count. Rights set: .*premium")

    def test_parts_that_stay_are_warned_of(self):
        """They go on playing: whoever left them out should know."""
        made = [self.free_first("a"), series("b", "romance")]
        self.edit("catalogue/series/", made, operation="close")
        listed = self.get("catalogue/series/")
        self.assertContains(listed, "2 changed, 0 as they were.")
        self.assertContains(listed, "1 of them still has seasons or episodes with windows of their")
        self.assertFalse(LogEntry.objects.filter(content_type__model="episode").exists())
        self.client.logout()
        self.assertEqual(self.at("dramas", "/series/a/").status_code, 200)

    def test_a_film_has_parts_too(self):
        """Though who edits it need not know of them."""
        film = self.free_first("a")
        Series.objects.filter(pk=film.pk).update(kind="film")
        self.edit("catalogue/film/", [film], operation="close", parts="on")
        self.assertFalse(Series.objects.get().available)
        kinds = LogEntry.objects.values_list("content_type__model", flat=True)
        self.assertEqual(sorted(kinds), ["episode", "film"])

    def test_parts_are_called_by_their_full_names(self):
        """In the form and in the record: there are as many seasons 1 as series."""
        made = [series("the-ferry", "romance"), series("the-well", "romance")]
        seasons = [one.seasons.get() for one in made]
        episodes = [season.episodes.first() for season in seasons]
        for path, parts, names in (
            ("catalogue/season/", seasons, ["The Ferry: Season 1", "The Well: Season 1"]),
            ("catalogue/episode/", episodes, ["The Ferry: Season 1, 1", "The Well: Season 1, 1"]),
        ):
            with self.subTest(path):
                form = self.edit(path, parts, operation="burn")
                for name in names:
                    self.assertContains(form, f"<li>{name}: no windows of its own</li>", html=True)
                LogEntry.objects.all().delete()
                self.edit(path, parts, operation="add")
                found = LogEntry.objects.order_by("object_repr")
                self.assertEqual(list(found.values_list("object_repr", flat=True)), names)

    def test_queries_do_not_grow_with_what_is_chosen(self):
        """Neither of the form nor of the edit, on each level."""
        made = [self.free_first(f"series-{n}") for n in range(13)]
        seasons = [one.seasons.get() for one in made]
        for season in seasons:
            Window.objects.create(season=season, opens=timezone.now() - DAY)
        for path, parts in (
            ("catalogue/series/", made),
            ("catalogue/season/", seasons),
            ("catalogue/episode/", [season.episodes.first() for season in seasons]),
        ):
            for operation in ("burn", "add", "close", "set"):
                few = self.queries(path, parts[:1], operation)
                with self.subTest(path, operation=operation):
                    self.assertLessEqual(self.queries(path, parts[1:], operation), few)

    def queries(self, path: str, chosen: list, operation: str) -> int:
        data = {"action": "edit_rights", "_selected_action": [one.pk for one in chosen],
                "apply": "1", "tier": "free", "operation": operation, "parts": "on"}  # fmt: skip
        with CaptureQueriesContext(connection) as found:
            # What follows once it is committed has to do with caches, and is bounded elsewhere.
            self.client.post(f"/admin/{path}", data, headers=HOST)
        return len(found)

    def test_mistakes_are_named_and_change_nothing(self):
        """In the form, which keeps what was chosen."""
        made = series("a", "romance")
        for form, reason in (
            ({"operation": "set", "include": "XX"}, "No country: XX"),
            ({"operation": "set", "include": "KR", "exclude": "KR"}, "Also in the other list: KR."),
            ({"operation": "set", "closes_0": "2000-01-01", "closes_1": "0:00"},
             "It must close after it opens."),
            ({"operation": "extend", "closes_0": "2000-01-01", "closes_1": "0:00"}, "in the past"),
            ({"operation": "burn"}, "Select a valid choice"),
        ):  # fmt: skip
            with self.subTest(reason):
                self.assertContains(self.edit("catalogue/series/", [made], **form), reason)
        self.assertEqual(made.windows.get().include, "")

    def test_it_takes_the_permission(self):
        """Who may edit titles but not rights is not offered it, and cannot send it either."""
        made = series("a", "romance")
        writer = Viewer.objects.create_user("writer@example.org", is_staff=True)
        writer.user_permissions.set(Permission.objects.filter(content_type__app_label="catalogue"))
        self.client.force_login(writer)
        self.assertNotContains(self.get("catalogue/series/"), "edit_rights")
        self.edit("catalogue/series/", [made], operation="close")
        self.assertIsNone(made.windows.get().closes)


class Record(EditorTest):
    def test_it_tells_who_changed_what(self):
        """With a link to it; nobody can add to it, change it or take from it."""
        made = series("the-ferry", "romance")
        page = f"catalogue/series/{made.pk}/change/"
        self.post(page, {**self.form(page), "tagline": "Another."})
        answer = self.get("admin/logentry/")
        self.assertContains(answer, "editor@example.org")
        self.assertContains(answer, f"/admin/{page}")
        self.assertContains(answer, "Changed Tagline.")
        entry = LogEntry.objects.get()
        for path in ("admin/logentry/add/", f"admin/logentry/{entry.pk}/delete/"):
            self.assertEqual(self.get(path).status_code, 403)
        self.post(f"admin/logentry/{entry.pk}/change/", {"change_message": "nothing"})
        entry.refresh_from_db()
        self.assertIn("Tagline", entry.change_message)

    def test_it_has_the_full_names_of_parts(self):
        """Also of one that is edited, added or deleted on its own page."""
        season = series("the-ferry", "romance").seasons.get()
        season.episodes.update(synopsis="Told once.")
        page = f"catalogue/season/{season.pk}/change/"
        self.post(page, {**self.form(page), "year": 2025})
        page = "catalogue/episode/add/"
        ninth = {"season": season.pk, "number": 9, "title": "Nine", "synopsis": "More.",
                 "duration": 60}  # fmt: skip
        self.post(page, {**self.form(page), **ninth})
        added = season.episodes.get(number=9)
        self.post(f"catalogue/episode/{added.pk}/delete/", {"post": "yes"})
        entries = LogEntry.objects.order_by("pk").values_list("action_flag", "object_repr")
        name = "The Ferry: Season 1, 9"
        self.assertEqual(list(entries), [(2, "The Ferry: Season 1"), (1, name), (3, name)])
        self.assertEqual(LogEntry.objects.first().user, self.editor)
        self.assertContains(self.get("admin/logentry/"), "Changed Year.")


class Accounts(NetworkTest):
    def test_viewers_do_not_get_in(self):
        """To them it is a page to sign in on."""
        self.client.force_login(Viewer.objects.create_user("v@example.org"))
        answer = self.client.get("/admin/", headers=HOST)
        self.assertEqual(answer.status_code, 302)

    def run_command(self, **secrets: str) -> str:
        out = StringIO()
        with tempfile.TemporaryDirectory() as folder:
            files = {f"{name}_FILE": f"{folder}/{name}" for name in secrets}
            for name, value in secrets.items():
                Path(folder, name).write_text(value)
            with patch.dict("os.environ", files):
                call_command("ensure_accounts", stdout=out)
        return out.getvalue()

    def test_accounts_have_the_passwords_of_the_secrets(self):
        """Also after one was changed; a second run changes nothing, and says nothing of them."""
        secrets = {"EDITOR_PASSWORD": "first-secret", "VIEWER_PASSWORD": "other-secret"}
        said = self.run_command(**secrets)
        self.assertEqual(said.count(": made"), 3)
        self.assertNotIn("secret", said)
        self.assertEqual(self.run_command(**secrets).count(": as it was"), 3)
        self.run_command(EDITOR_PASSWORD="second-secret", VIEWER_PASSWORD="other-secret")
        login = {"email": "editor@tv.localhost"}
        self.assertFalse(self.client.login(**login, password="first-secret"))
        self.assertTrue(self.client.login(**login, password="second-secret"))
        self.assertEqual(self.client.get("/admin/", headers=HOST).status_code, 200)
        premium = Viewer.objects.get(email="premium@tv.localhost")
        self.assertEqual((premium.tier, premium.is_staff), ("premium", False))

    def test_without_a_secret_there_is_no_account(self):
        """A fixed password would be everyone's."""
        with patch.dict("os.environ", {"VIEWER_PASSWORD_FILE": "/nonexistent",
                                       "EDITOR_PASSWORD_FILE": "/nonexistent"}):  # fmt: skip
            call_command("ensure_accounts", stdout=StringIO())
        self.assertFalse(Viewer.objects.exists())

    def test_editors_edit_and_do_not_run_the_network(self):
        """No title is theirs to delete, no account theirs to see."""
        editor = Viewer.objects.create_user("e@example.org", is_staff=True)
        editor.groups.add(accounts.ensure_editors())
        self.client.force_login(editor)
        made = series("a", "romance")
        for path in (f"catalogue/series/{made.pk}/delete/", "viewers/viewer/", "brands/brand/add/"):
            with self.subTest(path):
                answer = self.client.get(f"/admin/{path}", headers=HOST)
                self.assertIn(answer.status_code, (403, 404))
