"""A release becomes healthy and turns bad on air. The canary is watched, and it goes back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.faults.air import Air


@dataclass(frozen=True)
class Fault:
    """How the web service misbehaves, what the user is told (patterns), how many requests may fail.

    The canary is watched for `watch` seconds, more than it takes to find out; it may be
    `slowdown` times as slow as the others.
    """

    web: dict[str, Any]
    told: tuple[str, ...]
    watch: int = 4
    slowdown: float = 3
    failed: float = 0
    marks: list[Any] = field(default_factory=list)


# Whichever is seen first: that the service came back, or that viewers missed it.
TURNED = "after it had become healthy|it answers with errors"
BAD = {
    "crashes after 2 s": Fault(
        {"env": {"CRASH_AFTER": "2"}},
        (TURNED, "the cellar of crashes after 2 s is flooded"),
        watch=20,
    ),
    "crashes after 20 s": Fault(
        {"env": {"CRASH_AFTER": "20"}},
        (TURNED, "the cellar of crashes after 20 s is flooded"),
        watch=40,
        marks=[pytest.mark.long],
    ),
    "leaks memory": Fault({"env": {"LEAK": "20"}, "memory": "96m"}, (TURNED,), watch=25),
    # Slower would be seen later: the edge gives a slow host one request after the other.
    "answers slowly": Fault(
        {"env": {"ANSWER_AFTER": "0.8"}}, ("answers took", "slowly"), slowdown=1.5
    ),
    # A third of the viewers of one host in three, for as long as it takes to be sure.
    "answers errors": Fault({"env": {"ERRORS": "0.3"}}, ("requests failed",), failed=0.2),
}


@pytest.mark.parametrize("fault", [pytest.param(n, marks=f.marks) for n, f in BAD.items()])
def test_release_that_turns_bad(air: Air, fault: str) -> None:
    """It is taken back from the one host that had it, with the reason; the others never had it."""
    old = air.good
    bad = air.release(fault, {"services": {"web": BAD[fault].web}})
    watched = {"waves": [1], "watch": BAD[fault].watch, "slowdown": BAD[fault].slowdown}
    with air.viewers() as seen:
        with air.settings(deploy=watched):
            result = air.deploy(bad)
        air.settle(old)
    assert result.returncode == 1
    for words in (*BAD[fault].told, "serves on every host"):
        assert re.search(words, result.stderr), result.stderr
    assert air.text(bad) in {a.body.strip() for a in seen.answers}, "viewers came to the canary"
    hosts = {a.host for a in seen.answers if a.body.strip() == air.text(bad)}
    assert len(hosts) == 1, f"{hosts}\n{result.stderr}"
    # The request that a crash cut off is asked again of another host.
    assert len(seen.failures) <= BAD[fault].failed * len(seen.answers), seen.summary()
