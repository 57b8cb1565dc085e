"""tv's API as apps use it: the terminal client from sign-in to sign-out, and requests by the
thousand that nobody would make on purpose."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from tests.support.cli import ROOT
from tests.support.viewer import Viewer

CLIENT = ROOT / "tv" / "client"
CODE = re.compile(r"\b[B-Z]{4}-[B-Z]{4}\b")


@dataclass(frozen=True)
class Terminal:
    """The reference client, with a file of tokens of its own."""

    site: str
    tokens: Path

    @property
    def command(self) -> list[str]:
        """What one types before the words of a command."""
        return [
            sys.executable, "-m", "tv_client", "--site", self.site, "--tokens", str(self.tokens),
        ]  # fmt: skip

    @property
    def env(self) -> dict[str, str]:
        """Wide enough that no line is broken."""
        return {**os.environ, "PYTHONPATH": str(CLIENT), "COLUMNS": "160", "PYTHONUNBUFFERED": "1",
                "PYTHONUTF8": "1"}  # fmt: skip

    def run(self, *words: str, check: bool = True) -> str:
        """What the command printed."""
        done = subprocess.run(
            [*self.command, *words], env=self.env, timeout=60, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def signing_in(self) -> Iterator[str]:
        """The code that it shows; at the end it has to be signed in."""
        process = subprocess.Popen(
            [*self.command, "login"], env=self.env, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            code = next(found[0] for line in process.stdout if (found := CODE.search(line)))
            yield code
            rest, _ = process.communicate(timeout=30)
            assert process.returncode == 0
            assert "Signed in as Ada (free)." in rest
        finally:
            process.kill()
            process.wait(timeout=10)


@pytest.fixture
def viewer(tv_edge: str) -> Viewer:
    """With an account at the brand of dramas."""
    port = tv_edge.rsplit(":", 1)[1]
    found = Viewer(tv_edge, f"dramas.localhost:{port}")
    found.sign_up()
    return found


@pytest.fixture
def terminal(viewer: Viewer, tmp_path: Path) -> Terminal:
    """At the same brand, not signed in."""
    return Terminal(f"http://{viewer.host}", tmp_path / "tokens.json")


def test_a_terminal_from_sign_in_to_sign_out(viewer: Viewer, terminal: Terminal) -> None:
    """By device code; it browses, searches, plays, reports, keeps a list, and leaves no token."""
    with terminal.signing_in() as code:
        viewer.let_in(code)
    assert stat.S_IMODE(terminal.tokens.stat().st_mode) == 0o600
    ((_, kept),) = json.loads(terminal.tokens.read_text()).items()

    title, episode = viewer.watchable()
    assert "Lantern" in terminal.run("home")
    assert "slug" in terminal.run("titles", "--kind", "series")
    assert title["slug"] in terminal.run("search", title["title"])
    assert re.search(rf"│ *{episode['id']} *│", terminal.run("title", title["slug"]))
    terminal.run("add", title["slug"])
    assert title["slug"] in terminal.run("list")
    terminal.run("remove", title["slug"])
    assert title["slug"] not in terminal.run("list")
    seen = terminal.run("watch", str(episode["id"]))
    assert re.search(r"played [1-9]\d* s of it, [\d,]+ bytes", seen), seen

    assert "Signed out" in terminal.run("logout")
    assert "you are not signed in" in terminal.run("list", check=False)
    bearer = {"Host": viewer.host, "Authorization": f"Bearer {kept['access_token']}"}
    assert requests.get(f"{viewer.site}/api/v1/me", headers=bearer, timeout=10).status_code == 401


def test_no_request_is_answered_otherwise_than_described(
    viewer: Viewer, terminal: Terminal, tmp_path: Path
) -> None:
    """schemathesis makes them up from the API's own description, right ones and wrong ones; it
    runs with a viewer's token, through edge and nginx."""
    with terminal.signing_in() as code:
        viewer.let_in(code)
    ((_, kept),) = json.loads(terminal.tokens.read_text()).items()
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "--config-file", ROOT / "tests/e2e/schemathesis.toml",
            "run", f"{viewer.site}/api/v1/openapi.json", "--url", viewer.site,
        ],
        env={**os.environ, "TOKEN": kept["access_token"], "HOST": viewer.host,
             "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.e2e.schemathesis_hooks"},
        cwd=tmp_path, timeout=120, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
