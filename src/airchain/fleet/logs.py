"""A service's log across all hosts: the journals of its units, merged by time.

Following ends with the caller; each host has a thread of its own, so that a
slow host holds nothing up.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airchain.errors import FleetError
from airchain.store.records import Report

_ENDED = object()
# Lines of each host that are shown as evidence.
_EVIDENCE = 20


@dataclass(frozen=True, order=True)
class Line:
    """One line that a service on `host` wrote."""

    time: datetime
    host: str
    unit: str
    text: str


def journal_argv(product: str, service: str, *, lines: int, follow: bool) -> list[str]:
    """What is run on a host: old and new instances of the service alike."""
    # Ten characters name an instance; `*` would also match a service called SERVICE-more.
    argv = _argv([f"{product}-{service}-{'[0-9a-f]' * 10}"], lines)
    return [*argv, "--follow"] if follow else argv


def evidence_argv(product: str, said: Sequence[Report]) -> list[str]:
    """What is run on hosts to read what the instances that they report wrote lately.

    Empty where they report none; what other releases wrote is no evidence.
    """
    names = {f"{product}-{s.name}-{s.instance}" for r in said for s in r.services if s.instance}
    return _argv(sorted(names), _EVIDENCE) if names else []


def _argv(units: Sequence[str], lines: int) -> list[str]:
    argv = ["journalctl", "--output=json", "--no-pager", f"--lines={lines}", "_TRANSPORT=stdout"]
    return [*argv, *(f"--unit={unit}.service" for unit in units)]


def parse(raw: str, host: str) -> Line | None:
    """A line of `journalctl --output=json`; None for what systemd itself says."""
    try:
        entry: dict[str, Any] = json.loads(raw)
    except ValueError:
        return None
    message = entry.get("MESSAGE")
    if message is None or entry.get("SYSLOG_IDENTIFIER") == "systemd":
        return None
    if isinstance(message, list):  # journald's way to write bytes that are not UTF-8
        message = bytes(message).decode("utf-8", "replace")
    when = datetime.fromtimestamp(int(entry["__REALTIME_TIMESTAMP"]) / 1e6, UTC)
    unit = entry.get("_SYSTEMD_UNIT", "").removesuffix(".service")
    return Line(when, host, unit, str(message))


def read(client: Any, hosts: Sequence[tuple[str, str]], argv: Sequence[str]) -> list[Line]:
    """The lines of all `hosts` (name, container), oldest first."""
    if not hosts:
        raise FleetError("no host is up", hint="`airchain up ENV` starts the environment")
    return sorted(
        line for host, container in hosts for line in _lines(client, host, container, argv)
    )


def follow(client: Any, hosts: Sequence[tuple[str, str]], argv: Sequence[str]) -> Iterator[Line]:
    """Lines as they are written, until the caller stops or every host is gone."""
    lines: queue.Queue[Any] = queue.Queue(maxsize=10_000)

    def pump(host: str, container: str) -> None:
        try:
            for line in _lines(client, host, container, argv):
                lines.put(line)
        finally:
            lines.put(_ENDED)

    for host, container in hosts:
        threading.Thread(target=pump, args=(host, container), daemon=True).start()
    left = len(hosts)
    while left:
        line = lines.get()
        if line is _ENDED:
            left -= 1
        else:
            yield line


def _lines(client: Any, host: str, container: str, argv: Sequence[str]) -> Iterator[Line]:
    made = client.api.exec_create(container, list(argv), stderr=False)
    rest = b""
    for chunk in client.api.exec_start(made["Id"], stream=True):
        *whole, rest = (rest + chunk).split(b"\n")
        for raw in whole:
            if line := parse(raw.decode("utf-8", "replace"), host):
                yield line
