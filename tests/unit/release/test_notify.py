"""Notifications, against a real HTTP server that may be slow, broken or gone."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from airchain.progress import Silent
from airchain.release.notify import MESSAGES, Kind, Teller, Webhook, telling
from airchain.spec import messages

TEXT = dict(messages.VARIABLES)
PATH = "/services/T0/B0/secret"


class Receiver(ThreadingHTTPServer):
    """Takes posts and answers what `answers` holds, one after the other; 200 at its end."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[int] = []
        self.got: list[tuple[str, str]] = []
        self.asked = 0
        self.hold = threading.Event()
        self.hold.set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{PATH}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        self.server.hold.wait(10)
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status == 200:
            self.server.got.append((self.headers["Content-Type"], body.decode()))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.server.asked += 100
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
        """Say nothing."""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.hold.set()
    server.shutdown()
    thread.join()
    server.server_close()


def webhook(address: str, **changes: object) -> Webhook:
    fields: dict[str, object] = {"messages": {}, "timeout": 5, "pauses": (0.01, 0.01)}
    return Webhook(address, **{**fields, "grace": 10, **changes})  # type: ignore[arg-type]


@contextmanager
def steps(hook: Webhook | None) -> Iterator[tuple[Teller, list[str]]]:
    """A teller, and after the block what the progress output said of it."""
    progress, said = Silent(), list[str]()
    with telling(hook, progress) as teller:
        yield teller, said
    said += progress.timings


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_stages_arrive_in_order_as_slack_takes_them(receiver: Receiver) -> None:
    """One JSON object with `text` each; nothing is said where all went well."""
    with steps(webhook(receiver.address)) as (teller, said):
        for kind in MESSAGES:
            teller.tell(kind, TEXT)
    assert said == []
    assert [kind for kind, _ in receiver.got] == ["application/json"] * len(MESSAGES)
    assert [json.loads(body) for _, body in receiver.got] == [
        {"text": text}
        for text in (
            "hello prod: deploy of 0f7fc74d31a0 begun by maria@desk (Say good evening)",
            "hello prod: 0f7fc74d31a0 runs on web-4f2a, web-9c01",
            "hello prod: 0f7fc74d31a0 serves on 2 hosts (deploy by maria@desk, 3.2 s)",
            "hello prod: 0f7fc74d31a0 was taken back to 5c28b47a9e11: web-4f2a: web is unhealthy",
            "hello prod: deploy of 0f7fc74d31a0 stopped: web-4f2a: web is unhealthy",
        )
    ]


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        ([], "is what hosts will start with"),
        (["a"], "serves on 1 host"),
        (["a", "b"], "serves on 2"),
    ],
)
def test_how_many_hosts(hosts: list[str], words: str) -> None:
    """None where the environment is not up yet."""
    assert f" 0f7fc74d31a0 {words}" in messages.render(MESSAGES["done"], {**TEXT, "hosts": hosts})


def test_messages_of_ones_own(receiver: Receiver) -> None:
    """They replace the text of a stage; others keep theirs."""
    hook = webhook(receiver.address, messages={"done": "{{ subject | upper }} on {{ hosts[0] }}"})
    with steps(hook) as (teller, _):
        teller.tell("done", TEXT)
    assert json.loads(receiver.got[0][1])["text"] == "SAY GOOD EVENING on web-4f2a"


def test_a_commit_cannot_ping_the_channel(receiver: Receiver) -> None:
    """What is special to the receiver is escaped in values, and left alone in templates."""
    hook = webhook(receiver.address, messages={"done": "<!here> {{ subject }}"})
    with steps(hook) as (teller, _):
        teller.tell("done", {**TEXT, "subject": "<!channel> a & b"})
    assert json.loads(receiver.got[0][1])["text"] == "<!here> &lt;!channel&gt; a &amp; b"


def test_a_long_reason_is_cut(receiver: Receiver) -> None:
    """A log of a megabyte is no message."""
    with steps(webhook(receiver.address)) as (teller, _):
        teller.tell("failed", {**TEXT, "detail": "x" * 1_000_000})
    text = json.loads(receiver.got[0][1])["text"]
    assert (len(text), text[-1]) == (messages.LONGEST, "…")


