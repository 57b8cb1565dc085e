"""What gave up is helped up, unless somebody else is just at it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airchain.host import facts, supervise
from airchain.host.facts import Unit
from airchain.host.identity import Identity, Places
from airchain.host.instances import Instance
from airchain.host.report import Status
from airchain.host.supervise import Supervisor
from airchain.spec.model import Service

IDENTITY = Identity(product="tv", environment="prod", fleet="web", host="h", registry="r:1")
WEB = Instance(
    id="1a",
    product="tv",
    service="web",
    image="r:1/tv/www@sha256:aa",
    spec=Service(image="www", kind="web", port=80),
)
UP = Unit(WEB, active="active", sub="running")
GAVE_UP = Unit(WEB, active="failed", sub="failed", status=3)


class Host:
    """One with a web service that serves; it is the starter too."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.unit = UP
        self.started: list[Instance] = []
        self.said: list[str] = []
        self.left_alone: frozenset[str] = frozenset()
        self.lock = threading.Lock()
        self.now = 1000.0
        monkeypatch.setattr(facts, "observe", lambda _: (self.unit,))
        monkeypatch.setattr(supervise, "last_lines", lambda _: ("no table",))
        monkeypatch.setattr(supervise, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.places = Places(root)
        self.places.in_service.parent.mkdir(parents=True)
        self.places.in_service.touch()
        self.status = Status(IDENTITY)
        me = cast("Any", self)
        self.supervisor = Supervisor(
            self.places, me, self.status, lambda: self.left_alone, lambda _: None, self.lock
        )

    def start(self, instances: list[Instance]) -> None:
        self.started += instances

    def report(self, instance: Instance, state: str, **_: Any) -> None:
        self.said.append(state)

    @property
    def at_edge(self) -> bool:
        assert self.status.report.in_service == self.places.in_service.exists()
        return self.status.report.in_service


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host(tmp_path, monkeypatch)
    made.status.update(in_service=True)
    made.supervisor.watch("localhost", report_running=True)
    return made


def test_what_gave_up_is_started_again_and_the_host_comes_back(host: Host) -> None:
    """Not more often than every half minute; meanwhile the edge asks other hosts."""
    host.unit = GAVE_UP
    host.supervisor.look()
    assert host.started == [WEB]
    assert host.said == ["failed"]
    assert not host.at_edge
    host.supervisor.look()
    assert host.started == [WEB]
    host.now += 31
    host.supervisor.look()
    assert host.started == [WEB, WEB]
    host.unit = UP
    host.supervisor.look()
    assert host.at_edge
    assert host.said[-1] == "running"


def test_it_is_helped_up_while_a_release_comes_of_which_the_report_tells(host: Host) -> None:
    """Of services only what is wrong is said then."""
    host.supervisor.hush()
    host.supervisor.look()
    assert host.said == []
    host.unit = GAVE_UP
    host.supervisor.look()
    assert host.started == [WEB]
    assert host.said == ["failed"]


def test_whoever_brings_services_up_is_left_alone(host: Host) -> None:
    """What is not up then is on its way up or down."""
    host.unit = GAVE_UP
    with host.lock:
        host.supervisor.look()
    assert host.started == []
    assert host.at_edge


def test_what_comes_or_leaves_or_ends_by_itself_is_left_alone(host: Host) -> None:
    """An instance that is drained, or starts while tasks run; and a job."""
    host.unit = GAVE_UP
    host.left_alone = frozenset({WEB.name})
    host.supervisor.look()
    job = WEB.model_copy(update={"spec": Service(image="www", kind="task", command="true")})
    host.unit, host.left_alone = replace(GAVE_UP, instance=job), frozenset()
    host.supervisor.look()
    assert host.started == []
    assert host.at_edge


def test_before_anything_was_to_run_nothing_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a host boots, systemd starts what ran before."""
    host = Host(tmp_path, monkeypatch)
    host.unit = GAVE_UP
    host.supervisor.look()
    assert host.started == []
