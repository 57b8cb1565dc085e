"""nginx's configuration as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airchain.errors import DeployError
from airchain.host import site_keys
from airchain.host.identity import Places
from airchain.host.instances import Instance
from airchain.host.nginx import Site, rate, render
from airchain.host.nginx_words import duration, quote
from airchain.spec.model import Cache, Limit, Route, Service, Signed

PLACES = Places()


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
ROUTES = (Route(path="/api", to="progress"), Route(path="/", to="django", cache=Cache(seconds=1)))


def site(routes: tuple[Route, ...] = ROUTES, *instances: Instance) -> Site:
    return render(routes, instances or (DJANGO, PROGRESS), PLACES)


def test_routes_lead_to_the_addresses_of_their_instances() -> None:
    """One upstream per instance, one location per route."""
    text = site().text
    assert "upstream tv-django-0123456789 {\n    server 10.213.1.64:8000" in text
    assert 'location "/api" {\n        proxy_pass http://tv-progress-0123456789;' in text
    assert 'location "/" {\n        proxy_pass http://tv-django-0123456789;' in text
    assert text.count("proxy_pass") == 3  # One of them fills the cache.


def test_connections_to_services_are_kept_and_websockets_pass() -> None:
    """Keepalive needs an empty Connection header, an upgrade needs its own."""
    text = site().text
    assert "keepalive 64;" in text
    assert "proxy_set_header Upgrade $http_upgrade;" in text
    assert "proxy_set_header Connection $airchain_connection;" in text


def test_only_cached_routes_are_cached_and_not_across_releases() -> None:
    """The key names the instance; a stampede becomes one request."""
    text = site().text
    assert text.count("proxy_cache airchain;") == 1
    assert 'proxy_cache_key "tv-django-0123456789 ' in text
    assert '"max-age=1, stale-while-revalidate=10, stale-if-error=10";' in text
    assert "proxy_cache_lock on;" in text
    assert "proxy_cache" not in site(ROUTES[:1]).text


def test_a_cache_knows_what_tells_answers_apart_and_what_is_private() -> None:
    """Headers of the key; a cookie, a token or a protocol of one's own goes past the cache."""
    cache = Cache(seconds=2, stale=60, key=("X-Viewer-Country",), private=("tv_session",))
    text = site((Route(path="/", to="django", cache=cache),)).text
    assert "$request_uri $airchain_encoding $http_x_viewer_country" in text
    assert '"$http_authorization$http_upgrade$cookie_tv_session" $airchain_private_0' in text
    assert 'default tv-django-0123456789;\n    "~^(GET|HEAD) $" airchain-fill;' in text
    assert '"max-age=2, stale-while-revalidate=60, stale-if-error=60";' in text
    assert "inactive=63s" in text


RATES = [(20, "20r/s"), (1, "1r/s"), (0.5, "30r/m"), (0.001, "1r/m")]


@pytest.mark.parametrize(("per_second", "text"), RATES)
def test_rates_are_whole_numbers(per_second: float, text: str) -> None:
    """Of a second, or of a minute where they are slow."""
    assert rate(Limit(per_second=per_second)) == text


def test_a_limit_counts_the_viewer_and_says_when_to_come_again() -> None:
    """Whom the edge heard, which is believed on its own network only."""
    limit = Limit(per_second=0.2, burst=3)
    text = render((Route(path="/", to="django", limit=limit),), [DJANGO], PLACES, {}, "10.9.0.0/16")
    assert "set_real_ip_from 10.9.0.0/16;" in text.text
    assert "default $binary_remote_addr;" in text.text
    assert "limit_req_zone $airchain_counted zone=airchain_limit_0:4m rate=12r/m;" in text.text
    assert "limit_req zone=airchain_limit_0 burst=3 nodelay;" in text.text
    assert "set $airchain_again 5;" in text.text
    assert "real_ip" not in site(ROUTES[:1]).text


def test_services_of_the_host_are_not_counted() -> None:
    """They ask for all their viewers, from one address."""
    text = site((Route(path="/", to="django", limit=Limit(per_second=1)),)).text
    assert 'geo $realip_remote_addr $airchain_outside { default 1; 10.213.1.0/24 ""; }' in text
    assert "geo" not in site().text


def test_an_answer_from_the_cache_counts_for_nobody() -> None:
    """Both ways to the service count in one zone: past the cache, and where it is filled."""
    limited = ROUTES[1].model_copy(update={"limit": Limit(per_second=5, burst=7)})
    front, fill = site((ROUTES[0], limited)).text.split("listen 127.0.0.1:8098;")
    assert 'map "$server_port $airchain_from_0" $airchain_counted_1 {' in front
    assert '"80 airchain-fill" "";' in front
    assert "limit_req_zone $airchain_counted_1 zone=airchain_limit_1:4m rate=5r/s;" in front
    for server in (front, fill):
        assert server.count("limit_req zone=airchain_limit_1 burst=7 nodelay;") == 1
    assert "set_real_ip_from 127.0.0.1;" in fill


def test_each_route_has_its_largest_body_and_its_share_of_the_log() -> None:
    """A share is of what succeeds; all is logged without asking for a share."""
    routes = (Route(path="/api", to="progress", body="4k", log="5%"), ROUTES[1])
    text = site(routes).text
    api, rest = text.split('location "/api"')[1].split('location "/"')[:2]
    assert "client_max_body_size 4k;" in api
    assert "airchain if=$airchain_logged_0;" in api
    assert "client_max_body_size 100m;" in rest
    assert "access_log" not in rest.split("}")[0]
    assert "split_clients $airchain_request $airchain_share_0 { 5% $airchain_logged; * 0; }" in text


