"""A greeting over HTTP that finishes its requests before it stops."""

import html
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GREETING = os.environ.get("GREETING", "Hello")
HOST = os.environ.get("AIRCHAIN_HOST", "this machine")
PORT = 8000

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{greeting}</title>
<style>
  body {{ display: grid; place-content: center; min-height: 100vh; margin: 0;
          font: 1.2rem/1.5 system-ui, sans-serif; text-align: center;
          background: #101626; color: #e8ecf6 }}
  h1 {{ font-size: clamp(2rem, 8vw, 4rem); margin: 0 }}
  p {{ color: #9fb0d0 }}
</style>
<h1>{greeting}</h1>
<p>on air from {host}</p>
</html>
"""


def respond(path):
    """Return the status, the content type and the text for a path."""
    if path == "/healthz":
        return 200, "text/plain", "ok\n"
    if path == "/":
        page = PAGE.format(greeting=html.escape(GREETING), host=html.escape(HOST))
        return 200, "text/html; charset=utf-8", page
    return 404, "text/plain", "not found\n"


class Handler(BaseHTTPRequestHandler):
    timeout = 5  # seconds that a client may take to say what it wants

    def do_GET(self):
        status, content_type, text = respond(self.path.partition("?")[0])
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_request(self, code="-", size="-"):
        if self.path != "/healthz":
            super().log_request(code, size)


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = False  # closing the server waits for requests in flight


def main():
    server = Server(("", PORT), Handler)

    def stop(signum, frame):
        # shutdown() waits for the loop below to end, so it needs another thread.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"listening on port {PORT}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


if __name__ == "__main__":
    main()
