"""nginx's configuration as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from airchain.host.instances import Instance
from airchain.host.nginx import Site, duration, quote, render
from airchain.spec.model import Route, Service

FLAG = Path("/run/airchain/in-service")


def web(name: str, address: str, port: int) -> Instance:
    return Instance(
        id="0123456789",
        product="tv",
        service=name,
        image="i@sha256:aa",
        spec=Service(image="i", kind="web", port=port),
        address=address,
    )


DJANGO = web("django", "10.213.1.64", 8000)
PROGRESS = web("progress", "10.213.1.65", 8100)
ROUTES = (Route(path="/api", to="progress"), Route(path="/", to="django", cache=1))


def site(routes: tuple[Route, ...] = ROUTES, *instances: Instance) -> Site:
    return render(routes, instances or (DJANGO, PROGRESS), FLAG)


def test_routes_lead_to_the_addresses_of_their_instances() -> None:
    """One upstream per instance, one location per route."""
    text = site().text
    assert "upstream tv-django-0123456789 {\n    server 10.213.1.64:8000" in text
    assert 'location "/api" {\n        proxy_pass http://tv-progress-0123456789;' in text
    assert text.count("proxy_pass") == 2


def test_connections_to_services_are_kept_and_websockets_pass() -> None:
    """Keepalive needs an empty Connection header, an upgrade needs its own."""
    text = site().text
    assert "keepalive 64;" in text
    assert 'map $http_upgrade $airchain_connection { default upgrade; "" ""; }' in text
    assert "proxy_set_header Connection $airchain_connection;" in text


def test_only_cached_routes_are_cached_and_not_across_releases() -> None:
    """The key names the instance; a stampede becomes one request."""
    text = site().text
    assert text.count("proxy_cache airchain;") == 1
    assert 'proxy_cache_key "tv-django-0123456789 ' in text
    assert "proxy_cache_valid 200 301 302 1s;" in text
    assert "proxy_cache_lock on;" in text


def test_a_service_of_another_fleet_has_no_route_here() -> None:
    """Its location is left out; the rest works."""
    text = site(ROUTES, DJANGO).text
    assert "/api" not in text
    assert 'location "/" {' in text


def test_the_health_of_the_host_follows_the_flag() -> None:
    """A host without routes has it too."""
    text = render((), (), FLAG).text
    assert "location = /.airchain/health" in text
    assert "if (-f /run/airchain/in-service) { return 200" in text


def test_the_serial_tells_configurations_apart() -> None:
    """The same input gives the same serial, another address another."""
    first, again = site(), site()
    moved = site(ROUTES, web("django", "10.213.1.70", 8000), PROGRESS)
    assert first == again
    assert first.serial != moved.serial
    assert f'return 200 "{first.serial}"' in first.text


@pytest.mark.parametrize(("seconds", "text"), [(0.5, "1s"), (1, "1s"), (2.6, "3s"), (90, "90s")])
def test_validity_is_in_whole_seconds(seconds: float, text: str) -> None:
    """Nothing is cached for less than a second."""
    assert duration(seconds) == text


def test_words_are_quoted() -> None:
    """Quotes and backslashes do not end a word."""
    assert quote('a"b\\c') == '"a\\"b\\\\c"'
