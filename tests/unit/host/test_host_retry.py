"""When a host tries again by itself, and when it says that a release failed."""

from __future__ import annotations

from airchain.errors import DeployError, EngineError, PreflightError, StoreDamaged
from airchain.host.retry import PATIENCE, Trouble, after

FULL = PreflightError("disk is nearly full")
BROKEN = DeployError("web is not healthy")


def many(count: int, seconds: float) -> Trouble:
    """`count` tries, all of which find the disk full, over `seconds`."""
    trouble = after(None, "r", 1, FULL, 0.0)
    for number in range(1, count):
        trouble = after(trouble, "r", 1, FULL, seconds * number / (count - 1))
    return trouble


def test_a_release_that_fails_has_failed_at_once() -> None:
    """And is not tried again by itself."""
    trouble = after(None, "r", 1, BROKEN, 0.0)
    assert trouble.failed
    assert not trouble.over(1e9)


def test_what_a_host_lacks_is_waited_for() -> None:
    """It is no verdict before it has lasted."""
    trouble = after(None, "r", 1, FULL, 0.0)
    assert not trouble.failed
    assert not trouble.over(0.1)
    assert trouble.over(1.0)
    assert not many(5, PATIENCE - 1).failed
    assert many(5, PATIENCE).failed


def test_a_damaged_store_is_said_at_once() -> None:
    """Waiting does not mend it; somebody may, so it is tried again."""
    trouble = after(None, "r", 1, StoreDamaged("other bytes"), 0.0)
    assert trouble.failed
    assert trouble.over(1.0)


def test_it_is_tried_ever_less_often_and_for_ever() -> None:
    """Also once the host has said that it failed."""
    trouble = many(50, 600)
    assert trouble.failed
    assert not trouble.over(trouble.at + 5)
    assert trouble.over(trouble.at + 10)


def test_another_cause_of_the_same_kind_goes_on_counting() -> None:
    """A disk that is full and an engine that dies of it are one trouble."""
    trouble = after(many(5, PATIENCE - 1), "r", 1, EngineError("gone"), PATIENCE)
    assert trouble.failed


def test_another_deployment_begins_anew() -> None:
    """So does a cause of another kind: a full disk says nothing of the release."""
    assert not after(many(5, PATIENCE), "r", 2, FULL, PATIENCE).failed
    assert not after(after(None, "r", 1, BROKEN, 0.0), "r", 1, FULL, 100.0).failed
    assert after(many(5, 1.0), "r", 1, BROKEN, 2.0).failed
