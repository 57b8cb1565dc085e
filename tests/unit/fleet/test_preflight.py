"""What facts about a machine mean."""

from dataclasses import replace
from pathlib import Path

import pytest

from airchain.errors import PreflightError
from airchain.fleet import preflight
from airchain.fleet.preflight import GIB, Facts, Finding, Port, judge, require

GOOD = Facts(
    engine="20.10.24 at unix:///run/docker.sock",
    engine_error=None,
    engine_hint=None,
    packages=(),
    disk_free=100 * GIB,
    home=Path("/home"),
    inotify=8192,
    hosts=10,
    root=False,
    ports=(Port(8080, "the edge", False),),
    skew=0.4,
)


def finding(facts: Facts, what: str) -> Finding:
    return next(f for f in judge(facts) if f.what == what)


def test_a_good_machine_passes() -> None:
    """Nothing wrong: every finding is ok and nothing is raised."""
    assert {f.level for f in judge(GOOD)} == {"ok"}
    require(judge(GOOD))


BAD = {
    "engine": (
        replace(GOOD, engine=None, engine_error="too old: 19.3", engine_hint="update it"),
        "too old",
    ),
    "packages": (replace(GOOD, packages=("mmdebstrap",)), "missing: mmdebstrap"),
    "disk": (replace(GOOD, disk_free=GIB), "1.0 GiB free below /home, 6 are needed"),
    "inotify": (replace(GOOD, inotify=128), "is 128, 10 hosts need"),
    "port 8080": (replace(GOOD, ports=(Port(8080, "the edge", True),)), "taken by another"),
    "clock": (replace(GOOD, skew=-1200.0), "1200 s behind the archive's"),
}


@pytest.mark.parametrize("what", BAD)
def test_each_lack_is_an_error_that_says_what_to_do(what: str) -> None:
    """Every error carries what was found and a hint."""
    facts, text = BAD[what]
    found = finding(facts, what)
    assert found.level == "error"
    assert text in found.text
    assert found.hint


def test_all_lacks_are_named_at_once() -> None:
    """One error names everything, so nobody fixes one thing to meet the next."""
    facts = replace(GOOD, disk_free=0, skew=1200.0, packages=("git",))
    with pytest.raises(PreflightError) as caught:
        require(judge(facts))
    assert all(word in caught.value.message for word in ("disk", "clock", "git"))


def test_root_is_told_what_will_be_done() -> None:
    """What we can mend ourselves is not an error."""
    facts = replace(GOOD, root=True, packages=("git",), inotify=128, engine=None)
    assert {f.level for f in judge(facts)} == {"ok"}
    assert "will be installed" in finding(facts, "packages").text
    assert "will be raised" in finding(facts, "inotify").text


def test_only_root_can_start_an_engine() -> None:
    """Others are told what they can do instead."""
    found = finding(replace(GOOD, engine=None), "engine")
    assert (found.level, found.hint) == ("error", "start Docker, set DOCKER_HOST, or run as root")


def test_a_small_disk_is_a_warning() -> None:
    """Enough to begin, not to go on for long."""
    assert finding(replace(GOOD, disk_free=8 * GIB), "disk").level == "warning"


@pytest.mark.parametrize(
    ("skew", "level"), [(0.0, "ok"), (-45.0, "warning"), (1200.0, "error"), (None, "warning")]
)
def test_the_stores_clock(skew: float | None, level: str) -> None:
    """Named long before S3 refuses requests, which it does at 900 s."""
    finding = preflight.judge_store_clock(skew)
    assert finding.level == level
    assert (finding.hint is None) == (level == "ok")
