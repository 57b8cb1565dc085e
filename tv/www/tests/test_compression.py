"""Pages leave Django compressed: nginx would compress what it keeps anew for each viewer."""

import gzip

from tests.stage import NetworkTest, series

DOMAIN = "dramas.localhost"


class Compression(NetworkTest):
    def test_a_page_is_compressed_for_who_can_read_that(self):
        """The same page, smaller, and caches are told on what it depends."""
        for n in range(7):
            series(f"series-{n}", "romance", popularity=n)
        plain = self.client.get("/", headers={"Host": DOMAIN})
        packed = self.client.get("/", headers={"Host": DOMAIN, "Accept-Encoding": "gzip"})
        self.assertEqual(gzip.decompress(packed.content), plain.content)
        self.assertLess(len(packed.content), len(plain.content) / 2)
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        self.assertIn("Accept-Encoding", packed.headers["Vary"])

    def test_what_was_not_changed_is_not_sent_again(self):
        """The mark of a compressed page is good for the next question."""
        asked = {"Host": DOMAIN, "Accept-Encoding": "gzip"}
        mark = self.client.get("/", headers=asked).headers["ETag"]
        again = self.client.get("/", headers={**asked, "If-None-Match": mark})
        self.assertEqual((again.status_code, again.content), (304, b""))
