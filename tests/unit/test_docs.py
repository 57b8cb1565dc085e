"""What the documentation names is there: pages, sections, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.cli import ROOT

from airchain.cli.main import COMMANDS, load

PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*/README.md")]
)
_BLOCK = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"(?:`|^    |^\$ )airchain (?:-C \S+ )?([a-z]+)(?: ([a-z]+))?", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The names that sections have in links, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", _BLOCK.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    found = []
    for link in re.findall(r"\]\(([^)\s]+)\)", _BLOCK.sub("", page.read_text())):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


def unknown(page: Path) -> list[str]:
    """Commands that a page names and `airchain` does not have."""
    found = []
    for name, second in _COMMAND.findall(page.read_text()):
        if name not in COMMANDS:
            found.append(name)
        elif (
            second
            and ":app" in COMMANDS[name].target
            and second not in load(COMMANDS[name]).commands
        ):
            found.append(f"{name} {second}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_is_there(page: Path) -> None:
    """No link leads nowhere, and no command is made up."""
    assert broken(page) == []
    assert unknown(page) == []


def test_every_command_stands_in_the_documentation() -> None:
    """Whoever reads the pages has met every command."""
    named = {name for page in PAGES for name, _ in _COMMAND.findall(page.read_text())}
    assert sorted(set(COMMANDS) - named) == []