def test_a_service_of_another_fleet_has_no_route_here() -> None:
    """Its location is left out; the rest works."""
    text = site(ROUTES, DJANGO).text
    assert "/api" not in text
    assert 'location "/" {' in text


def test_the_health_of_the_host_follows_the_flag() -> None:
    """A host without routes has it too."""
    text = render((), (), PLACES).text
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


SIGNED = Signed(secret="MEDIA_KEY", cookie="tv_play", header="X-Playback-Key", folders=2)
MEDIA = Route(path="/media", files="media", signed=SIGNED, cache=Cache(seconds=3600))
SIGNATURE = "a" * 22


def test_files_are_read_by_nginx_itself() -> None:
    """The longest path that fits wins, and what is hidden or a link stays so."""
    text = site((Route(path="/art", files="art"), *ROUTES)).text
    assert 'location ^~ "/art/" {\n        alias "/srv/files/art/";' in text
    assert "disable_symlinks on from=/srv/files/art;" in text
    assert 'location ~ "/\\." { return 404; }' in text
    assert "secure_link" not in text


def test_files_are_served_where_requests_come() -> None:
    """A host of workers has no route at all."""
    assert "/srv/files" not in render((MEDIA,), (), PLACES).text


ADDRESSES = {
    f"/media/{SIGNATURE}/1700000000/clip/v1/index.m3u8": ("clip/v1", "index.m3u8"),
    f"/media/{SIGNATURE}/1700000000/clip/v1/720p/seg-1.m4s": ("clip/v1", "720p/seg-1.m4s"),
    f"/media/{SIGNATURE}/1700000000/clip/v1/": None,
    f"/media/{SIGNATURE}/1700000000/clip/index.m3u8": None,
    f"/media/{SIGNATURE}/1700000000/clip/v1/../v2/index.m3u8": None,
    f"/media/{SIGNATURE}/1700000000/clip/v1/.hidden": None,
    f"/media/{SIGNATURE}/1700000000/clip v/v1/index.m3u8": None,
    f"/media/{SIGNATURE}/soon/clip/v1/index.m3u8": None,
    f"/media/{SIGNATURE[1:]}/1700000000/clip/v1/index.m3u8": None,
    "/media/clip/v1/index.m3u8": None,
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_has_a_signature_its_end_folders_and_a_file(address: str) -> None:
    """Anything else below the path is refused, above all what leads elsewhere."""
    (pattern,) = re.findall(r'location ~ "(\^/media/.*)" \{', site((MEDIA, *ROUTES)).text)
    found = re.fullmatch(pattern.replace("?<", "?P<"), address)
    parts = (found["airchain_signed"], found["airchain_file"]) if found else None
    assert parts == ADDRESSES[address]


def test_a_signature_covers_the_end_the_folders_and_the_viewer() -> None:
    """In this order; each route with signed addresses has viewers of its own."""
    other = Route(path="/books", files="books", signed=Signed(secret="BOOKS", cookie="reader"))
    text = site((MEDIA, other, *ROUTES)).text
    signed = "$airchain_expires/$airchain_signed $airchain_who_{} $airchain_key"
    assert f'secure_link_md5 "{signed.format(0)}";' in text
    assert f'secure_link_md5 "{signed.format(1)}";' in text
    assert "map $http_x_playback_key $airchain_who_0 {" in text
    assert 'map "" $airchain_who_1 {' in text
    assert "map $cookie_reader $airchain_cookie_1 {" in text


def test_what_is_signed_for_one_viewer_is_kept_by_nobody_between() -> None:
    """Files that everybody may have may be kept by everybody."""
    routes = (MEDIA, Route(path="/art", files="art", cache=Cache(seconds=60)))
    text = site((*routes, *ROUTES)).text
    assert 'add_header Cache-Control "private, max-age=3600";' in text
    assert 'add_header Cache-Control "public, max-age=60";' in text


def test_the_configuration_names_a_key_and_does_not_hold_it() -> None:
    """A new value is a new configuration all the same."""
    first = render((MEDIA,), [DJANGO], PLACES, {"MEDIA_KEY": "mark-1"})
    second = render((MEDIA,), [DJANGO], PLACES, {"MEDIA_KEY": "mark-2"})
    assert "include /run/airchain/site-keys/MEDIA_KEY.con[f];" in first.text
    assert "mark-1" not in first.text
    assert first.serial != second.serial


def test_a_key_is_for_root_alone(tmp_path: Path) -> None:
    """File and folder; the mark changes with the value."""
    places = Places(tmp_path)
    places.secrets.mkdir(parents=True)
    (places.secrets / "MEDIA_KEY").write_text("0123456789abcdef\n")
    marks = site_keys.install(places, ["MEDIA_KEY"])
    written = places.site_keys / "MEDIA_KEY.conf"
    assert written.read_text() == 'set $airchain_key "0123456789abcdef";\n'
    assert written.stat().st_mode & 0o777 == 0o600
    assert written.parent.stat().st_mode & 0o777 == 0o700
    (places.secrets / "MEDIA_KEY").write_text("fedcba9876543210")
    assert site_keys.install(places, ["MEDIA_KEY"]) != marks


WRONG_KEYS = ["", "short", 'x"; include /etc/shadow; set $y "1234567', "$" * 32]


@pytest.mark.parametrize("value", WRONG_KEYS)
def test_a_key_that_nginx_would_read_otherwise_is_refused(value: str) -> None:
    """So is one that is guessed soon; the error does not repeat it."""
    with pytest.raises(DeployError, match="MEDIA_KEY cannot sign addresses") as caught:
        site_keys.setting("MEDIA_KEY", value)
    assert not value or value not in str(caught.value)
