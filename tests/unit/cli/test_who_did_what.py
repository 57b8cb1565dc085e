"""lock, deploy, rollback, promote and history as a person uses them; no host is up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.keys import keys_in

from airchain.cli import main as cli
from airchain.paths import Home
from airchain.release import index
from airchain.release.pointer import author
from airchain.release.revision import Revision
from airchain.store import DirectoryStore

SPECIFICATION = """\
product: shop
secrets: {HOOK: {}}
images: {debian: {bootstrap: {}}}
services: {web: {image: debian, kind: web, port: 8000, health: /healthz}}
environments:
  qa: {edge: {port: 8081}, fleets: {web: {services: [web]}}}
  prod: {edge: {port: 8082}, fleets: {web: {services: [web]}}, deploy: {notify: {secret: HOOK}}}
"""
ONE, TWO, THREE = (f"sha256:{digits * 32}" for digits in ("1a", "2b", "3c"))
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def airchain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command line; its exit status, output and errors. Three releases are there."""
    (tmp_path / "airchain.yaml").write_text(SPECIFICATION)
    home = Home(tmp_path / "home")
    monkeypatch.setenv("AIRCHAIN_HOME", str(home.root))
    store = DirectoryStore(home.store)
    keys = keys_in(store, "shop", "..")
    for number, digest in enumerate((ONE, TWO, THREE)):
        keys.sign_release(digest)
        index.add(store, "shop", digest, Revision(f"c{number}" * 20, f"Step {number}", "maria"))

    def run(*argv: str) -> tuple[int, str, str]:
        status = 0
        try:
            cli.main(["-C", str(tmp_path), "--plain", *argv])
        except SystemExit as ended:
            status = int(ended.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def told(airchain: Run, environment: str) -> list[dict[str, Any]]:
    status, out, _ = airchain("history", environment, "--json")
    assert status == 0
    found: list[dict[str, Any]] = json.loads(out)
    return found


def test_nothing_was_done_yet(airchain: Run) -> None:
    """An empty history says so."""
    assert airchain("history", "qa") == (0, "nothing was done yet\n", "")


def test_a_lock_keeps_everybody_out(airchain: Run) -> None:
    """Before anything is built; who locked it can end it, and all of it is on record."""
    status, out, _ = airchain("lock", "qa", "--reason", "upgrading the database", "--for", "2h")
    assert (status, out) == (0, "qa is locked for 2 h: upgrading the database\n")
    for argv in (["deploy", "qa"], ["deploy", "qa", "1a1a"], ["up", "qa"], ["down", "qa"]):
        status, _, err = airchain(*argv)
        assert status == 1
        assert re.match(rf"error: shop qa: locked by {author()} \d s ago: upgrading the", err)
        assert err.endswith("hint: the lock ends by itself: `airchain unlock qa` does it now\n")
    assert airchain("deploy", "prod", "1a1a")[0] == 0
    status, out, _ = airchain("unlock", "qa")
    assert status == 0
    assert re.match(rf"qa: unlocked; it was locked by {author()} \d s ago: upgrading", out)
    assert airchain("unlock", "qa")[1] == "qa: was not locked\n"
    assert airchain("deploy", "qa", "1a1a")[0] == 0
    assert [(d["what"], d["outcome"]) for d in told(airchain, "qa")] == [
        ("deploy", "done"),
        ("unlock", "done"),
        ("unlock", "done"),
        ("lock", "done"),
    ]


def test_a_lock_needs_a_reason(airchain: Run) -> None:
    """Whoever is refused has to know why; a span needs a unit."""
    status, _, err = airchain("lock", "qa")
    assert status == 2
    assert "--reason" in err
    status, _, err = airchain("lock", "qa", "--reason", "x", "--for", "2")
    assert (status, err) == (1, "error: --for: must be such as 30m, 2h or 3d, got '2'\n")
    assert told(airchain, "qa") == []


def test_rollback_goes_anywhere(airchain: Run) -> None:
    """To the release before, again and again, or to any that there is; it says to which."""
    for release in ("1a1a", "2b2b"):
        assert airchain("deploy", "qa", release)[0] == 0
    _, out, err = airchain("rollback", "qa")
    assert "back to release 1a1a1a1a1a1a of c0c0c0c0c0c0, 'Step 0'" in err
    assert "points at release 1a1a1a1a1a1a" in out
    assert "release 2b2b2b2b2b2b" in airchain("rollback", "qa")[1]
    assert "release 3c3c3c3c3c3c" in airchain("rollback", "qa", "--to", "3c3c")[1]
    assert "release 2b2b2b2b2b2b" in airchain("rollback", "qa")[1]
    assert airchain("rollback", "qa", "--to", "beef")[0] == 1
    done = told(airchain, "qa")[0]
    assert (done["what"], done["release"], done["previous"]) == ("rollback", TWO, THREE)
    assert (done["who"], done["outcome"]) == (author(), "done")


def test_promote_needs_hosts_that_serve(airchain: Run) -> None:
    """A release that serves nowhere has proven nothing."""
    status, _, err = airchain("promote", "qa", "prod")
    assert status == 1
    assert "nothing was deployed here, so there is nothing to promote" in err
    airchain("deploy", "qa", "1a1a")
    status, _, err = airchain("promote", "qa", "prod")
    assert status == 1
    assert "no host is up here, so nothing shows that release 1a1a1a1a1a1a works" in err
    assert told(airchain, "prod") == []


def test_a_webhook_without_an_address_stops_nothing(airchain: Run) -> None:
    """It is said, with the command that sets it; the value is never shown."""
    status, _, err = airchain("deploy", "prod", "1a1a")
    assert status == 0
    assert "no webhook is told: HOOK: has no value; airchain secrets set prod HOOK" in err


def test_history_as_a_table(airchain: Run) -> None:
    """The newest first, as many as asked for."""
    for release in ("1a1a", "2b2b", "3c3c"):
        airchain("deploy", "qa", release)
    _, out, _ = airchain("history", "qa", "-n", "2")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["WHEN", "WHO", "WHAT", "RELEASE", "BEFORE", "OUTCOME", "S", "DETAIL"]
    assert [line[2:7] for line in lines[1:]] == [
        [author(), "deploy", "3c" * 6, "2b" * 6, "done"],
        [author(), "deploy", "2b" * 6, "1a" * 6, "done"],
    ]


def test_a_rotated_key_stands_in_every_history(airchain: Run) -> None:
    """It concerns the whole product."""
    assert airchain("keys", "rotate")[0] == 0
    for environment in ("qa", "prod"):
        (done,) = told(airchain, environment)
        assert (done["what"], done["environment"], done["outcome"]) == ("key rotated", None, "done")
