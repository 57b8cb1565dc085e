"""The machine under the hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from airchain.errors import PreflightError
from airchain.fleet import machine


def test_bounding_set() -> None:
    """Read from a process's status; what cannot be read is taken for all."""
    assert machine.bounding_set("Name:\tdockerd\nCapBnd:\t000001fffeffffff\n") == 0x1FFFEFFFFFF
    assert machine.bounding_set("") == 2**38 - 1


def test_inotify_is_raised_where_it_is_too_low(tmp_path: Path) -> None:
    """Once; a higher limit is left alone."""
    setting = tmp_path / "max_user_instances"
    setting.write_text("128\n")
    assert machine.require_inotify(20, setting)
    assert int(setting.read_text()) == machine.instances_needed(20)
    assert not machine.require_inotify(10, setting)


def test_inotify_that_cannot_be_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says the command."""
    setting = tmp_path / "max_user_instances"
    setting.write_text("128\n")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(PreflightError) as caught:
        machine.require_inotify(20, setting)
    assert caught.value.hint == "sudo sysctl fs.inotify.max_user_instances=528"


def test_no_limit_where_there_is_no_linux(tmp_path: Path) -> None:
    """Engines in a machine of their own have their own limit."""
    assert not machine.require_inotify(20, tmp_path / "none")
