"""Ask a service whether it is ready."""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass

from airchain.spec.model import Health

_SHOWN = 200


@dataclass(frozen=True)
class Answer:
    """What a check came to; `text` is what the user is shown."""

    ok: bool
    text: str


def probe(address: str, port: int, health: Health | None, host: str) -> Answer:
    """One check, bounded by the check's own timeout.

    Without `health`, accepting a connection is enough. `host` is the domain
    that the request asks for, since many applications refuse a bare address.
    """
    if health is None:
        return _connects(address, port)
    connection = http.client.HTTPConnection(address, port, timeout=health.timeout)
    try:
        headers = {"Host": host, "User-Agent": "airchain", "Connection": "close"}
        connection.request("GET", health.path, headers=headers)
        response = connection.getresponse()
        body = response.read(_SHOWN * 4).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return Answer(False, f"GET {health.path}: {_reason(error, health.timeout)}")
    finally:
        connection.close()
    return judge(health.path, response.status, body)


def judge(path: str, status: int, body: str) -> Answer:
    """200 to 399 is ready; anything else is shown with the start of its body."""
    ok = 200 <= status < 400
    said = " ".join(body.split())[:_SHOWN]
    tail = f": {said}" if said and not ok else ""
    return Answer(ok, f"GET {path}: HTTP {status}{tail}")


def _connects(address: str, port: int) -> Answer:
    try:
        socket.create_connection((address, port), timeout=2).close()
    except OSError as error:
        return Answer(False, f"port {port}: {_reason(error, 2)}")
    return Answer(True, f"port {port} accepts connections")


def _reason(error: Exception, timeout: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return str(error) or type(error).__name__
