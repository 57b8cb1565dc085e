"""What a deployment does next, as a table of pointers and reports."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airchain.release.rollout import Admit, Decision, Done, Revert, Wait, decide
from airchain.store.records import Pointer, Report, ServiceReport

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def pointer(**changes: Any) -> Pointer:
    fields: dict[str, Any] = {
        "serial": 2,
        "release": "new",
        "previous": "old",
        "admitted": (),
        "updated": NOW,
        "author": "a",
    }
    return Pointer(**{**fields, **changes})


def host(name: str, *, web: bool = True, **changes: Any) -> Report:
    service = ServiceReport(name="web", kind="web" if web else "worker", state="running", since=NOW)
    fields: dict[str, Any] = {
        "host": name,
        "fleet": "web",
        "address": "10.0.0.1",
        "booted": NOW,
        "written": NOW,
        "state": "in_service",
        "in_service": True,
        "serial": 2,
        "running": "old",
        "services": (service,),
    }
    return Report(**{**fields, **changes})


READY: dict[str, Any] = {"prepared": ("new",)}
THERE: dict[str, Any] = {"prepared": ("new",), "running": "new"}
LONG_AGO = NOW - timedelta(seconds=30)
BROKEN = host("b", state="failed", error="web: exited 1")

CASES: dict[str, tuple[Pointer, list[Report], Decision]] = {
    "hosts are asked to prepare before any switches": (
        pointer(),
        [host("a"), host("b", **READY)],
        Wait("prepare", ("a",)),
    ),
    "all prepared: one host goes first": (
        pointer(),
        [host("b", **READY), host("a", **READY)],
        Admit(("a",)),
    ),
    "the first is one that serves viewers": (
        pointer(),
        [host("a", web=False, **READY), host("b", **READY)],
        Admit(("b",)),
    ),
    "a fleet of one needs no canary": (pointer(), [host("a", **READY)], Admit(None)),
    "the rest waits for the canary": (
        pointer(admitted=("a",)),
        [host("a", **READY), host("b", **READY)],
        Wait("canary", ("a",)),
    ),
    "the canary serves: all may follow": (
        pointer(admitted=("a",)),
        [host("a", **THERE), host("b", **READY)],
        Admit(None),
    ),
    "some are still on their way": (
        pointer(admitted=None),
        [host("a", **THERE), host("b", **READY)],
        Wait("all hosts", ("b",)),
    ),
    "all arrived": (
        pointer(admitted=None),
        [host("a", **THERE), host("b", **THERE)],
        Done(("a", "b")),
    ),
    "arrived under an older serial is not arrived": (
        pointer(admitted=None),
        [host("a", serial=1, **THERE)],
        Wait("all hosts", ("a",)),
    ),
    "a failure reverts": (pointer(), [host("a", **READY), BROKEN], Revert(BROKEN)),
    "a failure of an earlier deployment does not count": (
        pointer(serial=3),
        [host("a", serial=2, **READY), BROKEN],
        Wait("prepare", ("b",)),
    ),
    "a silent host holds nothing up": (
        pointer(admitted=None),
        [host("a", **THERE), host("b", written=LONG_AGO)],
        Done(("a",)),
    ),
    "the only host left after that is the next canary": (
        pointer(admitted=("a",)),
        [host("a", written=LONG_AGO), host("b", **READY)],
        Admit(("b",)),
    ),
    "the canary died: before the others follow, another one shows that it lives": (
        pointer(admitted=("a",)),
        [host("a", written=LONG_AGO), host("b", **READY), host("c", **READY)],
        Admit(("b",)),
    ),
    "an environment without hosts is done": (pointer(admitted=None), [], Done(())),
}


@pytest.mark.parametrize("case", CASES)
def test_next_step(case: str) -> None:
    """Each state of pointer and reports leads to exactly one step."""
    held, reports, expected = CASES[case]
    assert decide(held, reports, NOW) == expected
