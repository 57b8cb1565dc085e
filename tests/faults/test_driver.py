"""The command that deploys dies, or has company. Hosts never wait for it in order to serve."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tests.faults.air import SIZE, Air
from tests.faults.causes import frozen
from tests.faults.releases import SLOW, long_task

from airchain.release import lock
from airchain.run import run
from airchain.store import clock


@dataclass(frozen=True)
class Step:
    """At which sight the driver is killed, what `status` says then, how long hosts are watched."""

    reached: Callable[[Air], bool]
    said: str
    watch: int = 0


STEPS = {
    "prepare": Step(lambda air: air.pointer.admitted == (), ", preparing"),
    "canary": Step(lambda air: bool(air.pointer.admitted), f", let run by 1 of {SIZE} hosts"),
    "watch": Step(
        lambda air: air.report(air.chosen()).running == air.good,
        f", let run by 1 of {SIZE} hosts",
        watch=20,
    ),
    "all hosts": Step(lambda air: air.pointer.admitted is None, ", not yet seen through"),
}


def resume(air: Air, release: str) -> None:
    """Deploy again: it goes on and says that all hosts serve."""
    result = air.succeed(release)
    assert f"serves on {SIZE} hosts" in result.stdout
    air.settle(release)


@pytest.mark.parametrize("step", STEPS)
def test_driver_killed(air: Air, step: str) -> None:
    """Whatever it was waiting for, every host serves on, and `deploy` again resumes."""
    # Hosts that have prepared a release once say so: of one that they know none is waited for.
    new = air.release("never prepared", SLOW) if step == "prepare" else air.other(SLOW)
    with air.viewers() as seen:
        hosts = air.hosts if step == "prepare" else []
        watch = air.settings(deploy={"watch": STEPS[step].watch})
        with watch, frozen(air, hosts), air.driver(new) as driver:
            air.until(lambda: air.good == new and STEPS[step].reached(air), f"the step {step}", 60)
            driver.kill()
        assert STEPS[step].said in air.status()
        serial = air.pointer.serial
        resume(air, new)
        assert air.pointer.serial == serial, "it goes on, it does not begin again"
    assert not seen.failures, seen.summary()


@pytest.mark.long
def test_driver_killed_in_a_later_wave(air: Air) -> None:
    """Waves grow: one host, two, all. Who deploys again begins with the wave that it was."""
    new, count = air.other(SLOW), SIZE + 2
    with air.viewers() as seen:
        air.scale(count)
        with air.settings(deploy={"waves": [1, 2]}):
            with air.driver(new) as driver:
                air.until(lambda: len(air.pointer.admitted or ()) == 2, "the second wave", 60)
                driver.kill()
            assert "canary: " in driver.said
            assert f", let run by 2 of {count} hosts" in air.status()
            result = air.succeed(new)
        assert "canary: " not in result.stderr, result.stderr
        assert "wave 2 of 3: " in result.stderr, result.stderr
        assert f"serves on {count} hosts" in result.stdout, result.stdout
        air.settle(new)
        air.scale(SIZE)
    assert not seen.failures, seen.summary()


def test_driver_killed_while_the_task_runs(air: Air) -> None:
    """The task goes on; whoever deploys again waits for its end, and it is not begun again."""
    new = air.release("with a task and no driver", long_task("the driver task"))
    with air.viewers() as seen:
        with air.driver(new) as driver:
            air.task_host()
            driver.kill()
        resume(air, new)
    assert air.said("migrate", "the driver task begins") == 1
    assert air.said("migrate", "the driver task is done") == 1
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
            host = air.chosen()
            # It waits for every host to go back: for one that stands still a while longer.
            with frozen(air, [name for name in air.hosts if name != host]):
                air.until(lambda: air.good == old, "it is taken back", 60)
                driver.kill()
        air.settle(old)
        resume(air, old)
    assert not seen.failures, seen.summary()


@pytest.mark.long
def test_driver_stands_still(air: Air) -> None:
    """Its lock runs out, another takes over; awake again it is refused and changes nothing."""
    old, new = air.good, air.other(SLOW)
    with air.viewers() as seen:
        with air.driver(new) as driver:
            air.until(lambda: air.good == new, "the deployment begins", 60)
            with driver.frozen():
                refused = air.deploy(old)
                assert refused.returncode == 1
                assert "is at work since" in refused.stderr
                air.until(lambda: state_of_lock(air) == "silent", "the lock runs out", 60)
                resume(air, old)
                after = air.pointer
            assert driver.end() == 1, driver.said
        assert "another deployment moved the pointer meanwhile" in driver.said, driver.said
        assert air.pointer == after
        assert air.unsettled() == []
    assert not seen.failures, seen.summary()


def state_of_lock(air: Air) -> str:
    seen = lock.look(air.place.scope)
    assert seen is not None
    return seen.lock.state(clock.now(air.place.store))


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
