"""The client's own decisions, without a site: what answers mean, what is kept, what is sent."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier, Lock, Thread
from typing import Any

import httpx
import pytest
from tv_client import device, http, watch
from tv_client.api import Api
from tv_client.cli import app
from tv_client.errors import ClientError, SignedOut
from tv_client.tokens import EARLY, Store, Tokens
from typer.testing import CliRunner

SITE = "http://dramas.localhost:8080"
META = {
    "device_authorization_endpoint": f"{SITE}/oauth/device",
    "token_endpoint": f"{SITE}/oauth/token",
    "revocation_endpoint": f"{SITE}/oauth/revoke",
}
CODE = {
    "device_code": "secret",
    "user_code": "WDJB-MJHT",
    "verification_uri": f"{SITE}/device",
    "expires_in": 600,
    "interval": 5,
}
GRANT = {"access_token": "a1", "refresh_token": "r1", "expires_in": 3600, "token_type": "Bearer"}
PENDING = httpx.Response(400, json={"error": "authorization_pending"})
NOW = 1_000_000.0

Answers = dict[str, list[httpx.Response]]


class Played(httpx.MockTransport):
    """A site that answers by a script: for each method and path what it says, one after another."""

    def __init__(self, script: Answers) -> None:
        self.script = {
            "GET /.well-known/oauth-authorization-server": [httpx.Response(200, json=META)],
            **script,
        }
        self.seen: list[httpx.Request] = []
        super().__init__(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The next of that path's answers; the last one stays."""
        self.seen.append(request)
        answers = self.script[f"{request.method} {request.url.path}"]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def sent(self, path: str) -> list[dict[str, str]]:
        """The forms sent there."""
        forms = [r.content.decode() for r in self.seen if r.url.path == path]
        return [dict(httpx.QueryParams(form)) for form in forms]


Make = Callable[[Answers], tuple[Api, Played, list[float]]]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """An API over a script; what it slept."""
    sites: list[http.Site] = []

    def made(script: Answers) -> tuple[Api, Played, list[float]]:
        slept: list[float] = []
        transport = Played(script)
        sites.append(http.Site(SITE, transport, slept.append))
        store = Store(tmp_path / "state" / "tokens.json")
        return Api(sites[-1], store, "dramas-terminal", lambda: NOW), transport, slept

    yield made
    for site in sites:
        site.close()


def ok(body: Any) -> list[httpx.Response]:
    """A single success."""
    return [httpx.Response(200, json=body)]


def test_what_polls_mean() -> None:
    """RFC 8628, 3.5: go on, go on slower, or an end with a reason."""
    assert device.step(200, GRANT, 5) == device.Granted(GRANT)
    assert device.step(400, {"error": "authorization_pending"}, 5) == device.Wait(5)
    assert device.step(400, {"error": "slow_down"}, 5) == device.Wait(10)
    for error, message in (
        ("access_denied", "turned down"),
        ("expired_token", "in time"),
        ("invalid_client", "no tokens"),
    ):
        with pytest.raises(ClientError, match=message):
            device.step(400, {"error": error}, 5)
    with pytest.raises(ClientError, match="no tokens: it answers 404"):
        device.step(404, {}, 5)


def test_signing_in_polls_as_it_is_told(make: Make) -> None:
    """No faster than the site likes, through a restart of it, and keeps the tokens."""
    api, transport, slept = make(
        {
            "POST /oauth/device": ok(CODE),
            "POST /oauth/token": [
                PENDING,
                httpx.Response(400, json={"error": "slow_down"}),
                httpx.Response(502),
                httpx.Response(200, json=GRANT),
            ],
        }
    )
    shown: list[str] = []
    api.sign_in(lambda code: shown.append(code.user_code))
    assert shown == ["WDJB-MJHT"]
    assert slept == [5, 5, 10, 10]
    assert transport.sent("/oauth/token")[0] == {
        "grant_type": device.GRANT,
        "device_code": "secret",
        "client_id": "dramas-terminal",
    }
    assert api.store.get(SITE) == Tokens(access_token="a1", refresh_token="r1", expires=NOW + 3600)


def test_nobody_waits_longer_than_the_code_lasts(make: Make) -> None:
    """Also where the site never says so."""
    api, _, slept = make(
        {"POST /oauth/device": ok({**CODE, "expires_in": 12}), "POST /oauth/token": [PENDING]}
    )
    with pytest.raises(SignedOut, match="in time"):
        api.sign_in(lambda _: None)
    assert sum(slept) <= 15


