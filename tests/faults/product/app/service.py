"""Answers with its release's text, and goes wrong in the way that its environment says.

START_AFTER   seconds until it listens
CRASH_AFTER   seconds until it ends with status 3; 0 before it listens
TAKE          megabytes that it takes before it listens
LEAK          megabytes that it takes more each second
ANSWER_AFTER  seconds that an answer to a viewer takes
ERRORS        share of viewers' requests answered with 500
HEALTH        "never": the health check gets no answer

Time until a crash, and of a leak, counts from the first viewer's request on: a machine that
is slow to start it does not make a bad release of one that turns bad.

What it is asked for below /archive it gets from the backing service, which is another of its kind.
"""

import os
import random
import signal
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8000
TEXT = os.environ.get("TEXT", "")
ANSWER_AFTER = float(os.environ.get("ANSWER_AFTER", "0"))
ERRORS = float(os.environ.get("ERRORS", "0"))
HEALTH = os.environ.get("HEALTH", "")
CRASH_AFTER = float(os.environ.get("CRASH_AFTER", "-1"))
LEAK = int(os.environ.get("LEAK", "0"))
# Taken by the first viewer's request, and never given back.
on_air = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    timeout = 5

    def do_GET(self) -> None:
        if self.path == "/healthz":
            if HEALTH == "never":
                time.sleep(600)
            self.answer(200, "ok")
            return
        if on_air.acquire(blocking=False):
            turn_bad()
        if self.path == "/archive":
            self.answer(*from_archive())
        else:
            # /wait/2.5 is answered after 2.5 seconds, whatever the release.
            _, _, asked = self.path.partition("/wait/")
            time.sleep(float(asked or ANSWER_AFTER))
            self.answer(500 if random.random() < ERRORS else 200, TEXT)

    def answer(self, status: int, text: str) -> None:
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = HEALTH == "never"


def from_archive() -> tuple[int, str]:
    """What the backing service holds, or that it gave nothing."""
    try:
        with urllib.request.urlopen("http://archive:8000/", timeout=1) as answer:
            return 200, answer.read().decode().strip()
    except OSError as error:
        return 503, f"no archive: {error}"


def turn_bad() -> None:
    if CRASH_AFTER > 0:
        threading.Timer(CRASH_AFTER, crash).start()
    if LEAK:
        threading.Thread(target=leak, daemon=True).start()


def crash() -> None:
    say(f"the cellar of {TEXT} is flooded")
    os._exit(3)


def leak() -> None:
    kept = []
    while True:
        kept.append(take(LEAK))
        time.sleep(1)


def take(megabytes: int) -> bytes:
    return b"x" * (megabytes << 20)


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main() -> None:
    if CRASH_AFTER == 0:
        crash()
    take(int(os.environ.get("TAKE", "0")))
    time.sleep(float(os.environ.get("START_AFTER", "0")))
    server = Server(("", PORT), Handler)

    def stop(*_: object) -> None:
        # shutdown() waits for the loop below to end, so it needs another thread.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    say(f"{TEXT} listens on port {PORT}")
    server.serve_forever(poll_interval=0.1)
    server.server_close()


if __name__ == "__main__":
    main()
