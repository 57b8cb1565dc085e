"""What `airchain build` asks of the machine first."""

from __future__ import annotations

from pathlib import Path

import pytest

from airchain.cli import main as cli
from airchain.fleet import preflight


def test_a_disk_that_is_nearly_full(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It is refused before anything is built, as `up` and `release` do."""
    with pytest.raises(SystemExit):
        cli.main(["init", str(tmp_path / "shop")])
    monkeypatch.setenv("AIRCHAIN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(preflight, "free_space", lambda _: 1 << 20)
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        cli.main(["-C", str(tmp_path / "shop"), "build"])
    assert caught.value.code == 1
    assert "GiB free below" in capsys.readouterr().err