def test_tokens_are_for_their_owner_only(tmp_path: Path) -> None:
    """The file is 0600 from its first moment, and one site's tokens are not another's."""
    store = Store(tmp_path / "state" / "tokens.json")
    assert store.get(SITE) is None
    tokens = Tokens(access_token="a", refresh_token="r", expires=1.0)
    store.put(SITE, tokens)
    store.put("http://horror.localhost:8080", tokens)
    store.put("http://horror.localhost:8080", None)
    assert Store(store.path).all() == {SITE: tokens}
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    lock = store.path.with_name(".tokens.json.lock")
    assert set(store.path.parent.iterdir()) == {store.path, lock}
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600


def test_commands_change_the_tokens_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So none undoes what another did; one that waits too long says for what."""
    store, tokens = (
        Store(tmp_path / "tokens.json"),
        Tokens(access_token="a", refresh_token="r", expires=1.0),
    )
    elsewhere = "http://horror.localhost:8080"
    other = Thread(target=Store(store.path).put, args=(elsewhere, tokens))
    with store.alone() as put:
        other.start()
        other.join(0.2)
        assert other.is_alive()
        put(SITE, tokens)
    other.join(10)
    assert store.all() == {SITE: tokens, elsewhere: tokens}
    monkeypatch.setattr("tv_client.tokens.PATIENCE", 0.1)
    with store.alone(), pytest.raises(ClientError, match="another tv command"):
        Store(store.path).put(SITE, None)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 1}', '{"x": {"access_token": "a"}}'])
def test_a_damaged_file_means_signed_out(tmp_path: Path, text: str) -> None:
    """And not a traceback."""
    path = tmp_path / "tokens.json"
    path.write_text(text)
    assert Store(path).all() == {}


ACCOUNT = {"name": "Ada", "email": "ada@example.com", "tier": "premium"}


def signed_in(api: Api, expires: float = NOW + 3600) -> None:
    """As after signing in."""
    api.store.put(SITE, Tokens(access_token="a1", refresh_token="r1", expires=expires))


def bearers(transport: Played) -> list[str | None]:
    """The tokens that were sent to the API."""
    asked = [r for r in transport.seen if r.url.path.startswith("/api/")]
    return [r.headers.get("Authorization") for r in asked]


def test_tokens_are_renewed_before_they_expire(make: Make) -> None:
    """With the refresh token that came last, as each serves once."""
    renewed = {**GRANT, "access_token": "a2", "refresh_token": "r2"}
    api, transport, _ = make({"POST /oauth/token": ok(renewed), "GET /api/v1/me": ok(ACCOUNT)})
    signed_in(api, NOW + EARLY)
    assert api.account().name == "Ada"
    assert bearers(transport) == ["Bearer a2"]
    kept = api.store.get(SITE)
    assert kept is not None
    assert kept.refresh_token == "r2"


def test_tokens_are_renewed_by_the_brands_own_client(make: Make) -> None:
    """Which one that is can be asked though the tokens have expired."""
    brand = {"slug": "horror", "name": "Nightjar", "tagline": ""}
    renewed = {**GRANT, "access_token": "a2", "refresh_token": "r2"}
    api, transport, _ = make(
        {
            "POST /oauth/token": ok(renewed),
            "GET /api/v1/brand": ok(brand),
            "GET /api/v1/me": ok(ACCOUNT),
        }
    )
    api.given = None
    signed_in(api, NOW)
    assert api.account().name == "Ada"
    assert transport.sent("/oauth/token")[0]["client_id"] == "horror-terminal"


def test_tokens_that_were_refused_are_renewed_once(make: Make) -> None:
    """A clock may be wrong; if it was not, the viewer is signed out."""
    renewed = {**GRANT, "access_token": "a2", "refresh_token": "r2"}
    api, transport, _ = make(
        {
            "POST /oauth/token": [
                httpx.Response(200, json=renewed),
                httpx.Response(400, json={"error": "invalid_grant"}),
            ],
            "GET /api/v1/me": [httpx.Response(401), httpx.Response(200, json=ACCOUNT),
                               httpx.Response(401)],
        }
    )  # fmt: skip
    signed_in(api)
    assert api.account().tier == "premium"
    assert bearers(transport) == ["Bearer a1", "Bearer a2"]
    with pytest.raises(SignedOut):
        api.account()
    assert api.store.get(SITE) is None


class Rotating(httpx.MockTransport):
    """A site where a refresh token serves once, and all are revoked if one is used again. It
    refuses the first access token, once all `callers` have shown it."""

    def __init__(self, callers: int) -> None:
        self.together = Barrier(callers, timeout=10)
        self.alone = Lock()
        self.number = 1
        self.revoked = False
        super().__init__(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """By path: a description, tokens, or what is the viewer's own."""
        if request.url.path == "/.well-known/oauth-authorization-server":
            return httpx.Response(200, json=META)
        if request.url.path == "/oauth/token":
            return self.renewed(dict(httpx.QueryParams(request.content.decode()))["refresh_token"])
        bearer = request.headers["Authorization"]
        if bearer == "Bearer a1":
            self.together.wait()
        with self.alone:
            good = bearer == f"Bearer a{self.number}" and self.number > 1 and not self.revoked
        return httpx.Response(200, json=ACCOUNT) if good else httpx.Response(401)

    def renewed(self, token: str) -> httpx.Response:
        """The next tokens for the last one."""
        with self.alone:
            self.revoked = self.revoked or token != f"r{self.number}"
            if self.revoked:
                return httpx.Response(400, json={"error": "invalid_grant"})
            self.number += 1
            names = {"access_token": f"a{self.number}", "refresh_token": f"r{self.number}"}
            return httpx.Response(200, json={**GRANT, **names})


