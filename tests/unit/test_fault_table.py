"""docs/faults.md and the fault suite tell of the same faults."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from typing import Any

from tests.support.cli import ROOT

FEWEST = 30


def documented() -> list[str]:
    """The test that stands in the last column of each row."""
    rows = [r for r in (ROOT / "docs" / "faults.md").read_text().splitlines() if r.startswith("|")]
    last = [row.rstrip("| ").rpartition("|")[2] for row in rows]
    return [found[1] for cell in last if (found := re.fullmatch(r"\s*`(.+)`", cell))]


def suite() -> list[str]:
    """Every test of the suite, with its parameter, named as pytest does."""
    paths = sorted((ROOT / "tests" / "faults").glob("test_*.py"))
    modules = [importlib.import_module(f"tests.faults.{path.stem}") for path in paths]
    return [
        f"{name}{parameter}"
        for module in modules
        for name, found in vars(module).items()
        if name.startswith("test_")
        for parameter in parameters(found)
    ]


def parameters(test: Callable[..., Any]) -> Iterable[str]:
    """`[a]`, `[b]` of one that has them, otherwise one that is empty."""
    given = [mark.args[1] for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    if not given:
        return [""]
    assert len(given) == 1, f"{test.__name__}: parametrized twice"
    return [f"[{getattr(value, 'values', [value])[0]}]" for value in given[0]]


def elsewhere(test: str) -> bool:
    """Whether a test of another suite, `FILE::NAME`, is there."""
    path, _, name = test.partition("::")
    return f"def {name.partition('[')[0]}(" in (ROOT / path).read_text()


def test_every_fault_has_its_row_and_every_row_its_test() -> None:
    """No test is missing in the table, and no row tells of a test that is not there."""
    own = [test for test in documented() if "::" not in test]
    assert sorted(own) == sorted(suite())
    assert [t for t in documented() if "::" in t and not elsewhere(t)] == []


def test_the_suite_is_as_large_as_promised() -> None:
    """At least thirty faults."""
    assert len(suite()) >= FEWEST
