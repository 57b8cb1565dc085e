from django.test import SimpleTestCase

from playback import addresses

WHO = "viewer-0123456789"


class Signing(SimpleTestCase):
    def test_it_is_what_nginx_computes(self):
        """Of `1767225600/lantern/0a1b2c3d4e5f viewer-0123456789 0123456789abcdef`, by openssl."""
        folder = addresses.sign("0123456789abcdef", WHO, 1767225600, "lantern", "0a1b2c3d4e5f")
        self.assertEqual(
            folder.address("master.m3u8"),
            "/media/pNBA-GWVJMOnLF3cbTKUaA/1767225600/lantern/0a1b2c3d4e5f/master.m3u8",
        )

    def test_every_part_counts(self):
        """Another viewer, time, asset, version or key is another signature."""
        given = {"key": "k" * 16, "binding": WHO, "expires": 1, "asset": "a", "version": "v"}
        others = {"key": "l" * 16, "binding": WHO + "x", "expires": 2, "asset": "b", "version": "w"}
        made = {
            addresses.sign(**{**given, name: value}).signature for name, value in others.items()
        }
        self.assertEqual(len({addresses.sign(**given).signature, *made}), 6)

    def test_parts_cannot_be_moved_into_each_other(self):
        """The end of a version is not the start of a viewer."""
        one = addresses.sign("k" * 16, "bcdefghij0123456", 1, "a", "va")
        other = addresses.sign("k" * 16, "abcdefghij0123456", 1, "a", "v")
        self.assertNotEqual(one.signature, other.signature)


class Binding(SimpleTestCase):
    CASES = (
        ("nothing", None, None, None),
        ("a cookie", WHO, None, WHO),
        ("a device's header", None, WHO, WHO),
        ("the header goes first", "cookie-0123456789", WHO, WHO),
        ("too short to be a secret", "short", None, None),
        ("a header that is none, and a cookie", WHO, "a b", WHO),
        ("what could end a word for nginx", 'x"; return 200;----', None, None),
        ("longer than any that was given out", "x" * 65, None, None),
    )

    def test_what_a_request_brought(self):
        """Only what could be a secret of a browser or a device."""
        for name, cookie, header, expected in self.CASES:
            with self.subTest(name):
                self.assertEqual(addresses.binding_of(cookie, header), expected)

    def test_a_new_one_is_taken_back(self):
        """And no two are the same."""
        made = {addresses.new_binding() for _ in range(20)}
        self.assertEqual(len(made), 20)
        self.assertEqual({addresses.binding_of(one, None) for one in made}, made)
