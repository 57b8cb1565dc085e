"""A release is bad. Hosts that serve the old one go on serving it, and the user sees why."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.faults.air import Air


@dataclass(frozen=True)
class Fault:
    """How the web service misbehaves, and what the user is told of it."""

    web: dict[str, object]
    told: tuple[str, ...]


BAD = {
    "crashes at start": Fault(
        {"env": {"CRASH_AFTER": "0"}},
        ("ended with exit status 3", "the cellar of crashes at start is flooded"),
    ),
    "never answers its health check": Fault(
        {"env": {"HEALTH": "never"}}, ("web is not healthy", "/healthz")
    ),
    "is too slow to start": Fault(
        {"env": {"START_AFTER": "60"}}, ("web is not healthy", "connection refused")
    ),
    "runs out of memory at start": Fault(
        {"env": {"TAKE": "200"}, "memory": "32m", "health": {"path": "/healthz", "within": 6}},
        ("ended with exit status 137",),
    ),
    "needs a secret that is missing": Fault(
        {"secrets": ["NOT_THERE"]}, ("NOT_THERE", "airchain secrets set prod NOT_THERE")
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_bad_release(air: Air, fault: str) -> None:
    """The canary finds out; it goes back by itself and its containers are untouched."""
    old = air.good
    before = {host: air.containers(host) for host in air.hosts}
    bad = air.release(fault, {"services": {"web": BAD[fault].web}})
    with air.viewers() as seen:
        result = air.deploy(bad)
        air.settle(old)
    assert result.returncode == 1
    for words in (*BAD[fault].told, "serves on every host"):
        assert words in result.stderr, result.stderr
    assert {host: air.containers(host) for host in air.hosts} == before
    assert not seen.failures, seen.summary()
    assert {a.body.strip() for a in seen.answers} == {air.text(old)}
