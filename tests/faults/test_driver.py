"""The command that deploys dies, or has company. Hosts never wait for it in order to serve."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests.faults.air import SIZE, Air
from tests.faults.causes import frozen
from tests.faults.releases import SLOW

from airchain.run import run
from airchain.store.records import Pointer

# At which sight of the pointer the driver is killed.
STEPS: dict[str, Callable[[Pointer], bool]] = {
    "prepare": lambda p: p.admitted == (),
    "canary": lambda p: p.admitted is not None and len(p.admitted) == 1,
    "all hosts": lambda p: p.admitted is None and p.trial,
}


def resume(air: Air, release: str) -> None:
    """Deploy again: it goes on and says that all hosts serve."""
    result = air.deploy(release)
    assert result.returncode == 0, result.stderr
    assert f"serves on {SIZE} hosts" in result.stdout
    air.settle(release)


@pytest.mark.parametrize("step", STEPS)
def test_driver_killed(air: Air, step: str) -> None:
    """Whatever it was waiting for, every host serves on, and `deploy` again resumes."""
    new = air.other(SLOW)
    with air.viewers() as seen:
        with air.driver(new) as driver:
            hosts = air.hosts if step == "prepare" else []
            with frozen(air, hosts):
                air.until(
                    lambda: air.good == new and STEPS[step](air.pointer), f"the step {step}", 20
                )
                driver.kill()
        serial = air.pointer.serial
        resume(air, new)
        assert air.pointer.serial == serial, "it goes on, it does not begin again"
    assert not seen.failures, seen.summary()


def test_driver_killed_before_it_moved_the_pointer(air: Air) -> None:
    """A driver that dies while it still builds has changed nothing."""
    old = air.pointer
    dockerfile = air.product.folder / "app" / "Dockerfile"
    text = dockerfile.read_text()
    # Another one each time: what was built before would come from the cache.
    command = f"sleep 7.{time.time_ns()}"
    try:
        dockerfile.write_text(text.replace("COPY", f"RUN {command}\nCOPY"))
        air.product.commit("take long to build")
        with air.viewers() as seen, air.driver() as driver:
            air.until(lambda: runs(command), "it builds")
            driver.kill()
    finally:
        dockerfile.write_text(text)
        air.product.commit("put back")
    assert air.pointer == old
    assert not seen.failures, seen.summary()
    resume(air, air.other())


def runs(command: str) -> bool:
    """Whether some process, in whatever container, has this command line."""
    return run(["pgrep", "-f", command], timeout=10, check=False).returncode == 0


def test_driver_killed_while_it_reverts(air: Air) -> None:
    """The old release is already wanted again: hosts go back to it by themselves."""
    old = air.good
    bad = air.faulty("crash at start", CRASH_AFTER="0")
    with air.viewers() as seen:
        with air.driver(bad) as driver:
            air.until(lambda: air.good == bad, "the deployment begins", 20)
            air.until(lambda: air.good == old, "it is taken back")
            driver.kill()
        air.settle(old)
        resume(air, old)
    assert not seen.failures, seen.summary()


def test_two_drivers_at_once(air: Air) -> None:
    """One wins; the other is told who is at work. Nothing is mixed afterwards."""
    first, second = air.release("noon", SLOW), air.release("dusk", SLOW)
    with air.viewers() as seen:
        with air.driver(first) as one, air.driver(second) as other:
            codes = sorted((one.end(), other.end()))
            said = one.said + other.said
        assert codes == [0, 1], said
        assert "is at work since" in said
        air.settle(air.good)
    assert air.good in (first, second)
    assert not seen.failures, seen.summary()
