"""A server that speaks DynamoDB and SQS on port 5000, in memory, for any credentials.

moto's own server finds out the service from the signature and loads it on first
use. Here both are loaded at start and told apart by the request itself, writes
to DynamoDB are atomic as they are on AWS, and connections are kept open.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

import moto.iam.models  # noqa: F401 - otherwise the first request waits for it
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

Start = Callable[..., Any]
Environ = dict[str, Any]


class Stand:
    """The WSGI application in front of moto's two."""

    def __init__(self) -> None:
        self.dynamodb = create_backend_app("dynamodb")
        self.sqs = create_backend_app("sqs")
        self.one_at_a_time = Lock()

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer health checks, hand all else to the service it is meant for."""
        if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"] == "/healthz":
            start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
            return [b"ok\n"]
        if environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB_"):
            # moto checks a condition and writes in two steps, each request in a thread of its own.
            with self.one_at_a_time:
                return list(self.dynamodb(environ, start))
        return self.sqs(environ, start)  # type: ignore[no-any-return]


class Handler(WSGIRequestHandler):
    """Keeps connections open and does not log every request."""

    protocol_version = "HTTP/1.1"
    timeout = 90
    disable_nagle_algorithm = True

    def log_request(self, *_: Any) -> None:
        """Say nothing."""


def stop(*_: Any) -> None:
    sys.exit(0)


def main() -> None:
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    port = int(os.environ.get("PORT", "5000"))
    server = ThreadedWSGIServer("0.0.0.0", port, Stand(), handler=Handler)
    server.daemon_threads = True
    sys.stderr.write(f"dynamodb and sqs on :{port}\n")
    server.serve_forever()


if __name__ == "__main__":
    main()
