from unittest.mock import patch

from django.db import OperationalError

from brands import domains
from tests.stage import NetworkTest, series


class BrandByDomain(NetworkTest):
    def test_each_domain_shows_its_brand(self):
        """One code base answers as three sites."""
        for domain, name in (
            ("dramas", "Lantern"),
            ("documentaries", "Longview"),
            ("horror", "Nightjar"),
        ):
            with self.subTest(domain):
                self.assertContains(self.at(domain), f'<h1 class="unseen">{name}</h1>', html=True)

    def test_a_brand_shows_only_its_genres(self):
        """A ghost story is not on the drama site, neither in rows nor by its address."""
        series("the-lodger", "ghost")
        self.assertEqual(self.at("horror", "/series/the-lodger/").status_code, 200)
        self.assertEqual(self.at("dramas", "/series/the-lodger/").status_code, 404)

    def test_brands_may_share_a_genre(self):
        """Supernatural thrillers are on two sites."""
        series("red-thread", "supernatural")
        for brand in ("dramas", "horror"):
            self.assertEqual(self.at(brand, "/series/red-thread/").status_code, 200)

    def test_a_domain_of_no_brand_lists_the_brands(self):
        """With links that keep the port the viewer came by."""
        answer = self.client.get("/", headers={"host": "localhost:8080"})
        self.assertContains(answer, "http://horror.localhost:8080/")

    def test_pages_of_no_brand_are_missing(self):
        """Only the list itself exists there."""
        answer = self.client.get("/series/x/", headers={"host": "unknown.localhost"})
        self.assertEqual(answer.status_code, 404)

    def test_a_foreign_host_header_is_refused(self):
        """It is no address of ours."""
        for host in (
            "evil.example",
            "dramas.localhost.evil.example",
            "dramas.localhost:80:80",
            "a b",
        ):
            with self.subTest(host):
                answer = self.client.get("/", headers={"host": host})
                self.assertEqual(answer.status_code, 400)

    def test_letter_case_and_port_do_not_matter(self):
        """Browsers and people write domains in any case."""
        answer = self.client.get("/", headers={"host": "Dramas.Localhost:8080"})
        self.assertContains(answer, "Lantern")

    def test_brands_are_kept_while_the_database_is_away(self):
        """A process that has seen the brands goes on with them."""
        domains.every()
        with (
            patch.object(domains, "_read", float("-inf")),
            patch("brands.models.Brand.objects.order_by", side_effect=OperationalError("gone")),
            self.assertLogs("brands.domains", "WARNING"),
        ):
            self.assertIsNotNone(domains.of("dramas.localhost"))

    def test_without_the_database_and_any_brand_known_it_asks_to_come_again(self):
        """A process that has just started: 503, which no cache keeps, and not an error of ours."""
        with (
            patch("brands.models.Brand.objects.order_by", side_effect=OperationalError("gone")),
            self.assertLogs("ops.middleware", "WARNING"),
        ):
            answer = self.at("dramas")
        self.assertContains(answer, "We will be right back", status_code=503)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
