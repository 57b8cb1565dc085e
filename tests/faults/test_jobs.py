"""Work is under way when a deployment comes, or comes with it and fails."""

from __future__ import annotations

from typing import Any

import pytest
from tests.faults.air import IN_FLIGHT, SIZE, Air
from tests.faults.causes import AGENT, kill
from tests.faults.releases import long_task, with_task

# Ends its job, which takes another second, before it ends itself.
WORKER = "sh -c 'trap \"sleep 1; echo the job is done; exit\" TERM; while :; do sleep 0.1; done'"


def with_job(name: str, mark: str, **fields: Any) -> dict[str, Any]:
    """A release with one more service on every host; `mark` makes it another service."""
    service = {"image": "app", "env": {"MARK": mark}, "stop_timeout": 20, **fields}
    return {
        "services": {name: service},
        "fleets": {"web": {"services": ["web", name]}},
    }


@pytest.mark.long
def test_worker_at_work_during_a_deploy(air: Air) -> None:
    """Every host's worker ends its job before it ends; the new one is up before."""
    releases = [
        air.release(f"{day} with a worker", with_job("worker", day, kind="worker", command=WORKER))
        for day in ("monday", "tuesday")
    ]
    with air.viewers() as seen:
        air.bring(releases[0])
        done = air.said("worker", "the job is done")
        air.bring(releases[1])
        assert air.said("worker", "the job is done") == done + SIZE
    assert not seen.failures, seen.summary()


# Says to which minute it belongs, and takes longer than a deployment.
CRON = "sh -c 'm=$(date +%H:%M); echo begins $m; sleep 40; echo done $m'"


@pytest.mark.long
def test_cron_at_work_during_a_deploy(air: Air) -> None:
    """Its run goes on to its end beside the new release; no minute is run twice."""
    releases = [
        air.release(
            f"{day} with a cron",
            with_job("tick", day, kind="cron", command=CRON, schedule="* * * * *"),
        )
        for day in ("monday", "tuesday")
    ]
    with air.viewers() as seen:
        # Not until all has settled: a run that begins meanwhile would be over by then.
        air.succeed(releases[0])
        air.until(lambda: bool(minutes(air, "begins")), "a minute begins", 90)
        minute = minutes(air, "begins")[-1]
        air.succeed(releases[1])
        assert minute not in minutes(air, "done"), "the deployment was to come in mid-run"
        air.until(lambda: minute in minutes(air, "done"), "the run is done", 60)
        air.until(lambda: len(minutes(air, "begins")) >= 2, "the new release runs it", 120)
        begun = minutes(air, "begins")
        assert len(begun) == len(set(begun)), begun
        air.until(lambda: minutes(air, "done") == begun, "each run is done, once", 60)
    assert not seen.failures, seen.summary()
    air.bring(air.other())


def minutes(air: Air, event: str) -> list[str]:
    """The minutes of which the cron said that its run began, or was done; in their order."""
    told = (line.split() for line in air.lines("tick"))
    return sorted(words[1] for words in told if words[0] == event)


@pytest.mark.long
def test_host_of_a_task_killed(air: Air) -> None:
    """Another host does the task once the dead one is replaced; the deployment succeeds."""
    new = air.release("with a task for two", long_task("the host task"))
    with air.viewers() as seen:
        with air.driver(new) as driver:
            victim = air.task_host()
            air.docker("kill", air.container(victim))
            driver.succeed(180)
        assert air.said("migrate", "the host task begins") == 1, "on one of the other hosts"
        assert air.said("migrate", "the host task is done") == 1
        air.settle(new)
    assert victim not in air.hosts
    assert len(seen.failures) <= IN_FLIGHT, seen.summary()


def test_agent_killed_while_a_task_runs(air: Air) -> None:
    """The task goes on, and the next agent sees its end: it is not begun again."""
    new = air.release("with a task alone", long_task("the agent task"))
    with air.viewers() as seen:
        with air.driver(new) as driver:
            kill(air, air.task_host(), AGENT)
            driver.succeed()
        air.settle(new)
    assert air.said("migrate", "the agent task begins") == 1
    assert air.said("migrate", "the agent task is done") == 1
    assert not seen.failures, seen.summary()


def test_task_fails(air: Air) -> None:
    """A migration that fails stops the release before any of it is started; its output is shown."""
    old = air.good
    bad = air.release("failing migration", with_task("echo no such table; exit 4"))
    with air.viewers() as seen:
        result = air.deploy(bad)
        air.settle(old)
    assert result.returncode == 1
    assert "migrate failed: it ended with exit status 4" in result.stderr
    assert "no such table" in result.stderr
    assert {a.body.strip() for a in seen.answers} == {air.text(old)}
    assert not seen.failures, seen.summary()
