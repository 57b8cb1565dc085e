"""What a deployment does next, as a table of pointers and reports."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airchain.release.gates import Fault
from airchain.release.rollout import Admit, Decision, Done, Memory, Revert, Wait, Watch, decide
from airchain.store.records import Pointer, Report, ServiceReport

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def pointer(**changes: Any) -> Pointer:
    fields: dict[str, Any] = {
        "serial": 2,
        "release": "new",
        "previous": "old",
        "admitted": (),
        "trial": True,
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
BOOTING: dict[str, Any] = {"running": None, "state": "booting", "in_service": False}
LONG_AGO = NOW - timedelta(seconds=30)
BROKEN = host("b", state="failed", error="web: exited 1", hint="look")
FAULT = Fault("web: exited 1", where="host b", hint="look")
PASSED = Memory(passed=True)


def saw(*names: str, **changes: Any) -> Memory:
    """A driver that saw these hosts serve the release."""
    switched = {name: host(name, **THERE) for name in names}
    return Memory(**{"seen": frozenset(names), "switched": switched, **changes})


def fleet(count: int, first: int = 0, **changes: Any) -> list[Report]:
    return [host(f"h{n}", **changes) for n in range(first, first + count)]


NEW = Memory()

CASES: dict[str, tuple[Pointer, list[Report], Memory, Decision]] = {
    "hosts are asked to prepare before any switches": (
        pointer(),
        [host("a"), host("b", **READY)],
        NEW,
        Wait("prepare", ("a",)),
    ),
    "all prepared: one host goes first": (
        pointer(),
        [host("b", **READY), host("a", **READY)],
        NEW,
        Admit(("a",)),
    ),
    "the first is one that serves viewers": (
        pointer(),
        [host("a", web=False, **READY), host("b", **READY)],
        NEW,
        Admit(("b",)),
    ),
    "the first is one that serves already; what boots is not waited for": (
        pointer(),
        [host("a", **BOOTING), host("b", **READY)],
        NEW,
        Admit(("b",)),
    ),
    "a fleet of one needs no canary": (pointer(), [host("a", **READY)], NEW, Admit(None)),
    "the rest waits for the canary": (
        pointer(admitted=("a",)),
        [host("a", **READY), host("b", **READY)],
        NEW,
        Wait("canary", ("a",)),
    ),
    "the canary serves: it is watched": (
        pointer(admitted=("a",)),
        [host("a", **THERE), host("b", **READY)],
        NEW,
        Watch("canary", ("a",)),
    ),
    "the canary was watched: two hosts are no further wave": (
        pointer(admitted=("a",)),
        [host("a", **THERE), host("b", **READY)],
        PASSED,
        Admit(None),
    ),
    "a quarter follows the canary": (
        pointer(admitted=("h0",)),
        [*fleet(1, **THERE), *fleet(8, first=1, **READY)],
        PASSED,
        Admit(("h0", "h1", "h2")),
    ),
    "the second wave has its name": (
        pointer(admitted=("h0", "h1", "h2")),
        [*fleet(2, **THERE), *fleet(7, first=2, **READY)],
        NEW,
        Wait("wave 2 of 3", ("h2",)),
    ),
    "a host that died in mid-wave holds nothing up": (
        pointer(admitted=("h0", "h1", "h2")),
        [*fleet(2, **THERE), *fleet(6, first=3, **READY)],
        NEW,
        Watch("wave 2 of 3", ("h0", "h1")),
    ),
    "after the last wave but one all follow": (
        pointer(admitted=("h0", "h1", "h2")),
        [*fleet(3, **THERE), *fleet(6, first=3, **READY)],
        PASSED,
        Admit(None),
    ),
    "some are still on their way": (
        pointer(admitted=None),
        [host("a", **THERE), host("b", **READY)],
        NEW,
        Wait("all hosts", ("b",)),
    ),
    "all arrived: they are watched too": (
        pointer(admitted=None),
        [host("a", **THERE), host("b", **THERE)],
        NEW,
        Watch("all hosts", ("a", "b")),
    ),
    "all arrived and were watched": (
        pointer(admitted=None),
        [host("a", **THERE), host("b", **THERE)],
        PASSED,
        Done(("a", "b")),
    ),
    "what was seen through before is not watched again": (
        pointer(admitted=None, trial=False),
        [host("a", **THERE), host("b", **THERE)],
        NEW,
        Done(("a", "b")),
    ),
    "arrived under an older serial is not arrived": (
        pointer(admitted=None),
        [host("a", serial=1, **THERE)],
        NEW,
        Wait("all hosts", ("a",)),
    ),
    "a failure reverts": (pointer(), [host("a", **READY), BROKEN], NEW, Revert(FAULT)),
    "a failure while all are let go at once reverts": (
        pointer(admitted=None),
        [host("a", **THERE), BROKEN],
        NEW,
        Revert(FAULT),
    ),
    "a failure of an earlier deployment does not count": (
        pointer(serial=3),
        [host("a", serial=2, **READY), BROKEN],
        NEW,
        Wait("prepare", ("b",)),
    ),
    "a host that left service after it had switched reverts": (
        pointer(admitted=("a",)),
        [
            host("a", **{**THERE, "in_service": False, "state": "converging", "error": "web"}),
            host("b", **READY),
        ],
        saw("a"),
        Revert(Fault("left service: web", where="host a", hosts=("a",))),
    ),
    "a silent host holds nothing up": (
        pointer(admitted=None),
        [host("a", **THERE), host("b", written=LONG_AGO)],
        PASSED,
        Done(("a",)),
    ),
    "the canary died: before the others follow, another one shows that it lives": (
        pointer(admitted=("a",)),
        [host("a", written=LONG_AGO), host("b", **READY), host("c", **READY)],
        NEW,
        Admit(("a", "b")),
    ),
    "the second canary died too: it is the release": (
        pointer(admitted=("a", "b")),
        [host("a", written=LONG_AGO), host("b", written=LONG_AGO), host("c", **READY)],
        NEW,
        Revert(
            Fault(
                "2 of 2 hosts fell silent after they were let run the release",
                where="hosts a, b",
                hint="`airchain status` shows what became of them",
            )
        ),
    ),
    "one of four died with the release: hosts die": (
        pointer(admitted=None),
        fleet(3, **THERE),
        saw("h0", "h1", "h2", "h3", passed=True),
        Done(("h0", "h1", "h2")),
    ),
    "half of them died with the release: not done on the word of the rest": (
        pointer(admitted=None),
        fleet(2, **THERE),
        saw("h0", "h1", "h2", "h3", passed=True),
        Revert(
            Fault(
                "2 of 4 hosts fell silent after they were let run the release",
                where="hosts h2, h3",
                hint="`airchain status` shows what became of them",
            )
        ),
    ),
    "just after the store came back, silence means nothing": (
        pointer(admitted=None),
        fleet(2, **THERE),
        saw("h0", "h1", "h2", "h3", blind=True),
        Watch("all hosts", ("h0", "h1")),
    ),
    "all fell silent at once: it is the store or the network, and nothing is done": (
        pointer(admitted=None),
        fleet(2, written=LONG_AGO, **THERE),
        saw("h0", "h1", passed=True),
        Wait("hosts to speak again", ("h0", "h1")),
    ),
    "all are silent from the beginning: they are waited for": (
        pointer(),
        fleet(2, written=LONG_AGO),
        Memory(seen=frozenset({"h0", "h1"})),
        Wait("hosts to speak again", ("h0", "h1")),
    ),
    "some speak, and nobody looked for long: they are not taken for all": (
        pointer(),
        [host("a", **READY), *fleet(2, written=LONG_AGO)],
        Memory(blind=True),
        Wait("hosts to speak again", ("h0", "h1")),
    ),
    "some stay silent: the others go on": (
        pointer(),
        [host("a", **READY), *fleet(2, written=LONG_AGO)],
        NEW,
        Admit(None),
    ),
    "the canary was watched and most are silent for a moment: it is not let go to all": (
        pointer(admitted=("h0",)),
        [*fleet(1, **THERE), *fleet(7, first=1, written=LONG_AGO, **READY)],
        saw("h0", passed=True, blind=True),
        Wait("hosts to speak again", tuple(f"h{n}" for n in range(1, 8))),
    ),
    "the canary is silent for a moment: no other one is chosen": (
        pointer(admitted=("a",)),
        [host("a", written=LONG_AGO), host("b", **READY), host("c", **READY)],
        Memory(blind=True),
        Wait("hosts to speak again", ("a",)),
    ),
    "what never served is no reason to wait": (
        pointer(),
        [host("a", **READY), host("b", written=LONG_AGO, **BOOTING)],
        Memory(blind=True),
        Admit(None),
    ),
    "an environment without hosts is done": (pointer(admitted=None), [], NEW, Done(())),
}


@pytest.mark.parametrize("case", CASES)
def test_next_step(case: str) -> None:
    """Each state of pointer, reports and memory leads to exactly one step."""
    held, reports, memory, expected = CASES[case]
    assert decide(held, reports, NOW, memory=memory) == expected
