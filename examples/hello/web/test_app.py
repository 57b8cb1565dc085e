"""Run inside the image, before it may be released."""

import unittest

import app


class Pages(unittest.TestCase):
    def test_home_greets_and_names_its_host(self):
        status, content_type, text = app.respond("/")
        self.assertEqual((status, content_type), (200, "text/html; charset=utf-8"))
        self.assertIn(app.GREETING, text)
        self.assertIn(app.HOST, text)

    def test_health_is_answered(self):
        self.assertEqual(app.respond("/healthz")[0], 200)

    def test_anything_else_is_not_found(self):
        self.assertEqual(app.respond("/nothing")[0], 404)


if __name__ == "__main__":
    unittest.main()
