"""tv's images: how large they are, and that no secret is in them or in what anybody wrote."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.support.cli import COMMAND, Product

from airchain.images import engine as engines
from airchain.paths import Home

BUDGETS = {"www": 160, "mysql": 260, "progress": 10}
"""Megabytes, unpacked: DESIGN's."""
KEPT = ("www", "media", "mysql", "progress")
"""Images that are looked into; they share layers, so it is cheap."""
LOOKED_AT = """
set -eu
journalctl --all --no-pager
ps axww
docker ps --all --no-trunc
docker inspect $(docker ps --all --quiet)
cat /etc/nginx/airchain/*.conf /etc/systemd/system/*.service
"""
"""What is run on a host: what it wrote, what runs there, with which words and variables."""


def test_images_keep_their_budgets(tv: Product) -> None:
    """As `airchain images` tells it."""
    rows = {row["name"]: row["facts"]["size"] / 1e6 for row in tv.json("images")}
    over = {name: rows[name] for name, most in BUDGETS.items() if rows[name] > most}
    assert over == {}


class Search:
    """Looks for the values of all secrets in what a shell command prints."""

    def __init__(self, tv: Product, folder: Path) -> None:
        self.names = sorted(tv.json("spec", "show")["secrets"])
        values = [tv.secret("prod", name).strip() for name in self.names]
        assert len({*values}) == len(values) >= 6
        assert min(map(len, values)) > 20
        self.patterns = folder / "patterns"
        self.patterns.touch(mode=0o600)
        self.patterns.write_text("\n".join(values) + "\n")
        engine = engines.find(Home.from_environment())
        assert engine is not None
        self.environment = engine.env()

    def found(self, command: str) -> int:
        """How many lines have one; the values themselves appear nowhere."""
        script = (
            f"set -o pipefail; {{ {command}\n}} | grep -a -c -F -f {self.patterns} || [ $? = 1 ]"
        )
        done = subprocess.run(
            ["bash", "-c", script], env=self.environment, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return int(done.stdout)


@pytest.fixture(scope="module")
def search(tv: Product, tmp_path_factory: pytest.TempPathFactory) -> Search:
    return Search(tv, tmp_path_factory.mktemp("secrets"))


def test_no_secret_is_in_an_image(tv: Product, search: Search) -> None:
    """Nor in the words that it was made with."""
    rows = [row for row in tv.json("images") if row["name"] in KEPT]
    assert len(rows) == len(KEPT)
    images = [f"{row['repository']}:latest" for row in rows]
    histories = "\n".join(f"docker history --no-trunc {image}" for image in images)
    assert search.found(f"{histories}\ndocker save {' '.join(images)}") == 0


def test_no_secret_was_written_down(tv: Product, search: Search) -> None:
    """On any host, by any container, in a release or report, in a list of processes: it is in
    memory only."""
    product = tv.json("spec", "show")["product"]
    for fleet in ("web", "workers"):
        for host in tv.hosts("prod", fleet):
            inside = f"docker exec airchain_{product}_prod_{host['name']} sh -c"
            assert search.found(f"{inside} 'cat /run/airchain/secrets/*'") > 0, (
                "the search is blind"
            )
            assert search.found(f"{inside} '{LOOKED_AT}'") == 0, host["name"]
    label = f"--filter label=airchain.product={product}"
    for name in tv.docker("ps", "--all", *label.split(), "--format", "{{.Names}}").split():
        assert search.found(f"docker logs {name} 2>&1; docker inspect {name}") == 0, name
    store = Home.from_environment().store
    assert (store / "products" / product).is_dir()
    # Other environments come and go meanwhile.
    small = f"find {store} -type f -size -64k -exec cat {{}} + 2>/dev/null || true"
    assert search.found(f"cd {tv.folder}; git log --patch --all; ls -R; {small}") == 0
    assert search.found(f"{COMMAND} -C {tv.folder} --json spec show") == 0
