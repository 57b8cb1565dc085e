"""The main job on tv: every brand on air from every host, deploys and scaling unseen by viewers."""

from __future__ import annotations

import re
import time

import pytest
import requests
from tests.e2e.conftest import PORT
from tests.support.cli import Product
from tests.support.probe import ask, probe
from tests.support.waiting import wait_until

BRANDS = ("dramas", "documentaries", "horror")
TEMPLATE = "www/pages/templates/base.html"


def series_path(brand: str) -> str:
    """The first series that the brand's home page links to."""
    found = re.search(r'href="(/series/[^"]+)"', ask(PORT, f"{brand}.localhost").body)
    assert found, f"no series on the home page of {brand}"
    return found[1]


@pytest.mark.parametrize("brand", BRANDS)
def test_pages_come_from_both_hosts(tv: Product, brand: str) -> None:
    """Home and a series page answer on each brand, from at least two hosts."""
    for path in ("/", series_path(brand)):
        answers = [ask(PORT, f"{brand}.localhost", path) for _ in range(8)]
        assert {a.status for a in answers} == {200}
        assert {a.host for a in answers} == {h["name"] for h in tv.hosts("prod")}


@pytest.mark.usefixtures("tv")
def test_progress_is_kept_whichever_host_answers() -> None:
    """A position written through the edge is read back from every host."""
    site, viewer = f"http://127.0.0.1:{PORT}", {"Host": "dramas.localhost"}
    watch = re.search(r"/watch/(\d+)/", ask(PORT, viewer["Host"], series_path("dramas")).body)
    assert watch, "the first series has no episode to watch"
    begun = requests.post(f"{site}/api/v1/playback/{watch[1]}", headers=viewer, timeout=10)
    assert begun.ok, begun.text
    progress = begun.json()["progress"]
    url, bearer = site + progress["url"], {"Authorization": f"Bearer {progress['token']}"}
    position = {"position": 1.5, "duration": 20}
    written = requests.put(url, json=position, headers=bearer, timeout=10)
    assert written.status_code == 202, written.text

    def everywhere() -> bool:
        answers = [requests.get(url, headers=bearer, timeout=10) for _ in range(8)]
        hosts = {a.headers["X-Served-By"] for a in answers}
        return len(hosts) == 2 and {a.json().get("position") for a in answers} == {1.5}

    wait_until(everywhere, "both hosts know the position")


def test_a_template_line_changes_on_every_host(tv: Product) -> None:
    """Edit, commit, deploy under a probe: no request fails, old containers are gone.

    Migrations run on one of the hosts.
    """
    tv.replace(TEMPLATE, "</body>", "<!-- a line more --></body>")
    tv.commit("add a line")
    before = migrations(tv)
    with probe(PORT, "dramas.localhost") as seen:
        tv.airchain("deploy", "prod")
        time.sleep(2)
    assert not seen.failures, seen.summary()
    assert seen.rate > 50, seen.summary()
    assert len(migrations(tv) - before) == 1
    hosts = {h["name"] for h in tv.hosts("prod")}
    bodies = {a.host: a.body for a in (ask(PORT, "dramas.localhost") for _ in range(12))}
    assert bodies.keys() == hosts
    assert all("a line more" in body for body in bodies.values())
    wait_until(lambda: django_containers(tv) == dict.fromkeys(hosts, 1), "old containers are gone")


def django_containers(product: Product) -> dict[str, int]:
    """How many containers of the site each web host has."""
    return {
        h["name"]: product.docker_on(h["name"], "ps", "--format", "{{.Names}}").count("-django-")
        for h in product.hosts("prod")
    }


def migrations(tv: Product) -> set[tuple[str, str]]:
    """The hosts on which they ran, each with its unit, which is a release's own."""
    lines = tv.json("logs", "prod", "migrate", "-n", "500")
    return {(line["host"], line["unit"]) for line in lines}


def test_the_worker_and_its_fleet_are_up(tv: Product) -> None:
    """The queue's worker runs on a fleet of its own."""
    (status,) = tv.json("status", "prod")
    workers = next(f for f in status["fleets"] if f["name"] == "workers")
    assert [h["services"]["worker"] for h in workers["hosts"]] == ["running"]