@pytest.mark.parametrize("status", [500, 503, 429])
def test_what_may_pass_is_tried_again(receiver: Receiver, status: int) -> None:
    """Two failures and a success are a success."""
    receiver.answers = [status, status]
    with steps(webhook(receiver.address)) as (teller, said):
        teller.tell("start", TEXT)
        until(lambda: bool(receiver.got))
    assert said == []
    assert receiver.asked == 3


def test_what_stays_broken_is_said(receiver: Receiver) -> None:
    """After three times, with the answer, and without the address."""
    receiver.answers = [500] * 3
    with steps(webhook(receiver.address)) as (teller, said):
        teller.tell("start", TEXT)
        until(lambda: receiver.asked == 3)
    assert said == ["the webhook was not told of 'start': it answered 500"]


@pytest.mark.parametrize("status", [302, 307, 400, 404])
def test_what_will_not_pass_is_not_tried_again(receiver: Receiver, status: int) -> None:
    """Nor is a redirect followed: it would show the message to somebody else."""
    receiver.answers = [status]
    with steps(webhook(receiver.address)) as (teller, said):
        teller.tell("done", TEXT)
    assert said == [f"the webhook was not told of 'done': it answered {status}"]
    assert receiver.asked == 1


def test_nobody_listens() -> None:
    """The error of the library holds the address; ours does not."""
    # Bound, so nobody else gets the port meanwhile; it does not listen.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}{PATH}"
        with steps(webhook(address)) as (teller, said):
            teller.tell("done", TEXT)
    assert said == ["the webhook was not told of 'done': it cannot be reached"]


@pytest.mark.parametrize(
    "address", ["", "hooks.slack.com/x", "file:///etc/passwd", "http://[", "https://"]
)
def test_an_address_that_is_none(address: str) -> None:
    """It is said, without showing it."""
    with steps(webhook(address)) as (teller, said):
        teller.tell("done", TEXT)
    assert len(said) == 1
    assert said[0].startswith("the webhook was not told of 'done': it")
    assert not address or address not in said[0]


def test_a_slow_one_is_not_waited_for(receiver: Receiver) -> None:
    """Telling takes no time; the end waits no longer than `grace`."""
    receiver.hold.clear()
    started = time.monotonic()
    with steps(webhook(receiver.address, timeout=30, grace=0.2)) as (teller, said):
        for kind in MESSAGES:
            teller.tell(kind, TEXT)
        told = time.monotonic() - started
    assert said == [f"the webhook was not told of {kind!r}: no answer in time" for kind in MESSAGES]
    # The first answer alone takes ten seconds.
    assert told < 5
    assert time.monotonic() - started < 10


def test_a_slow_one_is_given_up_in_time(receiver: Receiver) -> None:
    """Each post has its own bound, too."""
    receiver.hold.clear()
    with steps(webhook(receiver.address, timeout=0.05, pauses=(), grace=5)) as (teller, said):
        teller.tell("start", TEXT)
    assert said == ["the webhook was not told of 'start': no answer within 0.05 s"]


@pytest.mark.parametrize(
    "template", ["{{ hosts[1] }}", "{% if not hosts %}{{ release | dictsort }}{% endif %}"]
)
def test_a_message_that_cannot_be_made(receiver: Receiver, template: str) -> None:
    """Checked with airchain.yaml, it may still meet a value that it cannot take."""
    hook = webhook(receiver.address, messages={"done": template})
    with steps(hook) as (teller, said):
        teller.tell("done", {**TEXT, "hosts": []})
        teller.tell("start", TEXT)
    assert said[0].startswith("the webhook was not told of 'done': its text cannot be made")
    assert len(receiver.got) == 1


def test_no_webhook(receiver: Receiver) -> None:
    """Nothing is told, and nothing is said of it."""
    with steps(None) as (teller, said):
        teller.tell("done", TEXT)
    assert (said, receiver.asked) == ([], 0)


def test_the_address_is_not_shown() -> None:
    """Not where the webhook itself is printed."""
    assert "secret" not in repr(webhook(f"https://hooks.example.com{PATH}"))


@pytest.mark.parametrize("kind", MESSAGES)
def test_our_own_messages_are_right(kind: Kind) -> None:
    """They pass the check that those in airchain.yaml have to pass."""
    assert messages.problem(MESSAGES[kind]) is None
