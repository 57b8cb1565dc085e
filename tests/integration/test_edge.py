"""The edge by itself: what it believes, what it asks for again, and how it is closed.

Behind it are two stand-ins for hosts, from its own image: they answer as the path says.
"""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from tests.support.ground import prepare
from tests.support.waiting import wait_until

from airchain.fleet import edge, haproxy, local, names
from airchain.fleet.edge_config import EdgeServer
from airchain.fleet.haproxy import FleetStats
from airchain.fleet.settings import Settings
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.run import run
from airchain.spec.model import Edge, Environment, Fleet, Route, Service

PRODUCT, PORT = "edge-test", 18086
HOSTS = ("web-000a", "web-000b")
SPECIFICATION = Environment(
    services={"web": Service(image="web", kind="web", port=8000)},
    routes=(Route(path="/", to="web"),),
    fleets={"web": Fleet(services=("web",))},
    edge=Edge(port=PORT),
)
HOST = """
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
frontend host
    bind :80
    http-request return status 200 if { path /.airchain/health }
    http-request return status 503 content-type text/plain string overloaded if { path /busy }
    http-request return status 502 content-type text/plain string nothing if { path /away }
    http-request return status 502 if { path /half } { env(HOSTNAME) -m str web-000a }
    http-request return status 200 content-type text/plain lf-string \
"%[req.hdr(X-Viewer-Country)];%[req.hdr(X-Viewer-City)];%[req.hdr(X-Forwarded-Proto)];\
%[req.hdr(X-Forwarded-For)]"
"""


@dataclass(frozen=True)
class Answer:
    """What a viewer got."""

    status: int
    headers: http.client.HTTPMessage
    body: str


@dataclass(frozen=True)
class Front:
    """The edge under test."""

    engine: Engine
    home: Home
    settings: Settings

    def shaped(self, **fields: object) -> None:
        """The edge as an environment's `edge` says."""
        made = Edge.model_validate({"port": PORT, **fields})
        changed = SPECIFICATION.model_copy(update={"edge": made})
        edge.ensure(self.engine, self.home, self.settings, changed)

    def ask(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """One request of a viewer, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": "a.localhost", **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())
        finally:
            connection.close()

    def fleet(self) -> FleetStats:
        """What the edge has counted."""
        (found,) = haproxy.runtime(self.home, PRODUCT, "prod").fleets()
        return found

    def docker(self, *words: str) -> str:
        return run([self.engine.cli, *words], env=self.engine.env(), timeout=60).stdout.strip()


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    """The edge with two stand-ins behind it, both healthy."""
    engine, home, made = prepare(PRODUCT)
    found = Front(engine, home, made)
    containers = [names.container(PRODUCT, "prod", name) for name in HOSTS]
    folder = home.environment(PRODUCT, "prod")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "host.cfg").write_text(HOST)
    network = names.network(PRODUCT, "prod")
    config = ("-v", f"{folder}/host.cfg:/host.cfg:ro", "--entrypoint", "/usr/sbin/haproxy")
    try:
        local.ensure_network(engine, PRODUCT, "prod")
        for name, container in zip(HOSTS, containers, strict=True):
            words = ("-d", "--name", container, "--hostname", name, "-e", f"HOSTNAME={name}")
            place = ("--network", network, "--user", "0")
            found.docker("rm", "-f", "-v", container)  # Of a run that was killed.
            found.docker("run", *words, *place, *config, made.edge_image, "-db", "-f", "/host.cfg")
        found.shaped()
        runtime = haproxy.runtime(home, PRODUCT, "prod")
        shape = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        for name, container in zip(HOSTS, containers, strict=True):
            address = found.docker("inspect", "-f", shape, container)
            runtime.add(EdgeServer("web", name, address))
        wait_until(lambda: {s.state for s in runtime.servers()} == {"up"}, "healthy", seconds=20)
        yield found
    finally:
        for container in containers:
            found.docker("rm", "-f", "-v", container)
        edge.remove(engine, home, PRODUCT, "prod")
        local.remove_network(engine, PRODUCT, "prod")
        shutil.rmtree(folder.parent)


def test_nobody_tells_the_edge_who_they_are(front: Front) -> None:
    """Neither by what they came nor where they are, in whatever spelling."""
    front.shaped()
    claims = {
        "x-viewer-country": "KR",
        "X-VIEWER-City": "Seoul",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "10.0.0.1",
    }
    country, city, proto, address = front.ask("/", claims).body.split(";")
    assert (country, city, proto) == ("", "", "http")
    assert address not in ("", "10.0.0.1")


def test_a_proxy_that_is_trusted_tells_the_edge(front: Front) -> None:
    """What it is trusted with, and of a country two letters."""
    front.shaped(trust=["X-Viewer-Country", "X-Forwarded-Proto", "X-Forwarded-For"])
    told = {"X-Viewer-City": "Seoul", "X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.1"}
    seen = front.ask("/", {"X-Viewer-Country": "KR", **told}).body
    assert seen == "KR;;https;10.0.0.1"
    for made_up in ("Korea", "kr", "KR,US", "1234567890", ""):
        assert front.ask("/", {"X-Viewer-Country": made_up, **told}).body.startswith(";;https")
    assert front.ask("/").body.split(";")[:3] == ["", "", "http"]


def test_a_refusal_is_asked_for_once(front: Front) -> None:
    """A service that is overloaded is not asked three times more."""
    front.shaped()
    before = front.fleet()
    answer = front.ask("/busy")
    after = front.fleet()
    assert (answer.status, answer.body) == (503, "overloaded")
    assert (after.requests - before.requests, after.retries - before.retries) == (1, 0)


def test_a_host_with_nothing_to_answer_costs_nobody_a_page(front: Front) -> None:
    """Another is asked; where none has an answer that is the edge's own to say: 503."""
    front.shaped()
    before = front.fleet()
    with ThreadPoolExecutor(8) as pool:
        statuses = {answer.status for answer in pool.map(front.ask, ["/half"] * 40)}
    assert statuses == {200}
    assert front.fleet().retries > before.retries
    answer = front.ask("/away")
    assert (answer.status, answer.body) == (503, "nothing")


def test_a_closed_environment_says_so_to_everybody(front: Front) -> None:
    """A page for people, a problem for programs; no host is asked."""
    front.shaped(maintenance=True)
    try:
        before = front.fleet()
        page = front.ask("/series/x", {"Accept": "text/html,*/*"})
        problem = front.ask("/api", {"Host": "b.localhost", "Accept": "application/json"})
        for answer in (page, problem):
            assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
            assert answer.headers["Cache-Control"] == "no-store"
        assert "We are working on this site." in page.body
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")
        assert problem.headers["Content-Type"] == "application/problem+json"
        assert '"status":503' in problem.body
        assert front.fleet().requests == before.requests
    finally:
        front.shaped()
    assert front.ask("/").status == 200