def test_commands_that_run_at_once_renew_tokens_once(tmp_path: Path) -> None:
    """The first does it, the others take what it got; nobody is signed out."""
    callers = 4
    transport, path = Rotating(callers), tmp_path / "tokens.json"
    Store(path).put(SITE, Tokens(access_token="a1", refresh_token="r1", expires=NOW + 3600))

    def command(_: int) -> str:
        with closing(http.Site(SITE, transport)) as site:
            return Api(site, Store(path), "dramas-terminal", lambda: NOW).account().name

    with ThreadPoolExecutor(callers) as pool:
        assert list(pool.map(command, range(callers))) == ["Ada"] * callers
    assert transport.number == 2
    kept = Store(path).get(SITE)
    assert kept is not None
    assert kept.refresh_token == "r2"


def test_own_things_need_an_account_and_others_none(make: Make) -> None:
    """Without asking the site."""
    api, transport, _ = make({"GET /api/v1/home": ok({"rows": []})})
    with pytest.raises(SignedOut) as caught:
        api.account()
    assert caught.value.hint == "tv login"
    assert api.home().rows == []
    assert bearers(transport) == [None]


def test_signing_out_revokes(make: Make) -> None:
    """Before the tokens are forgotten; a site that does not answer leaves one signed in."""
    api, transport, _ = make({"POST /oauth/revoke": [httpx.Response(500), httpx.Response(200)]})
    signed_in(api)
    with pytest.raises(ClientError):
        api.sign_out()
    assert api.sign_out() is True
    assert transport.sent("/oauth/revoke")[-1]["token"] == "r1"
    assert api.sign_out() is False


def a_title(slug: str) -> dict[str, object]:
    """As the API describes it."""
    return {
        "slug": slug, "kind": "series", "title": slug.title(), "tagline": "", "year": 2024,
        "rating": "12", "genre": "crime", "country": "KR", "new_since_this_client": True,
    }  # fmt: skip


def test_lists_are_read_page_by_page(make: Make) -> None:
    """By the cursor of the page before, and no further than is wanted."""
    pages = [
        httpx.Response(200, json={"items": [a_title("a"), a_title("b")], "next": "c1"}),
        httpx.Response(200, json={"items": [a_title("c")], "next": None}),
    ]
    api, transport, _ = make({"GET /api/v1/titles": pages})
    titles = api.titles(genre="crime", kind=None)
    assert next(titles).slug == "a"
    assert len(transport.seen) == 1
    assert [title.slug for title in titles] == ["b", "c"]
    assert dict(transport.seen[-1].url.params) == {"genre": "crime", "cursor": "c1", "limit": "100"}


@pytest.mark.parametrize(
    ("status", "after", "expected"),
    [(429, "7", 7.0), (503, "0", 0.0), (429, "", None), (429, "soon", None), (500, "7", None)],
)
def test_patience(status: int, after: str, expected: float | None) -> None:
    """Only where the site asks for it, in seconds."""
    response = httpx.Response(status, headers={"Retry-After": after})
    assert http.wait_of(response) == expected


def test_patience_has_an_end(make: Make) -> None:
    """A site that says 429 for ever is an error after half a minute."""
    busy = httpx.Response(429, json={"detail": "too many"}, headers={"Retry-After": "8"})
    api, _, slept = make({"GET /api/v1/home": [busy]})
    with pytest.raises(ClientError, match="GET /api/v1/home: too many"):
        api.home()
    assert slept == [8, 8, 8]


def test_problems_are_told_in_the_sites_words(make: Make) -> None:
    """With what one can do about them."""
    denied = {"detail": "premium only", "reason": "premium", "hint": "Sign in."}
    api, _, _ = make({"POST /api/v1/playback/7": [httpx.Response(403, json=denied)]})
    with pytest.raises(ClientError, match="premium only") as caught:
        api.play(7, "key")
    assert caught.value.hint == "Sign in."


def test_an_answer_of_another_kind_is_told_so(make: Make) -> None:
    """Not as a traceback of what it lacks."""
    api, _, _ = make({"GET /api/v1/home": ok({"rows": [{"title": 1}]})})
    with pytest.raises(ClientError, match="not as expected"):
        api.home()


