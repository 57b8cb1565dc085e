"""A worker's health: is it consuming, not merely running; do its children begin what it has."""

import json
import logging
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from celery import bootsteps
from celery.worker import state
from celery.worker.consumer import Consumer
from django.conf import settings

from ops.sqs import pulse

log = logging.getLogger(__name__)

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


class Stall:
    """Since when nothing was begun although something is in hand and a child is free.

    Children read their tasks from one pipe under one lock. One that is killed while it waits
    there takes the lock along, and whatever replaces it waits for ever.
    """

    PATIENCE = 15.0
    """Seconds; a child that is forked anew begins within one."""

    def __init__(self) -> None:
        self.begun = 0
        self.since: float | None = None

    def lasts(self, *, waiting: bool, begun: int, now: float) -> bool:
        """Whether it has lasted too long; `begun` counts the tasks that were, ever."""
        if not waiting or begun != self.begun:
            self.since = None
        self.begun = begun
        if waiting and self.since is None:
            self.since = now
        return self.since is not None and now - self.since > self.PATIENCE


def watch(children: int) -> None:
    """End the worker where its children begin nothing more: a new one has a pipe of its own.

    Nothing is lost: what it holds is given out again by the queue.
    """
    stall = Stall()
    while True:
        time.sleep(1)
        busy = len(state.active_requests)
        waiting = busy < min(children, len(state.reserved_requests))
        if stall.lasts(waiting=waiting, begun=state.all_total_count[0], now=time.monotonic()):
            log.critical("no child begins what was received: the worker ends, to start anew")
            os._exit(os.EX_TEMPFAIL)


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
        if _server is None:
            args = (parent.pool.num_processes,)
            threading.Thread(target=watch, args=args, name="watch", daemon=True).start()
        serve(settings.WORKER_HEALTH_PORT)
        pulse.beat()

    def stop(self, parent: Consumer) -> None:
        pulse.stop()

    shutdown = stop
