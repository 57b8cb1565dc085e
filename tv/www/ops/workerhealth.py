"""A worker's health over HTTP: is it consuming, not merely running."""

import json
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from celery import bootsteps
from celery.worker.consumer import Consumer
from django.conf import settings

log = logging.getLogger(__name__)

BEAT = 1.0
"""Seconds between signs of life of the consumer's own loop."""
SILENCE = 20.0
"""Seconds without one after which the worker is not consuming: longer than a long poll."""


class Pulse:
    """When the consumer's loop last ran; `None` while it has no connection."""

    def __init__(self) -> None:
        self.last: float | None = None

    def beat(self) -> None:
        self.last = time.monotonic()

    def stop(self) -> None:
        self.last = None

    def consuming(self, now: float) -> bool:
        return self.last is not None and now - self.last < SILENCE


pulse = Pulse()
_server: ThreadingHTTPServer | None = None


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        consuming = pulse.consuming(time.monotonic())
        body = json.dumps({"status": "consuming" if consuming else "not consuming"}).encode()
        self.send_response(200 if consuming else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Checks come several times a second: they are not logged."""


def serve(port: int) -> None:
    """Listen once for the life of the process; reconnections start the step again."""
    global _server
    if _server is None:
        _server = ThreadingHTTPServer(("", port), Answer)
        threading.Thread(target=_server.serve_forever, name="health", daemon=True).start()


class WorkerHealth(bootsteps.StartStopStep):
    """Beats from within the consumer's loop, so that a loop that hangs is noticed."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Consumer, **_: object) -> None:
        self.timer = None

    def start(self, parent: Consumer) -> None:
        serve(settings.WORKER_HEALTH_PORT)
        pulse.beat()
        self.timer = parent.timer.call_repeatedly(BEAT, pulse.beat)

    def stop(self, parent: Consumer) -> None:
        pulse.stop()
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    shutdown = stop
