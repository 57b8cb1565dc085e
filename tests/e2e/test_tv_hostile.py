"""What nobody sends by accident, through tv's edge and nginx: each gets the refusal that it
deserves, never an error of ours and never what it is after."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time

import pytest
from tests.e2e.conftest import PORT
from tests.support import raw
from tests.support.cli import Product
from tests.support.probe import probe
from tests.support.viewer import Player, Viewer

HOST = f"dramas.localhost:{PORT}"
SLOW = 100
"""Clients that stop within the head of a request, and as many that stop within its body."""
CUT_OFF = 25.0
"""Seconds after which none of them is waited for."""
SOON = 3.0
"""Seconds that anyone else waits meanwhile."""


@pytest.fixture(scope="module")
def player(tv_edge: str) -> Player:
    """A device that may play something."""
    viewer = Viewer(tv_edge, HOST)
    return viewer.watch(viewer.watchable()[1]["id"])


def get(path: str, *lines: str, host: str = HOST) -> raw.Reply:
    return raw.send(PORT, raw.request(host, path, *lines))


# `{folder}` is a folder that the device has a signature for, `{signed}` the signature alone.
PATHS = (
    "/media",
    "/media/",
    "/media/.ingest/",
    "/media//.ingest/",
    "/media/%2eingest/",
    "/media/../files/media/",
    "/media/%2e%2e/%2e%2e/etc/passwd",
    "/media/%252e%252e/%252e%252e/etc/passwd",
    "{signed}/.ingest/{version}/source",
    "{signed}/%2eingest/{version}/source",
    "{signed}/{asset}/",
    "{folder}/",
    "{folder}/..",
    "{folder}/.master.m3u8",
    "{folder}/../{version}x/master.m3u8",
    "{folder}/../../.ingest/{version}/source",
    "{folder}/%2e%2e/%2e%2e/.ingest/{version}/source",
    "{folder}/..%2f..%2f.ingest%2f{version}%2fsource",
    "{folder}/..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "{folder}/..\\..\\..\\etc\\passwd",
    "{folder}/..;/..;/etc/passwd",
    "{folder}/master.m3u8%00",
    "{folder}/master.m3u8%00.txt",
    "{folder}/master.m3u8/",
    "{folder}/nothing.m4s",
    "/static/../../../etc/passwd",
    "/static/%2e%2e/manage.py",
    "/static/..%2f..%2fmanage.py",
    "/art/%2e%2e/manage.py",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/series/%00/",
    "/series/%ff%fe/",
    "/api/v1/titles/%00",
    "/api/v1/progress/../../../metrics",
    "/api/v1/progress/%2e%2e/%2e%2e/%2e%2e/metrics",
    "/metrics",
    "/watch/99999999999999999999999/",
    "/.airchain/health",
    "/%2eairchain/health",
    "//.airchain/health",
    "/x/../.airchain/health",
    "/search/?q=" + "a" * 6000,
    "/search/?q=" + "a" * 40_000,
)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:60])
def test_a_path_leads_nowhere(player: Player, path: str) -> None:
    """Neither out of a folder nor into one that has no address; the signature is a good one."""
    playlist = str(player.playback["playlist"])
    _, media, signature, expires, asset, version, _ = playlist.split("/")
    signed = f"/{media}/{signature}/{expires}"
    folder = f"{signed}/{asset}/{version}"
    key = f"X-Playback-Key: {player.key}"
    assert get(playlist, key).status == 200
    wanted = path.format(folder=folder, signed=signed, asset=asset, version=version)
    reply = get(wanted, key)
    assert reply.status in {400, 403, 404, 414}, reply
    assert "root:" not in reply.body


def test_a_copied_address_is_of_no_use(player: Player) -> None:
    """To another browser, to one without a cookie, and to one whose cookie is none."""
    playlist = str(player.playback["playlist"])
    for whole in (playlist, player.segment(player.variants()[0])):
        assert get(whole, f"Cookie: tv_play={player.key}").status == 200
        for lines in (
            (f"Cookie: tv_play={secrets.token_urlsafe(24)}",),
            (f"X-Playback-Key: {secrets.token_urlsafe(24)}", f"Cookie: tv_play={player.key}"),
            (),
            ("Cookie: tv_play=",),
            (f"Cookie: tv_play={player.key} ../x",),
            ("Cookie: tv_play=" + "x" * 3000,),
        ):
            assert get(whole, *lines).status == 403, lines


def test_an_address_expires(tv: Product, player: Player) -> None:
    """Made with the very key: good until its second, of no use after it, nor with another."""
    _, _, _, _, asset, version, file = str(player.playback["playlist"]).split("/")
    key = tv.secret("prod", "MEDIA_KEY")

    def address(expires: int, said: int | None = None) -> str:
        text = f"{expires}/{asset}/{version} {player.key} {key}"
        digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
        signature = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return f"/media/{signature}/{said or expires}/{asset}/{version}/{file}"

    now, line = int(time.time()), f"X-Playback-Key: {player.key}"
    assert get(address(now + 60), line).status == 200
    assert get(address(now - 1), line).status == 403
    assert get(address(now - 1, said=now + 60), line).status == 403


@pytest.mark.parametrize(
    ("path", "method", "size"),
    [
        ("/api/v1/playback/1", "POST", 2 << 20),
        ("/oauth/token", "POST", 2 << 20),
        ("/account/sign-in/", "POST", 2 << 20),
        ("/api/v1/progress/v1/1", "PUT", 2 << 20),
        ("/api/v1/progress/v1/1", "PUT", 20 << 10),
    ],
)
def test_a_body_is_too_large(path: str, method: str, size: int) -> None:
    """413 before any service has seen it, in the words of who asked."""
    line = "Content-Type: application/json"
    reply = raw.send(PORT, raw.request(HOST, path, line, method=method, body=b"x" * size))
    assert reply.status == 413, reply
    assert json.loads(reply.body)["status"] == 413


@pytest.mark.parametrize(
    "head",
    [
        "Host: evil.example",
        "Host: dramas.localhost.evil.example",
        f"Host: evil.example@{HOST}",
        "Host: dramas.localhost:x",
        "Host: ../../x",
        "Host: ",
        "X-No-Host: at all",
        f"Host: {HOST}\r\nHost: evil.example",
        "Host: [::1",
    ],
)
def test_a_host_is_not_ours(head: str) -> None:
    """A site of another name is not answered for, on a page or in the API."""
    for path in ("/", "/api/v1/titles"):
        data = f"GET {path} HTTP/1.1\r\n{head}\r\nConnection: close\r\n\r\n".encode()
        reply = raw.send(PORT, data)
        assert reply.status in {400, 421}, reply


def test_nobody_chooses_what_others_read() -> None:
    """What a request claims of where it went is in no page, for itself or from the cache."""
    path = f"/search/?q={secrets.token_hex(4)}"
    claims = ("X-Forwarded-Host: evil.example", "X-Forwarded-Server: evil.example",
              "Forwarded: host=evil.example", "X-Original-URL: /admin/")  # fmt: skip
    for reply in (get(path, *claims), get(path)):
        assert reply.status == 200
        assert "evil.example" not in reply.head + reply.body


@pytest.mark.parametrize(
    "cookie",
    [
        "tv_session=",
        "tv_session=x",
        "tv_session=" + "x" * 32,
        "tv_session=" + "x" * 3500,
        "tv_session=%00%ff'\"--",
        "tv_session=../../x; tv_csrf=<script>; tv_play=;;;=",
        "=; ;; tv_session; \xff\xfe",
        "tv_csrf=" + "é" * 32 + "; tv_session=" + "é" * 32,
    ],
    ids=lambda cookie: cookie[:40],
)
def test_a_cookie_is_none_of_ours(cookie: str) -> None:
    """Who sends it is a stranger: on pages, on those of accounts, and in the API."""
    line = f"Cookie: {cookie}"
    home = get("/", line)
    assert home.status == 200, home.head
    assert "/account/sign-in/" in home.body
    assert get("/account/", line).status == 302
    assert get("/list/", line).status == 302
    assert get("/api/v1/titles", line).status == 200
    assert get("/api/v1/me", line).status == 401
    form = raw.request(
        HOST, "/account/sign-in/", line, method="POST", body=b"username=a&password=b"
    )
    assert raw.send(PORT, form).status == 403


def unsigned(subject: str) -> str:
    """A token that claims to need no signature."""
    claims = {"sub": subject, "aud": "progress", "exp": int(time.time()) + 60}
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    coded = (base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)
    return ".".join([*coded, ""])


@pytest.mark.parametrize(
    "claim",
    [
        "Bearer x",
        "Bearer a.b.c",
        "Bearer ",
        "Bearer",
        "Bearer " + "x" * 3500,
        "Bearer " + "\xff" * 20,
        f"Bearer {unsigned('v1')}",
        "Basic dmlld2VyOnZpZXdlcg==",
    ],
    ids=lambda claim: claim[:20],
)
def test_a_token_is_none_of_ours(claim: str) -> None:
    """401 of the API and of progress, with what they would take instead."""
    line = f"Authorization: {claim}"
    for path in ("/api/v1/me", "/api/v1/progress/v1", "/api/v1/progress/v1/1"):
        reply = get(path, line)
        assert reply.status == 401, (path, reply)
        assert "www-authenticate: bearer" in reply.head.lower()
        assert json.loads(reply.body)["status"] == 401


def test_a_token_is_good_for_what_it_was_made_for(player: Player) -> None:
    """That of one device's positions opens neither another's nor the API."""
    line = f"Authorization: {player.bearer['Authorization']}"
    assert get(player.position_path, line).status in {200, 404}
    assert get("/api/v1/progress/v1/1", line).status == 403
    assert get("/api/v1/me", line).status == 401


def test_slow_clients_are_not_waited_for(tv_edge: str) -> None:
    """Two hundred that stop in the middle are cut off in time, and nobody else notices them."""
    head = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX-Half: ".encode()
    body = raw.request(
        HOST, "/api/v1/playback/1", "Content-Type: application/json", method="POST", body=b"x" * 999
    )[:-900]
    with (
        probe(PORT, HOST, rate=30) as seen,
        probe(PORT, HOST, "/account/sign-in/", rate=3) as forms,
    ):
        time.sleep(0.5)
        with raw.half_sent(PORT, [head] * SLOW + [body] * SLOW) as connections:
            assert raw.still_open(connections, 1.0) > 0
            assert raw.still_open(connections, CUT_OFF) == 0
    for got in (seen, forms):
        assert not got.failures, got.summary()
        assert max(answer.seconds for answer in got.answers) < SOON, got.summary()
