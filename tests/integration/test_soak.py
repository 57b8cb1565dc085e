"""A short soak: what `make soak` does a hundred times."""

from __future__ import annotations

import os
from pathlib import Path

from bench.soak import soak
from bench.subjects import HELLO
from bench.trial import up

REGISTRY = os.environ.get("AIRCHAIN_TEST_REGISTRY", "localhost:5050")


def test_changes_in_a_row_fail_nothing_and_leave_nothing(tmp_path: Path) -> None:
    """Six deploys and rollbacks under load with slow requests in flight."""
    with up(HELLO, tmp_path, REGISTRY) as trial:
        trial.scale(2)
        found = soak(trial, 6, ("--all-at-once",))
    assert found.well, found
    assert found.slow, found
