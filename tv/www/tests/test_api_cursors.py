from base64 import urlsafe_b64encode

from django.test import SimpleTestCase

from api.v1 import cursors

ITEMS = [(-9, "a"), (-9, "c"), (-5, "b"), (-1, "d"), (-1, "e")]


def itself(item):
    return item


def walk(items, limit, between=lambda _: None):
    """All pages, as a client gets them."""
    found, after = [], None
    while True:
        page = cursors.page(items, itself, after, limit)
        found += page.items
        if page.next is None:
            return found
        after = cursors.decode(page.next, (int, str))
        between(page)


class Pages(SimpleTestCase):
    def test_pages_make_up_the_list(self):
        """Of whatever length; the last one has no next."""
        for limit in range(1, 7):
            with self.subTest(limit):
                self.assertEqual(walk(ITEMS, limit), ITEMS)
        self.assertEqual(cursors.page([], itself, None, 3), cursors.Page([], None))

    def test_what_is_added_in_between_repeats_and_skips_nothing(self):
        """Before the cursor it is not seen, behind it it is."""
        items = list(ITEMS)

        def add(_):
            for new in ((-10, "new"), (-3, "new")):
                if new not in items:
                    items.append(new)
            items.sort()

        self.assertEqual(walk(items, 2, add), [*ITEMS[:3], (-3, "new"), *ITEMS[3:]])

    def test_an_item_that_went_is_a_place_still(self):
        """The page goes on behind where it was."""
        self.assertEqual(cursors.page(ITEMS, itself, (-7, "gone"), 1).items, [(-5, "b")])

    def test_a_cursor_survives_the_way_through_an_address(self):
        """In any script, in letters that need no escaping."""
        place = (-12, "봄날은 간다")
        cursor = cursors.encode(place)
        self.assertRegex(cursor, r"^[A-Za-z0-9_-]+$")
        self.assertEqual(cursors.decode(cursor, (int, str)), place)

    def test_a_cursor_of_elsewhere_is_refused(self):
        """Cut off, made up, of another list, or a bomb."""
        made = [
            b"",
            b"1",
            b"{}",
            b'["a",1]',
            b"[1]",
            b'[1,"a",2]',
            b'[1,"\xff"]',
            b"[true,1]",
            b"[" * 99,
        ]
        wrong = [urlsafe_b64encode(text).decode().rstrip("=") for text in made]
        for cursor in (*wrong, "!", "AAA", "A", cursors.encode((-9, "a"))[:-2], "A" * 400):
            with self.subTest(cursor), self.assertRaises(cursors.WrongCursor):
                cursors.decode(cursor, (int, str))
