"""The runtime socket, against a server that answers as HAProxy 2.6 does."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from airchain.errors import FleetError
from airchain.fleet.edge_config import EdgeServer
from airchain.fleet.haproxy import FleetStats, Runtime, ServerStats

COLUMNS = (
    "# pxname,svname,qcur,scur,stot,econ,eresp,wretr,status,type,check_status,last_chk,"
    "hrsp_5xx,addr,req_tot,rtime,"
)
STATS = f"""{COLUMNS}
viewers,FRONTEND,,4,100,,,,OPEN,0,,,2,,,,
fleet-web,web-1,0,3,60,1,2,0,UP,2,L7OK,,4,10.0.0.2:80,57,12,
fleet-web,web-2,1,0,40,0,0,1,DOWN 1/2,2,* L7STS,Service Unavailable,0,10.0.0.3:80,40,3,
fleet-web,BACKEND,0,3,100,1,2,1,UP,1,,,9,,
no-route,BACKEND,0,0,0,0,0,0,UP,1,,,0,,
"""


class Answering:
    """Answers each command by its beginning, and remembers all."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.asked: list[str] = []

    def answer(self, command: str) -> str:
        self.asked.append(command)
        return next((a for c, a in self.answers.items() if command.startswith(c)), "\n")


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[tuple[Runtime, Answering]]:
    answering = Answering()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            command = self.rfile.readline().decode().strip()
            self.wfile.write(answering.answer(command).encode())

    path = tmp_path / "admin.sock"
    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Runtime(path), answering
        server.shutdown()
        thread.join()


def test_servers(haproxy: tuple[Runtime, Answering]) -> None:
    """Servers of fleets, with the state's first word and everything that failed."""
    runtime, answering = haproxy
    answering.answers["show stat"] = STATS
    assert runtime.servers() == (
        ServerStats("web", "web-1", "10.0.0.2", "up", "L7OK", 3, 0, 60, 7, 0, 57, 12),
        ServerStats(
            "web", "web-2", "10.0.0.3", "down", "* L7STS Service Unavailable", 0, 1, 40, 0, 1, 40, 3
        ),
    )
    assert runtime.fleets() == (FleetStats("web", 100, 9, 1),)


def test_add(haproxy: tuple[Runtime, Answering]) -> None:
    """A new server counts as down until its first check has succeeded."""
    runtime, answering = haproxy
    answering.answers["add server"] = "New server registered.\n"
    runtime.add(EdgeServer("web", "web-3", "10.0.0.4"))
    name = "fleet-web/web-3"
    assert answering.asked == [
        f"add server {name} 10.0.0.4:80 check inter 500ms fall 2 rise 1",
        f"enable health {name}; enable server {name}; set server {name} health down",
    ]


def test_remove(haproxy: tuple[Runtime, Answering]) -> None:
    """Maintenance first, then away."""
    runtime, answering = haproxy
    answering.answers["del server"] = "Server deleted.\n"
    assert runtime.remove("web", "web-1")
    assert answering.asked == [
        "set server fleet-web/web-1 state maint",
        "del server fleet-web/web-1",
    ]


def test_remove_waits_for_open_connections(haproxy: tuple[Runtime, Answering]) -> None:
    """Connections that are open are told as such, and are no error."""
    runtime, answering = haproxy
    answering.answers["del server"] = "Server still has connections attached to it.\n"
    assert not runtime.remove("web", "web-1")


def test_remove_what_is_not_there(haproxy: tuple[Runtime, Answering]) -> None:
    """None being there is fine."""
    runtime, answering = haproxy
    answering.answers["set server"] = "No such server.\n"
    assert runtime.remove("web", "web-9")


def test_a_refusal_is_an_error(haproxy: tuple[Runtime, Answering]) -> None:
    """A sentence where none is expected is passed on."""
    runtime, answering = haproxy
    answering.answers["set server"] = "Permission denied\n"
    with pytest.raises(FleetError, match="Permission denied"):
        runtime.drain("web", "web-1")


def test_reloads_are_seen(haproxy: tuple[Runtime, Answering]) -> None:
    """Another process answers after a reload."""
    runtime, answering = haproxy
    answering.answers["show info"] = "Name: HAProxy\nPid: 17\nUptime: 0d\n"
    assert runtime.process() == 17
    assert runtime.answers()


def test_no_edge(tmp_path: Path) -> None:
    """An edge that is not there answers nothing, and asking it is an error."""
    runtime = Runtime(tmp_path / "admin.sock")
    assert not runtime.answers()
    with pytest.raises(FleetError, match="does not answer"):
        runtime.servers()
