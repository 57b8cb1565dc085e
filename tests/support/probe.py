"""A viewer that never stops asking: counts what it got while something else happens.

It speaks HTTP from outside, through the edge, as a browser would: a new
request as soon as its turn comes, each on a connection that is kept alive.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Sent:
    """What is asked, over and over."""

    domain: str
    path: str = "/"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """One request: when it was sent (monotonic seconds), what came back."""

    sent: float
    seconds: float
    status: int
    host: str
    body: str
    error: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By their names in small letters."""

    @property
    def failed(self) -> bool:
        """Whether a viewer would have seen an error."""
        return not 200 <= self.status < 400


@dataclass
class Seen:
    """All answers of a probe."""

    answers: list[Answer] = field(default_factory=list)

    @property
    def failures(self) -> list[Answer]:
        """Those that a viewer would have called an error."""
        return [a for a in self.answers if a.failed]

    @property
    def hosts(self) -> Counter[str]:
        """How many answers came from which host."""
        return Counter(a.host for a in self.answers if a.host)

    @property
    def rate(self) -> float:
        """Requests per second over the whole time."""
        if len(self.answers) < 2:
            return 0.0
        times = [a.sent for a in self.answers]
        return len(times) / (max(times) - min(times))

    def summary(self) -> str:
        """One line for people."""
        slowest = max((a.seconds for a in self.answers), default=0.0)
        return (
            f"{len(self.answers)} requests at {self.rate:.0f}/s, {len(self.failures)} failed, "
            f"slowest {slowest:.2f} s, {len(self.hosts)} hosts: {self.failures[:3]}"
        )


@contextmanager
def probe(
    port: int,
    domain: str,
    path: str = "/",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    rate: float = 60,
    workers: int = 6,
    address: str = LOOPBACK,
) -> Iterator[Seen]:
    """Ask for `path` of `domain` at the edge on `port`, `rate` times a second, until left.

    With an `address` it asks that host itself, on a new connection each time: to ask anew
    on one that a host has closed is the edge's part.
    """
    seen = Seen()
    stop = threading.Event()
    sent = Sent(domain, path, method, headers or {}, body)
    args = ((address, port), sent, workers / rate, stop, seen)
    threads = [threading.Thread(target=_ask, args=args) for _ in range(workers)]
    for number, thread in enumerate(threads):
        thread.start()
        time.sleep(1 / rate if number < workers - 1 else 0)
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=40)


def ask(port: int, domain: str, path: str = "/", *, timeout: float = 30) -> Answer:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout)
    try:
        return _request(connection, Sent(domain, path))
    finally:
        connection.close()


def _ask(
    server: tuple[str, int],
    sent: Sent,
    pause: float,
    stop: threading.Event,
    seen: Seen,
) -> None:
    connection = http.client.HTTPConnection(*server, timeout=30)
    due = time.monotonic()
    while not stop.is_set():
        answer = _request(connection, sent)
        if answer.error or server[0] != LOOPBACK:
            connection.close()
        seen.answers.append(answer)
        due = max(due + pause, time.monotonic() - 1)
        stop.wait(max(0.0, due - time.monotonic()))
    connection.close()


def _request(connection: http.client.HTTPConnection, what: Sent) -> Answer:
    sent = time.monotonic()
    try:
        headers = {"Host": what.domain, **what.headers}
        connection.request(what.method, what.path, what.body, headers)
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        got = {name.lower(): value for name, value in response.getheaders()}
        host = got.get("x-served-by", "")
        return Answer(sent, time.monotonic() - sent, response.status, host, text, headers=got)
    except (OSError, http.client.HTTPException) as error:
        return Answer(sent, time.monotonic() - sent, 0, "", "", repr(error))
