"""The keeper as a process: one per environment, with the code that is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.waiting import wait_until

from airchain.fleet import keeper
from airchain.paths import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    keeper.stop(made, "p", "e")


def _pid(home: Home) -> int:
    return int((home.environment("p", "e") / "keeper.pid").read_text())


def test_it_is_replaced_only_after_an_upgrade(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keeper that runs is left alone as long as its code is the installed one."""
    assert keeper.start(home, "p", "e")
    first = _pid(home)
    wait_until(lambda: keeper.status(home, "p", "e") is not None, "it looks", pause=0.02)
    assert keeper.state(home, "p", "e") == "running"
    assert not keeper.start(home, "p", "e")
    assert _pid(home) == first
    monkeypatch.setattr(keeper, "code", lambda: "upgraded")
    assert keeper.start(home, "p", "e")
    assert _pid(home) != first
    assert keeper.stop(home, "p", "e")
    assert keeper.state(home, "p", "e") == "down"


def test_the_number_of_a_killed_keeper_is_nobodys(home: Home) -> None:
    """A process that was given its number since is not ended."""
    place = home.environment("p", "e")
    place.mkdir(parents=True)
    (place / "keeper.pid").write_text(f"{os.getpid()}\n")
    assert not keeper.stop(home, "p", "e")
    assert keeper.start(home, "p", "e")
    assert _pid(home) != os.getpid()
