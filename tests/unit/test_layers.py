"""Imports point downwards, and hosts need nothing but what they have."""

from __future__ import annotations

import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

import airchain
from airchain.fleet import host_image

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("airchain", include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def needed_by_hosts(graph: grimp.ImportGraph) -> set[str]:
    """The agent's modules and whatever they import, directly or not, at any time."""
    agent = {"airchain.host", *graph.find_descendants("airchain.host")}
    return agent.union(*(graph.find_upstream_modules(module) for module in agent))


def test_imports_point_downwards_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The layers of pyproject.toml, in which every package has its place."""
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_a_host_gets_every_module_that_its_agent_imports(needed_by_hosts: set[str]) -> None:
    """The list of files in the host image is complete, and nothing on it is missing."""
    own = {m for m in needed_by_hosts if m.startswith("airchain.")}
    assert "airchain.run" in own
    given = {name.removesuffix(".py") for name in host_image.CODE}
    assert {m.split(".")[1] for m in own} <= given
    for name in host_image.CODE:
        assert (Path(airchain.__file__).parent / name).exists()


def test_a_host_has_every_library_that_its_agent_imports(needed_by_hosts: set[str]) -> None:
    """Each comes from a line of the host image's requirements."""
    text = (host_image.HOST / "requirements.txt").read_text()
    installed = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    foreign = {m for m in needed_by_hosts if not m.startswith("airchain")}
    foreign -= sys.stdlib_module_names
    assert "docker" in foreign
    distributions = packages_distributions()
    lacking = {m for m in foreign if not installed & {d.lower() for d in distributions.get(m, ())}}
    assert lacking == set()
