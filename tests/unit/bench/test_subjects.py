"""The copies that benchmarks measure."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.subjects import LOADED_TV, SUBJECTS, take

from airchain.spec.load import load


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_copy_is_a_product_of_its_own(name: str, tmp_path: Path) -> None:
    """Every text that is changed stands in the product, and the copy is a right one."""
    subject = SUBJECTS[name]
    copy = subject.copy(tmp_path, "localhost:5099")
    product = load(copy.folder)
    assert product.product == f"bench-{name}"
    assert product.repository(subject.image) == f"localhost:5099/bench-{name}/{subject.image}"
    prod = product.environments["prod"]
    assert prod.edge.port == subject.port
    assert prod.fleets[subject.web].min == 1
    subject.change(copy, 0, 1)
    assert take(1) in (copy.folder / subject.template).read_text()
    assert copy.changed()


def test_what_is_loaded_is_counted_and_never_too_much(tmp_path: Path) -> None:
    """All requests come from one address; those of every case go the way that viewers' go."""
    prod = load(LOADED_TV.copy(tmp_path, "localhost:5099").folder).environments["prod"]
    limits = {route.path: route.limit for route in prod.routes if route.to}
    assert None not in limits.values()
    for path in ("/", "/api/v1", "/api/v1/progress"):
        limit = limits[path]
        assert limit is not None
        assert (limit.per_second, limit.burst) == (100_000, 1_000_000)
