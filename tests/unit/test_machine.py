"""Debian packages: what is missing, who installs it, and how."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from airchain import machine
from airchain.errors import PreflightError
from airchain.machine import Package
from airchain.progress import Silent


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """One that is there and two that are not; `tmp_path` holds their files."""
    known = {n: Package(f"airchain-{n}", str(tmp_path / n), f"use {n}") for n in ("a", "b", "c")}
    monkeypatch.setattr(machine, "PACKAGES", known)
    monkeypatch.setattr(machine, "APT_LOCK", tmp_path / "lock")
    monkeypatch.setattr("shutil.which", lambda n: "/x" if n == "apt-get" else None)
    (tmp_path / "a").touch()
    return tmp_path


def test_others_than_root_are_told_every_package(
    packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs them."""
    monkeypatch.setattr(machine, "is_root", lambda: False)
    with pytest.raises(PreflightError) as error:
        machine.ensure(("a", "b", "c"), Silent())
    assert str(error.value) == "missing: airchain-b (for use b), airchain-c (for use c)"
    assert (error.value.hint or "").endswith("airchain-b airchain-c")


def test_root_gets_what_is_missing(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one go, after what an interrupted run left is put right; nothing on a second run."""
    ran: list[Sequence[str]] = []

    def fake(words: Sequence[str], **_: Any) -> None:
        ran.append(words)
        if "install" in words:
            (packages / "b").touch()

    monkeypatch.setattr(machine, "is_root", lambda: True)
    monkeypatch.setattr(machine, "run", fake)
    progress = Silent()
    machine.ensure(("a", "b"), progress)
    assert [words[:2] for words in ran] == [
        ["dpkg", "--configure"],
        ["apt-get", "update"],
        ["apt-get", "install"],
    ]
    assert ran[-1][-1] == "airchain-b"
    assert list(progress.timings) == ["install airchain-b"]
    machine.ensure(("a", "b"), progress)
    assert len(ran) == 3


def test_every_need_of_a_group_is_known() -> None:
    """The groups name keys of the one list."""
    for group in machine.GROUPS.values():
        assert set(group) <= set(machine.PACKAGES)
