from django.core.exceptions import ValidationError
from django.test import SimpleTestCase

from brands import colours, domains
from brands.models import Brand
from tests.stage import NetworkTest, series

GOOD = {
    "ground": "#101418", "raised": "#1a2026", "line": "#333c44", "text": "#f4f6f8",
    "soft": "#b2bcc6", "accent": "#7fd1ff", "on-accent": "#00202f",
}  # fmt: skip


class Colours(SimpleTestCase):
    def test_contrast_is_that_of_wcag(self):
        """From 1 to 21; the grey that just passes on white does."""
        self.assertAlmostEqual(colours.contrast("#000000", "#ffffff"), 21)
        self.assertAlmostEqual(colours.contrast("#777777", "#777777"), 1)
        self.assertGreater(colours.contrast("#767676", "#ffffff"), 4.5)
        self.assertLess(colours.contrast("#777777", "#ffffff"), 4.5)

    def test_what_cannot_be_read_or_is_no_colour_is_refused(self):
        """Each complaint names what it is about."""
        cases = (
            ({**GOOD, "soft": "#30363c"}, "soft on ground"),
            ({**GOOD, "on-accent": "#ffffff"}, "on-accent on accent"),
            ({**GOOD, "line": "red"}, "line: six hexadecimal digits"),
            ({**GOOD, "text": "#fff;}"}, "text: six"),
            ({"ground": "#000000"}, "none or all of ground"),
            (["#000000"], "none or all of"),
        )
        for value, said in cases:
            with self.subTest(said), self.assertRaisesRegex(ValidationError, said):
                colours.check(value)
        colours.check(GOOD)
        colours.check({})


class StyleSheet(NetworkTest):
    def test_a_brand_in_its_own_colours(self):
        """They come in a style sheet, which is kept for ever under its version."""
        series("ferry", "romance")
        Brand.objects.filter(slug="dramas").update(colours=GOOD)
        domains.forget()
        page = self.at("dramas")
        version = colours.version(domains.colours_sheet())
        self.assertContains(page, f'<link rel="stylesheet" href="/brands.css?v={version}">')
        self.assertContains(page, 'data-brand="dramas"')
        kept = self.at("dramas", f"/brands.css?v={version}")
        self.assertContains(kept, '[data-brand="dramas"]{--ground:#101418;')
        self.assertIn("immutable", kept.headers["Cache-Control"])
        self.assertEqual(kept.headers["Content-Type"], "text/css; charset=utf-8")
        old = self.at("dramas", "/brands.css?v=old")
        self.assertEqual(old.headers["Cache-Control"], "public, max-age=60")
        self.assertEqual(self.at("nobody", "/brands.css").status_code, 200)

    def test_brands_in_their_theme_load_nothing_more(self):
        """One request less before the page is drawn."""
        self.assertNotContains(self.at("dramas"), "brands.css")