@pytest.mark.parametrize(
    "script",
    [
        {"GET /.well-known/oauth-authorization-server": ok({"issuer": SITE})},
        {"POST /oauth/device": [httpx.Response(200, text="<html>")]},
        {"POST /oauth/device": ok(CODE), "POST /oauth/token": [httpx.Response(404, text="<html>")]},
    ],
)
def test_signing_in_to_what_is_no_site_of_ours_is_told_so(make: Make, script: Answers) -> None:
    """Whichever answer is another's."""
    api, _, _ = make(script)
    with pytest.raises(ClientError, match=r"not as expected|no tokens"):
        api.sign_in(lambda _: None)


MASTER = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=426x240
240/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2800000,RESOLUTION=1280x720
720/index.m3u8
"""
MEDIA = """#EXTM3U
#EXT-X-TARGETDURATION:4
#EXTINF:4.0,
one.m4s
#EXTINF:2.5,
two.m4s
#EXT-X-ENDLIST
"""


BASE = "/media/sig/123/asset/v1"
POSITION = "/api/v1/progress/v1/7"


def playing(*left: httpx.Response) -> Answers:
    """An episode of two segments, and what progress says of where the viewer left off."""
    playback = {
        "playlist": f"{BASE}/master.m3u8",
        "expires": "2026-11-23T05:00:00Z",
        "progress": {"url": POSITION, "token": "jwt"},
    }
    return {
        "POST /api/v1/playback/7": ok(playback),
        f"GET {BASE}/master.m3u8": [httpx.Response(200, text=MASTER)],
        f"GET {BASE}/720/index.m3u8": [httpx.Response(200, text=MEDIA)],
        f"GET {BASE}/720/one.m4s": [httpx.Response(200, content=b"x" * 99)],
        f"GET {BASE}/720/two.m4s": [httpx.Response(200, content=b"x" * 55)],
        f"GET {POSITION}": list(left),
        f"PUT {POSITION}": ok({}),
    }


def test_watching_fetches_and_reports(make: Make) -> None:
    """Every address with the key that they are bound to, and the report with its own token."""
    api, transport, _ = make(playing(httpx.Response(404)))
    assert watch.watch(api, 7) == watch.Seen(("1280x720", "426x240"), 6.5, 99, 4.0)
    keys = {r.headers.get(watch.KEY) for r in transport.seen if r.url.path != POSITION}
    assert len(keys) == 1
    assert keys != {None}
    asked, report = (r for r in transport.seen if r.url.path == POSITION)
    assert asked.headers["Authorization"] == report.headers["Authorization"] == "Bearer jwt"
    assert json.loads(report.content) == {"position": 4.0, "duration": 6.5}


@pytest.mark.parametrize(
    ("left", "position"), [(4.0, 4.0), (5.5, 6.5), (6.4, 4.0)], ids=["begun", "within", "seen"]
)
def test_watching_goes_on_where_the_viewer_left_off(
    make: Make, left: float, position: float
) -> None:
    """As the player does: a programme that was hardly begun, or seen to its end, begins anew."""
    known = httpx.Response(200, json={"position": left, "duration": 6.5})
    api, _, _ = make(playing(known))
    assert watch.watch(api, 7).position == position


@pytest.mark.parametrize("status", [401, 502, 503])
def test_what_is_not_known_is_not_overwritten(make: Make, status: int) -> None:
    """While progress does not say where the viewer left off, one can watch, and nothing is told."""
    api, transport, _ = make(playing(httpx.Response(status)))
    seen = watch.watch(api, 7)
    assert (seen.position, seen.told) == (4.0, False)
    assert "PUT" not in {r.method for r in transport.seen}


def test_an_empty_playlist_is_told_so(make: Make) -> None:
    """A list that offers nothing is no success."""
    api, _, _ = make({"GET /m.m3u8": [httpx.Response(200, text="#EXTM3U\n")]})
    with pytest.raises(ClientError, match="nothing to play"):
        watch.fetch(api.site, "/m.m3u8", "key")


class Echo(BaseHTTPRequestHandler):
    """Answers with the Host header."""

    def do_GET(self) -> None:
        """One short answer."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["Host"].encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def test_localhost_is_this_machine() -> None:
    """Whatever the resolver says of `dramas.localhost`; the Host header stays the brand's."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        where = f"dramas.localhost:{server.server_port}"
        site = http.Site(f"http://{where}")
        assert site.send("GET", "/").text == where
        site.close()
        server.shutdown()


def test_commands_need_a_site_that_answers(tmp_path: Path) -> None:
    """And say what to do where it does not."""
    options = ["--site", "http://dramas.localhost:9", "--tokens", str(tmp_path / "t.json")]
    result = CliRunner().invoke(app, [*options, "home"])
    assert isinstance(result.exception, ClientError)
    assert "airchain status" in result.exception.hint
