"""Airchain as its users run it: the command, its exit status, what it printed."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airchain.fleet import names
from airchain.images.engine import find
from airchain.paths import Home
from airchain.run import Result, run

ROOT = Path(__file__).parents[2]
COMMAND = ROOT / ".venv" / "bin" / "airchain"


@dataclass(frozen=True)
class Product:
    """A copy of a product in a git repository of its own."""

    folder: Path

    def airchain(self, *words: str, timeout: float = 600, check: bool = True) -> Result:
        """Run `airchain WORDS` in the product's folder."""
        return run([COMMAND, "-C", self.folder, *words], timeout=timeout, check=check)

    def json(self, *words: str) -> Any:
        """What `airchain --json WORDS` printed."""
        return json.loads(self.airchain("--json", *words).stdout)

    def commit(self, subject: str) -> None:
        """Commit every change below the folder."""
        git(self.folder, "add", "--all", ".")
        git(self.folder, "commit", "--quiet", "--message", subject)

    def secret(self, environment: str, name: str) -> str:
        """The value of a secret on this machine."""
        folder = Home.from_environment().secrets(self.json("spec", "show")["product"], environment)
        return (folder / name).read_text()

    def changed(self) -> bool:
        """Whether files differ from the last commit."""
        status = run(["git", "status", "--porcelain"], cwd=self.folder, timeout=30)
        return bool(status.stdout)

    def docker(self, *words: str) -> str:
        """Run `docker WORDS` against the engine that the product runs on."""
        engine = find(Home.from_environment())
        assert engine is not None, "no engine answers"
        return run([engine.cli, *words], env=engine.env(), timeout=60).stdout.strip()

    def docker_on(self, host: str, *words: str) -> str:
        """Run `docker WORDS` on a host of prod."""
        name = self.json("spec", "show")["product"]
        return self.docker("exec", names.container(name, "prod", host), "docker", *words)

    def replace(self, file: str, old: str, new: str) -> None:
        """Change a text that stands in `file`."""
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{old!r} does not stand in {file}"
        path.write_text(text.replace(old, new))

    def hosts(self, environment: str, fleet: str = "web") -> list[dict[str, Any]]:
        """The hosts of a fleet as `status` has them."""
        (status,) = self.json("status", environment)
        return next(f["hosts"] for f in status["fleets"] if f["name"] == fleet)


def copy_product(source: Path, folder: Path, changes: dict[str, str]) -> Product:
    """Copy a product, change texts of its airchain.yaml, and commit it."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    product = Product(folder)
    for old, new in changes.items():
        product.replace("airchain.yaml", old, new)
    git(folder, "init", "--quiet")
    product.commit("begin")
    return product


def git(folder: Path, *words: str) -> None:
    """Run git as an author that every machine has."""
    author = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
    run(["git", *author, *words], cwd=folder, timeout=30)
