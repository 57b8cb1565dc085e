"""Answers with its release's text, and goes wrong in the way that its environment says.

START_AFTER   seconds until it listens
CRASH_AFTER   seconds until it ends with status 3; 0 before it listens
LEAK          megabytes that it takes more each second
ANSWER_AFTER  seconds that an answer to a viewer takes
ERRORS        share of viewers' requests answered with 500
HEALTH        "never": the health check gets no answer
"""

import os
import random
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8000
TEXT = os.environ.get("TEXT", "")
ANSWER_AFTER = float(os.environ.get("ANSWER_AFTER", "0"))
ERRORS = float(os.environ.get("ERRORS", "0"))
HEALTH = os.environ.get("HEALTH", "")


class Handler(BaseHTTPRequestHandler):
    timeout = 5

    def do_GET(self) -> None:
        if self.path == "/healthz":
            if HEALTH == "never":
                time.sleep(600)
            self.answer(200, "ok")
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


def crash() -> None:
    say(f"the cellar of {TEXT} is flooded")
    os._exit(3)


def leak(megabytes: int) -> None:
    kept = []
    while True:
        kept.append(b"x" * (megabytes << 20))
        time.sleep(1)


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main() -> None:
    if (after := os.environ.get("CRASH_AFTER")) is not None:
        if float(after) == 0:
            crash()
        threading.Timer(float(after), crash).start()
    if megabytes := int(os.environ.get("LEAK", "0")):
        threading.Thread(target=leak, args=(megabytes,), daemon=True).start()
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
