"""Requests byte for byte, as no library would send them."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
PATIENCE = 20.0


@dataclass(frozen=True)
class Reply:
    """What came back until the other side closed: status, head and body; status 0 is nothing."""

    status: int
    head: str
    body: str


def request(host: str, path: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    """A whole request, after which the connection is to be closed. `lines` are more headers."""
    length = [f"Content-Length: {len(body)}"] if body else []
    head = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *length, *lines]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def send(port: int, data: bytes) -> Reply:
    """Send it to this machine's port and read the answer to its end."""
    with socket.create_connection((LOOPBACK, port), timeout=PATIENCE) as connection:
        got = b""
        try:
            connection.sendall(data)
            while block := connection.recv(65536):
                got += block
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was answered before all was sent, or not at all
    head, _, body = got.decode("utf-8", "replace").partition("\r\n\r\n")
    words = head.split(maxsplit=2)
    return Reply(int(words[1]) if len(words) > 1 else 0, head, body)


@contextmanager
def half_sent(port: int, beginnings: Sequence[bytes]) -> Iterator[Sequence[socket.socket]]:
    """Connections that each began to send something and then keep silent."""
    connections = []
    try:
        for data in beginnings:
            connection = socket.create_connection((LOOPBACK, port), timeout=PATIENCE)
            connections.append(connection)
            connection.sendall(data)
        yield connections
    finally:
        for connection in connections:
            connection.close()


def still_open(connections: Sequence[socket.socket], seconds: float) -> int:
    """How many were neither answered nor closed after so long."""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ)
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                selector.unregister(key.fileobj)
        return len(selector.get_map())
