"""docs/faults.md and the fault suite tell of the same faults."""

from __future__ import annotations

import re
import sys

from tests.support.cli import ROOT

from airchain.run import run

FEWEST = 30


def documented() -> list[str]:
    """The test that stands in the last column of each row."""
    rows = [r for r in (ROOT / "docs" / "faults.md").read_text().splitlines() if r.startswith("|")]
    last = [row.rstrip("| ").rpartition("|")[2] for row in rows]
    return [found[1] for cell in last if (found := re.fullmatch(r"\s*`(.+)`", cell))]


def collected() -> list[str]:
    """Every test of the suite, with its parameters, as pytest finds it."""
    argv = [sys.executable, "-m", "pytest", "tests/faults", "--collect-only", "-o", "addopts=-q"]
    lines = run(argv, cwd=ROOT, timeout=120).stdout.splitlines()
    return [line.split("::", 1)[1] for line in lines if "::" in line]


def elsewhere(test: str) -> bool:
    """Whether a test of another suite, `FILE::NAME`, is there."""
    path, _, name = test.partition("::")
    return f"def {name.partition('[')[0]}(" in (ROOT / path).read_text()


def test_every_fault_has_its_row_and_every_row_its_test() -> None:
    """No test is missing in the table, and no row tells of a test that is not there."""
    own = [test for test in documented() if "::" not in test]
    assert sorted(own) == sorted(collected())
    assert [t for t in documented() if "::" in t and not elsewhere(t)] == []


def test_the_suite_is_as_large_as_promised() -> None:
    """At least thirty faults."""
    assert len(collected()) >= FEWEST
