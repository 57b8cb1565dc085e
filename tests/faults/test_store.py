"""The store is not there, or is not what it was. Nobody needs it in order to serve."""

from __future__ import annotations

import time

import pytest
from tests.faults.air import Air
from tests.faults.causes import unreachable_store
from tests.faults.releases import SLOW


@pytest.mark.parametrize("seconds", [12, pytest.param(60, marks=pytest.mark.long)])
def test_store_unreachable(air: Air, seconds: int) -> None:
    """Hosts serve on and stay at the edge, a deployment says what is missing; then all goes on."""
    new = air.other()
    hosts, before = air.hosts, air.pointer
    with air.viewers() as seen:
        with unreachable_store(air):
            began = time.monotonic()
            result = air.deploy(new)
            assert result.returncode == 1
            assert "store" in result.stderr, result.stderr
            time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        air.settle(before.release)
        # The keeper has seen reports grow old; it shall not take that for dead hosts.
        time.sleep(3)
        assert air.hosts == hosts
        air.bring(new)
    assert not seen.failures, seen.summary()


def test_store_taken_away_in_mid_deploy(air: Air) -> None:
    """The driver asks again until it is there, hosts go on where they were, and it succeeds."""
    new = air.other(SLOW)
    with air.viewers() as seen:
        with air.driver(new) as driver:
            air.chosen()
            with unreachable_store(air):
                time.sleep(3)
            driver.succeed()
        air.settle(new)
    assert "the store does not answer" in driver.said, driver.said
    assert not seen.failures, seen.summary()
