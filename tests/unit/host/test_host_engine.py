"""The Engine API as the agent asks it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from airchain.errors import EngineError
from airchain.host import engine
from airchain.host.pull import engine_errors


@contextmanager
def silent(path: Path) -> Iterator[None]:
    """An engine that begins to tell of a pull and then stands still."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                connection.sendall(head + b'12\r\n{"status":"Pull"}\n\r\n')
                connection.recv(1)  # Until the other side leaves.

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield
        thread.join(10)
        assert not thread.is_alive()


def test_a_pull_that_stands_still_is_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would wait for ever, and the agent with it."""
    monkeypatch.setattr(engine, "SILENCE", 1.0)
    with silent(tmp_path / "socket"):
        client = engine.connect(f"unix://{tmp_path / 'socket'}")
        lines = client.pull("localhost:1/x", tag="y", stream=True, decode=True)
        assert next(lines) == {"status": "Pull"}
        with pytest.raises(EngineError, match="timed out"), engine_errors("localhost:1/x"):
            next(lines)
        client.close()
