"""wrk, which sends prepared requests as fast as they are answered."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.support.cli import ROOT

from airchain.errors import AirchainError
from airchain.run import run

SCRIPT = ROOT / "tv" / "load" / "wrk.lua"
# One is nearly a whole processor's work; load must not starve what it measures.
THREADS = 2
_PATIENCE = "5s"
_MARGIN = 30.0


@dataclass(frozen=True)
class Run:
    """What came of one run. `refused` got a status of 400 or more, `broken` none."""

    requests: int
    seconds: float
    bytes: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    refused: int
    broken: int

    @property
    def rate(self) -> float:
        """Requests per second that were answered well."""
        return (self.requests - self.refused) / self.seconds

    @property
    def errors(self) -> int:
        """Requests that were not answered well."""
        return self.refused + self.broken


def prepare(requests: Iterable[bytes], file: Path) -> Path:
    """Write whole HTTP requests to the file that the script reads."""
    file.write_bytes(b"".join(request + b"\0" for request in requests))
    return file


def load(port: int, file: Path, connections: int, seconds: float) -> Run:
    """Send what `prepare` wrote to this machine's `port`, over and over."""
    words = ["-t", THREADS, "-c", connections, "-d", f"{seconds:g}s", "--timeout", _PATIENCE]
    address = f"http://127.0.0.1:{port}"
    argv = ["wrk", *words, "-s", SCRIPT, address, "--", file]
    return parse(run([str(word) for word in argv], timeout=seconds + _MARGIN).stdout)


def parse(output: str) -> Run:
    """The script's line among what wrk prints itself."""
    for line in output.splitlines():
        if line.startswith('{"requests"'):
            return Run(**json.loads(line))
    raise AirchainError("wrk printed no figures", where=output[-500:].strip() or "wrk")
