"""A worker's health over HTTP: is it consuming, not merely running."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from celery import bootsteps
from celery.worker.consumer import Consumer
from django.conf import settings

from ops.sqs import pulse

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
    """Starts with the consumer's connection and stops with it."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Consumer) -> None:
        serve(settings.WORKER_HEALTH_PORT)
        pulse.beat()

    def stop(self, parent: Consumer) -> None:
        pulse.stop()

    shutdown = stop
