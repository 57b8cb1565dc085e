"""A server that speaks DynamoDB and SQS on port 5000, for any credentials.

moto's own server finds out the service from the signature and loads it on first
use. Here both are loaded at start and told apart by the request itself, requests
are answered one at a time, connections are kept open, and what it knows is kept in
a file (see keep.py).
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Any

import moto.iam.models  # noqa: F401 - otherwise the first request waits for it
from keep import Kept
from moto.moto_server.werkzeug_app import create_backend_app
from moto.sqs.models import Queue
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

Start = Callable[..., Any]
Environ = dict[str, Any]
# Operations that change nothing.
READS = ("Get", "BatchGet", "Query", "Scan", "Describe", "List")


class Stand:
    """The WSGI application in front of moto's two; its state is in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.dynamodb = create_backend_app("dynamodb")
        self.sqs = create_backend_app("sqs")
        # moto checks a condition and writes in two steps, finds a message and takes it in two,
        # and each request has a thread of its own.
        self.one_at_a_time = Lock()
        self.kept = Kept(folder, self.one_at_a_time)
        self.ending = False
        let_others_in_while_waiting(self.one_at_a_time)

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer health checks, hand all else to the service it is meant for."""
        if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"] == "/healthz":
            start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
            return [b"ok\n"]
        service, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
        app = self.dynamodb if service.startswith("DynamoDB_") else self.sqs
        with self.one_at_a_time:
            if self.ending:
                start("503 Service Unavailable", [("Content-Length", "0")])
                return []
            answer = list(app(environ, start))
        if not operation.startswith(READS):
            self.kept.changed.set()
        return answer

    def end(self) -> None:
        """Write what is not written yet; whoever asks for more is told to come again."""
        with self.one_at_a_time:
            self.ending = True
        self.kept.write()


def let_others_in_while_waiting(lock: Lock) -> None:
    """Whoever waits for a message does not keep others from sending one."""
    wait = Queue.wait_for_messages

    def waiting(queue: Queue, timeout: int) -> None:
        lock.release()
        try:
            wait(queue, timeout)
        finally:
            lock.acquire()

    Queue.wait_for_messages = waiting


class Handler(WSGIRequestHandler):
    """Keeps connections open and does not log every request."""

    protocol_version = "HTTP/1.1"
    timeout = 90
    disable_nagle_algorithm = True

    def log_request(self, *_: Any) -> None:
        """Say nothing."""


def stop(number: int, _: Any) -> None:
    signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def main() -> None:
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    port = int(os.environ.get("PORT", "5000"))
    stand = Stand(Path(os.environ.get("DATA", "/var/lib/aws")))
    stand.kept.load()
    stand.kept.follow()
    server = ThreadedWSGIServer("0.0.0.0", port, stand, handler=Handler)
    server.daemon_threads = True
    sys.stderr.write(f"dynamodb and sqs on :{port}\n")
    try:
        server.serve_forever()
    finally:
        stand.end()


if __name__ == "__main__":
    main()
