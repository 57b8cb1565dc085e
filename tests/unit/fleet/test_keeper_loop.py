"""The keeper between two looks: what it tells, sends and forgets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from airchain.errors import FleetError
from airchain.fleet import keeper_loop, local, secrets
from airchain.fleet.keeper import KeeperStatus
from airchain.fleet.keeper_facts import Memory
from airchain.fleet.keeper_work import Work
from airchain.fleet.local import LocalHost
from airchain.fleet.settings import Settings
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.spec.model import Environment, Fleet, Service
from airchain.store.records import report_key

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WITH_SECRET = Environment(
    services={"web": Service(image="x", kind="web", port=1, secrets=("KEY",))},
    fleets={"web": Fleet(services=("web",))},
)
SETTINGS = Settings(
    product="p", environment="e", registry="r:1", sizes={}, host_image="h", edge_image="e"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def work(home: Home) -> Iterator[Work]:
    secrets.put(home, "p", "e", "KEY", b"value")
    made = Work(Engine("unix:///nowhere", "20", "private"), home, Memory(NOW), lambda _: None)
    yield made
    made.close()


class Stumbling(keeper_loop.Keeper):
    """Its first `stumbles` looks fail; it ends after ten."""

    stumbles = 0
    looks = 0
    ending = threading.Event()

    def look_and_act(self) -> None:
        self.looks += 1
        if self.looks == 10:
            self.ending.set()
        if self.looks <= self.stumbles:
            raise FleetError("the edge does not answer")


@pytest.mark.parametrize(("stumbles", "error"), [(9, None), (10, "the edge does not answer")])
def test_an_error_that_is_over_is_not_reported(
    home: Home, monkeypatch: pytest.MonkeyPatch, stumbles: int, error: str | None
) -> None:
    """What lasts is."""
    monkeypatch.setattr(keeper_loop, "INTERVAL", 0)
    keeper = Stumbling(home, "p", "e", home.root / "status")
    keeper.stumbles, keeper.ending = stumbles, threading.Event()
    keeper.run(keeper.ending)
    said = KeeperStatus.model_validate_json((home.root / "status").read_bytes())
    assert said.error == error


def test_a_single_failure_ends_nobodys_wait(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edge that is just being reloaded fails one look."""
    monkeypatch.setattr(keeper_loop, "LASTING", 11)
    monkeypatch.setattr(keeper_loop, "INTERVAL", 0)
    keeper = Stumbling(home, "p", "e", home.root / "status")
    keeper.stumbles, keeper.ending = 10, threading.Event()
    keeper.run(keeper.ending)
    said = KeeperStatus.model_validate_json((home.root / "status").read_bytes())
    assert said.error is None
    assert any("the edge does not answer" in line for line in said.said)


def test_a_release_without_the_fleet_has_no_secrets_for_it() -> None:
    """A fleet that a release brings is unknown to the release before."""
    assert local.fleet_secrets(WITH_SECRET, "web") == ("KEY",)
    assert local.fleet_secrets(WITH_SECRET, "new") == ()


def test_a_host_that_takes_no_secrets_keeps_none_from_the_others(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is sent to on its own; who failed is tried again, who has them is not."""
    sent: list[str] = []

    def send(engine: Engine, settings: Settings, host: str, values: dict[str, bytes]) -> None:
        sent.append(host)
        if host == "web-1" and sent.count("web-1") == 1:
            raise FleetError("no such container")

    monkeypatch.setattr(local, "send_secrets", send)
    hosts = [LocalHost(f"web-{n}", "web", "running", "10.0.0.2", NOW) for n in (1, 2)]
    while sorted(sent) != ["web-1", "web-1", "web-2"]:
        work.send_secrets(SETTINGS, hosts, [WITH_SECRET])
    work.close()


def test_what_a_vanished_host_left_is_forgotten(home: Home) -> None:
    """Its report would be shown for ever; one that is known is left alone."""
    for host in ("web-1", "web-2"):
        report = home.store / report_key("p", "e", host)
        report.parent.mkdir(parents=True)
        report.write_text("{}")
    local.forget(home, "p", "e", {"web-1"})
    hosts = (home.store / report_key("p", "e", "web-1")).parent.parent
    assert [p.name for p in hosts.iterdir()] == ["web-1"]
