"""Work is under way when a deployment comes, or comes with it and fails."""

from __future__ import annotations

from typing import Any

import pytest
from tests.faults.air import SIZE, Air
from tests.faults.releases import with_task

# Ends its job, which takes another second, before it ends itself.
WORKER = "sh -c 'trap \"sleep 1; echo the job is done; exit\" TERM; while :; do sleep 0.1; done'"


def with_job(name: str, mark: str, **fields: Any) -> dict[str, Any]:
    """A release with one more service on every host; `mark` makes it another service."""
    service = {"image": "app", "env": {"MARK": mark}, "stop_timeout": 20, **fields}
    return {
        "services": {name: service},
        "fleets": {"web": {"services": ["web", name]}},
    }


def said(air: Air, service: str, words: str) -> int:
    """How often the service said these words, on all hosts together."""
    journal = ("journalctl", "--identifier", service, "--output", "cat", "--no-pager", "--quiet")
    return sum(air.on(host, *journal).splitlines().count(words) for host in air.hosts)


@pytest.mark.long
def test_worker_at_work_during_a_deploy(air: Air) -> None:
    """Every host's worker ends its job before it ends; the new one is up before."""
    releases = [
        air.release(f"{day} with a worker", with_job("worker", day, kind="worker", command=WORKER))
        for day in ("monday", "tuesday")
    ]
    with air.viewers() as seen:
        air.bring(releases[0])
        done = said(air, "worker", "the job is done")
        air.bring(releases[1])
        assert said(air, "worker", "the job is done") == done + SIZE
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
