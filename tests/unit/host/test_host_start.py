"""Units are written and started with as few calls of systemd as can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airchain.host import facts, start
from airchain.host.identity import Identity, Places
from airchain.host.instances import Instance
from airchain.host.report import Status
from airchain.run import Result
from airchain.spec.model import Service

IDENTITY = Identity(product="tv", environment="prod", fleet="web", host="h", registry="r:1")


def instance(name: str) -> Instance:
    spec = Service(image="www", kind="web", port=80)
    return Instance(id="1a", product="tv", service=name, image="r:1/tv/www@sha256:aa", spec=spec)


class Systemd:
    """Answers `systemctl show` with these states, and keeps what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **states: str) -> None:
        self.states = states
        self.asked: list[tuple[str, ...]] = []
        monkeypatch.setattr(facts, "run", self.run)
        monkeypatch.setattr(start, "run", self.run)

    def run(self, argv: Any, **_: Any) -> Result:
        words = tuple(argv)[1:]
        self.asked.append(words)
        text = "\n\n".join(
            f"Id={unit}\nActiveState={self.states[unit.split('-')[1]]}"
            for unit in words[2:]
            if words[0] == "show"
        )
        return Result(tuple(argv), 0, text, "")


def test_what_is_installed_and_started_is_asked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What gave up before gets its starts back; a cron that failed keeps how it ended."""
    systemd = Systemd(monkeypatch, web="failed", api="inactive", tidy="failed")
    nobody: Any = None
    starter = start.Starter(Places(tmp_path), IDENTITY, nobody, Status(IDENTITY))
    web, api, tidy = (instance(name) for name in ("web", "api", "tidy"))
    seen = starter.install([web, api, tidy])
    starter.start([web, api], seen)
    assert [words[0] for words in systemd.asked] == ["show", "reset-failed", "start"]
    assert systemd.asked[1] == ("reset-failed", web.unit)
    assert systemd.asked[2] == ("start", "--no-block", web.unit, api.unit)


def test_what_was_not_just_seen_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as by who starts again what gave up."""
    systemd = Systemd(monkeypatch, web="failed")
    nobody: Any = None
    starter = start.Starter(Places(tmp_path), IDENTITY, nobody, Status(IDENTITY))
    starter.start([instance("web")])
    assert [words[0] for words in systemd.asked] == ["show", "reset-failed", "start"]
