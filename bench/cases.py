"""What `make bench-tv` asks for: each case is one row of `CASES`.

All go the same way: this machine's loopback, the edge, nginx on the one web host. They
differ in what nginx does then. Each sends what a browser or player would send.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin

from tests.support.catalogue import playable

from airchain.errors import AirchainError
from bench.subjects import CONSTANT_FOLDER

CONSTANT = "constant"
# As long as the answer to a heartbeat.
CONSTANT_TEXT = "x" * 100
# As many viewers watch at a time; each sends a heartbeat in its turn.
VIEWERS = 20_000
_TIMEOUT = 30.0


@dataclass(frozen=True)
class Request:
    """One request; `headers` beside those that every viewer sends."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def raw(self, domain: str) -> bytes:
        """As it goes over the line."""
        headers = {"Host": domain, "Accept-Encoding": "gzip", **self.headers}
        if self.body:
            headers["Content-Length"] = str(len(self.body))
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Site:
    """A tv that is up, as cases see it. `secret` returns the value of a secret."""

    port: int
    domain: str
    secret: Callable[[str], str]

    def ask(self, request: Request) -> Answer:
        """Send one request and read the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT)
        try:
            connection.request(
                request.method,
                request.path,
                body=request.body or None,
                headers={"Host": self.domain, **request.headers},
            )
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()


@dataclass(frozen=True)
class Case:
    """One kind of request.

    requests     what is sent in turn; the first is tried before, and has to get `status`
    least        the share of the constant answer's rate that it must reach, if any
    connections  kept open at a time
    """

    name: str
    title: str
    requests: Callable[[Site], Sequence[Request]]
    status: int = 200
    least: float | None = None
    connections: int = 64


def page(path: str, **headers: str) -> Callable[[Site], Sequence[Request]]:
    """The same page, over and over."""
    return lambda _: [Request(path, headers=headers)]


def heartbeats(site: Site) -> Sequence[Request]:
    """Players of different viewers, each with the token that the site would have given it."""
    key = site.secret("PROGRESS_KEY").encode()
    body = json.dumps({"position": 61.5, "duration": 2700}).encode()
    ends = int(time.time()) + 24 * 3600
    return [
        Request(
            f"/api/v1/progress/{viewer}/e1",
            method="PUT",
            headers={
                "Authorization": f"Bearer {token(key, viewer, ends)}",
                "Content-Type": "application/json",
            },
            body=body,
        )
        for viewer in (f"bench-{number}" for number in range(VIEWERS))
    ]


def segment(site: Site) -> Sequence[Request]:
    """A segment of what may be watched, under the address that one device was given for it."""
    key = {"X-Playback-Key": "bench-" + "k" * 24}
    playback = _playback(site, key)
    master = site.ask(Request(playback, headers=key))
    playlist = urljoin(playback, _addresses(master)[-1])
    media = site.ask(Request(playlist, headers=key))
    return [Request(urljoin(playlist, _addresses(media)[0]), headers=key)]


def _playback(site: Site, key: Mapping[str, str]) -> str:
    """The playlist of the first title that can be played."""
    refusal = b"there are no titles with a video"
    for _, episode in playable(lambda path: json.loads(site.ask(Request(f"/api/v1{path}")).body)):
        answer = site.ask(Request(f"/api/v1/playback/{episode['id']}", "POST", key))
        if answer.status == 200:
            return str(json.loads(answer.body)["playlist"])
        refusal = answer.body
    raise AirchainError(f"nothing can be played: {refusal.decode()}", where=site.domain)


def _addresses(playlist: Answer) -> Sequence[str]:
    lines = playlist.body.decode().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def token(key: bytes, viewer: str, ends: int) -> str:
    """A JWT for `progress`, signed with HS256."""
    header = {"alg": "HS256", "typ": "JWT"}
    claims = {"aud": "progress", "sub": viewer, "exp": ends}
    parts = [_base64(json.dumps(part).encode()) for part in (header, claims)]
    signature = hmac.digest(key, ".".join(parts).encode(), hashlib.sha256)
    return ".".join([*parts, _base64(signature)])


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def tried(case: Case, site: Site) -> Sequence[Request]:
    """The case's requests, after the first of them was answered as it should be."""
    requests = case.requests(site)
    answer = site.ask(requests[0])
    if answer.status != case.status:
        raise AirchainError(
            f"answered {answer.status}, not {case.status}: {answer.body[:200]!r}",
            where=f"{case.title}: {requests[0].method} {requests[0].path}",
        )
    return requests


CASES = (
    Case(CONSTANT, "constant answer of nginx", page(f"/{CONSTANT_FOLDER}/{CONSTANT}")),
    Case("home", "home page from the cache", page("/"), least=0.7),
    Case("api", "catalogue (API)", page("/api/v1/titles"), least=0.6),
    Case("segment", "segment under a signed address", segment),
    Case("progress", "heartbeat", heartbeats, status=202, least=0.4),
    # A session, even one that has ended, is answered by Django itself.
    Case("django", "home page, not cached", page("/", Cookie="tv_session=none"), connections=16),
)
