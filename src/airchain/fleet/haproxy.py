"""HAProxy's runtime socket: see, add, drain and remove servers without a reload.

A command is answered with an empty line, a table, or a sentence; a sentence
where none is expected is a refusal.
"""

from __future__ import annotations

import csv
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from airchain.errors import FleetError
from airchain.fleet.edge_config import CHECK, EdgeServer, backend, fleet_of
from airchain.paths import Home

TIMEOUT = 5.0
_SERVER = "2"
# Sentences that follow what was done.
_WELCOME = ("New server registered.", "Server deleted.", "No such server.")


@dataclass(frozen=True)
class ServerStats:
    """A host as the edge sees it. Counters start when it was added.

    `state` is up, down, drain or maint; `check` the last answer of its health
    check; `sessions` are requests under way, `waiting` those in its queue. `retries`
    went to another host after this one had failed. `answer_ms` is a moving average
    over the last of the `answers` (see `fleet.traffic`).
    """

    fleet: str
    host: str
    address: str
    state: str
    check: str
    sessions: int
    waiting: int
    requests: int
    errors: int
    retries: int = 0
    answers: int = 0
    answer_ms: int = 0


@dataclass(frozen=True)
class FleetStats:
    """A fleet's backend since the edge started: `errors` are answers 5xx."""

    fleet: str
    requests: int
    errors: int
    retries: int


def folder(home: Home, product: str, environment: str) -> Path:
    """Where an edge's configuration and socket are."""
    return home.environment(product, environment) / "edge"


def runtime(home: Home, product: str, environment: str) -> Runtime:
    """An edge's runtime socket, whether the edge runs or not."""
    return Runtime(folder(home, product, environment) / "admin.sock")


class Runtime:
    """The runtime socket at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def process(self) -> int | None:
        """The process that answers, another one after a reload; None where none does."""
        try:
            info = self.ask("show info")
        except FleetError:
            return None
        found = [line for line in info.splitlines() if line.startswith("Pid:")]
        return int(found[0].removeprefix("Pid:")) if found else None

    def answers(self) -> bool:
        """Whether the edge runs."""
        return self.process() is not None

    def servers(self) -> tuple[ServerStats, ...]:
        """Every server of every fleet, by fleet and name."""
        rows = _rows(self.ask("show stat"))
        found = [_server(row) for row in rows if row["type"] == _SERVER]
        return tuple(sorted((s for s in found if s), key=lambda s: (s.fleet, s.host)))

    def fleets(self) -> tuple[FleetStats, ...]:
        """Every fleet's backend."""
        rows = _rows(self.ask("show stat"))
        return tuple(
            FleetStats(
                fleet=fleet,
                requests=_count(row["stot"]),
                errors=_count(row["hrsp_5xx"]),
                retries=_count(row["wretr"]),
            )
            for row in rows
            if row["svname"] == "BACKEND" and (fleet := fleet_of(row["pxname"]))
        )

    def add(self, server: EdgeServer) -> None:
        """Add a host: it gets requests once its health check has succeeded."""
        name = _name(server.fleet, server.host)
        self.tell(f"add server {name} {server.address}:80 {CHECK}")
        # It would count as healthy until two checks have failed; in one line, so
        # that no request comes between.
        self.tell(f"enable health {name}; enable server {name}; set server {name} health down")

    def ready(self, fleet: str, host: str) -> None:
        """Give a drained host requests again."""
        self.tell(f"set server {_name(fleet, host)} state ready")

    def drain(self, fleet: str, host: str) -> None:
        """Give a host no further requests; those under way go on."""
        self.tell(f"set server {_name(fleet, host)} state drain")

    def remove(self, fleet: str, host: str) -> bool:
        """Take a host away; False where connections to it are still open.

        It gets nothing from then on either way. None being there is fine.
        """
        name = _name(fleet, host)
        if answer := self.ask(f"set server {name} state maint"):
            if "No such server" in answer or "No such backend" in answer:
                return True
            raise FleetError(answer, where=name)
        answer = self.ask(f"del server {name}")
        if "still has connections" in answer:
            return False
        if answer not in _WELCOME:
            raise FleetError(answer, where=name)
        return True

    def tell(self, command: str) -> None:
        """Give a command that is expected to succeed."""
        answer = self.ask(command)
        if answer and answer not in _WELCOME:
            raise FleetError(answer, where=command)

    def ask(self, command: str) -> str:
        """Give a command and return its answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TIMEOUT)
            try:
                connection.connect(str(self.path))
                connection.sendall(f"{command}\n".encode())
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
            except OSError as error:
                raise FleetError(
                    f"the edge does not answer: {error}", where=str(self.path)
                ) from error
        return answer.decode("utf-8", "replace").strip()


def _name(fleet: str, host: str) -> str:
    return f"{backend(fleet)}/{host}"


def _rows(table: str) -> Sequence[dict[str, str]]:
    return list(csv.DictReader(table.removeprefix("# ").splitlines()))


def _server(row: dict[str, str]) -> ServerStats | None:
    fleet = fleet_of(row["pxname"])
    if fleet is None:
        return None
    return ServerStats(
        fleet=fleet,
        host=row["svname"],
        address=row["addr"].rpartition(":")[0],
        state=row["status"].split(" ")[0].lower(),
        check=" ".join(filter(None, (row["check_status"], row["last_chk"]))),
        sessions=_count(row["scur"]),
        waiting=_count(row["qcur"]),
        requests=_count(row["stot"]),
        errors=_count(row["hrsp_5xx"]) + _count(row["econ"]) + _count(row["eresp"]),
        retries=_count(row["wretr"]),
        answers=_count(row["req_tot"]),
        answer_ms=_count(row["rtime"]),
    )


def _count(text: str) -> int:
    return int(text or 0)
