"""What a soak calls growth."""

from __future__ import annotations

from dataclasses import replace

from bench.soak import Load, growth

BEFORE = {
    "a": Load(
        containers=1, images=2, units=1, agent_restarts=0, agent_memory_mb=50.0, disk_mb=200.0
    )
}


def test_less_and_slack_are_no_growth() -> None:
    """Allocators and journals come and go."""
    after = replace(BEFORE["a"], images=1, agent_memory_mb=54.0, disk_mb=203.0)
    assert growth(BEFORE, {"a": after}) == ()


def test_one_thing_more_is_growth() -> None:
    """A container, an image or a unit too many is one too many."""
    after = replace(BEFORE["a"], images=3, units=2, agent_memory_mb=70.0)
    assert growth(BEFORE, {"a": after}) == (
        "a: images 2 → 3",
        "a: units 1 → 2",
        "a: agent_memory_mb 50 → 70",
    )
