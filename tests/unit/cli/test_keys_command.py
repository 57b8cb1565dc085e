"""`airchain keys`, as two machines over one store use it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airchain.cli import main as cli
from airchain.paths import Home
from airchain.release.keys import Keys
from airchain.store import DirectoryStore

Machine = Callable[..., tuple[int, str, str]]


@pytest.fixture
def on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Machine:
    """Runs `airchain keys …` on a machine of that name; all machines share a store."""
    with pytest.raises(SystemExit):
        cli.main(["init", str(tmp_path / "shop")])
    (tmp_path / "store").mkdir()

    def run(name: str, *words: str, given: str = "") -> tuple[int, str, str]:
        home = tmp_path / name
        if not home.exists():
            home.mkdir()
            (home / "store").symlink_to(tmp_path / "store")
        monkeypatch.setenv("AIRCHAIN_HOME", str(home))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            cli.main(["-C", str(tmp_path / "shop"), "keys", *words])
        said = capsys.readouterr()
        return int(caught.value.code or 0), said.out, said.err

    Keys(Home(tmp_path / "mine"), DirectoryStore(tmp_path / "store"), "shop").ensure()
    (tmp_path / "mine" / "store").symlink_to(tmp_path / "store")
    return run


def shown(on: Machine, name: str) -> dict[str, Any]:
    code, out, _ = on(name, "show", "--json")
    assert code == 0
    return dict(json.loads(out))


def test_a_key_travels_to_another_machine(on: Machine) -> None:
    """Exported here, imported there; there it is then shown as present."""
    mine = shown(on, "mine")["mine"]
    assert shown(on, "hers") == {"product": "shop", "list": 0, "trusted": [], "mine": None}
    code, out, err = on("hers", "export")
    assert code == 1
    assert "has no signing key" in err
    _, exported, _ = on("mine", "export")
    code, out, _ = on("hers", "import", given=exported)
    assert (code, out) == (0, f"signs with {mine.removeprefix('ed25519:')[:12]}\n")
    assert shown(on, "hers") == shown(on, "mine")


def test_after_a_rotation_the_old_copy_is_refused(on: Machine) -> None:
    """With what to do; a second import puts it right."""
    _, exported, _ = on("mine", "export")
    on("hers", "import", given=exported)
    code, out, _ = on("mine", "rotate")
    assert code == 0
    assert "list 3: signed anew 0 releases and the pointers of no environment" in out
    code, _, err = on("hers", "export")
    assert code == 1
    assert "is not trusted any more" in err
    assert "hint: it was replaced by `airchain keys rotate`" in err
    assert "which does not count any more" in on("hers", "show")[1]
    code, _, err = on("hers", "import", given=exported)
    assert code == 1
    assert "does not count any more" in err
    on("hers", "import", given=on("mine", "export")[1])
    assert shown(on, "hers")["mine"] == shown(on, "mine")["mine"]


def test_a_lost_key_is_only_replaced_where_it_is_lost(on: Machine) -> None:
    """The machine that has it is told to rotate; another one begins anew."""
    code, _, err = on("mine", "rotate", "--lost")
    assert code == 1
    assert "has a key that counts" in err
    code, out, _ = on("hers", "rotate", "--lost")
    assert code == 0
    assert "hosts that run do not know it" in out
    assert shown(on, "hers")["list"] == 2


def test_garbage_is_not_imported(on: Machine) -> None:
    """Nor shown: it may be a secret."""
    code, out, err = on("hers", "import", given="hunter2")
    assert code == 1
    assert "is not what `airchain keys export` prints" in err
    assert "hunter2" not in out + err
