"""A relay before an HTTP server that does to each request what the test says."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

Fault = Literal["busy", "cut", "lost", "silent", "slow", "fine"]
BREAKING: frozenset[Fault] = frozenset({"busy", "cut", "lost", "silent"})
SILENCE = 30.0
DELAY = 2.0


class Relay:
    """`faults` are done to the next requests, one each; after them everything is fine.

    busy    503, the server never hears of the request
    cut     the connection ends before the request is passed on
    lost    the request is carried out, and the connection ends before the answer
    silent  nothing is answered for `SILENCE` seconds
    slow    the request is carried out, and answered after `DELAY` seconds

    What one machine asks of one address meets at most `most` of those that break it, until
    `met` is cleared; a fault that it is spared waits for the next request in line. While it is
    `down`, every connection is cut.
    """

    def __init__(self, upstream: str, address: str = "127.0.0.1", most: int | None = None) -> None:
        self.upstream = urlsplit(upstream)
        self.faults: deque[Fault] = deque()
        self.most = most
        self.met: Counter[tuple[str, str]] = Counter()
        self.seen: list[str] = []
        self.down = False
        self._over = threading.Event()
        # moto looks at a condition and writes in two steps; S3 does both at once.
        self._turn = threading.Lock()
        self._line = threading.Lock()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body in one packet, or each answer waits for an acknowledgement.
            wbufsize = -1

            def _handle(self) -> None:
                relay.pass_on(self)

            do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = do_PATCH = _handle  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer((address, 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://{address}:{self._server.server_address[1]}"

    @classmethod
    @contextmanager
    def run(
        cls, upstream: str, address: str = "127.0.0.1", most: int | None = None
    ) -> Iterator[Relay]:
        """Relay until the block ends."""
        made = cls(upstream, address, most)
        thread = threading.Thread(target=made._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield made
        finally:
            made._over.set()
            made._server.shutdown()
            made._server.server_close()
            thread.join()

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        """One request."""
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        asked = f"{request.command} {request.path}"
        self.seen.append(asked)
        fault = "cut" if self.down else self._next(request.client_address[0], asked)
        if fault in ("cut", "silent"):
            self._over.wait(SILENCE if fault == "silent" else 0)
            request.close_connection = True
        elif fault == "busy":
            self._answer(request, 503, {}, b"<Error><Code>SlowDown</Code></Error>")
        else:
            status, headers, answer = self._ask(request, body)
            self._over.wait(DELAY if fault == "slow" else 0)
            if fault == "lost":
                request.close_connection = True
            else:
                self._answer(request, status, headers, answer)

    def _next(self, machine: str, asked: str) -> Fault:
        with self._line:
            if not self.faults:
                return "fine"
            breaks = self.faults[0] in BREAKING
            if breaks and self.met[machine, asked] == self.most:
                return "fine"
            self.met[machine, asked] += breaks
            return self.faults.popleft()

    def _ask(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(self.upstream.netloc, timeout=20)
        try:
            conditional = {"If-Match", "If-None-Match"} & set(request.headers.keys())
            with self._turn if conditional else nullcontext():
                connection.request(request.command, request.path, body, dict(request.headers))
                answer = connection.getresponse()
                return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()

    @staticmethod
    def _answer(
        request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes
    ) -> None:
        request.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                request.send_header(name, value)
        length = headers.get("Content-Length") if request.command == "HEAD" else None
        request.send_header("Content-Length", length or str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)
        request.wfile.flush()
