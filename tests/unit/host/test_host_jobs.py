"""Jobs that outlive their agent: what the next agent makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airchain.errors import EngineError, RunError
from airchain.host import facts, jobs, units
from airchain.host.facts import Unit
from airchain.host.identity import Identity, Places
from airchain.host.instances import Instance
from airchain.host.jobs import Jobs
from airchain.host.leases import Held, Leases
from airchain.host.start import ServiceFailed
from airchain.spec.model import Service
from airchain.store import DirectoryStore

IDENTITY = Identity(
    product="tv", environment="prod", fleet="web", host="web-1", registry="localhost:5050"
)
CRON = Instance(
    id="1a",
    product="tv",
    service="expire",
    image="localhost:5050/tv/www@sha256:aa",
    spec=Service(image="www", kind="cron", schedule="* * * * *"),
)


class Host:
    """systemd as far as a job sees it; `begins` counts the runs that were begun."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.places = Places(root)
        self.leases = Leases(DirectoryStore(root / "store"), "tv", "prod")
        self.begins = 0
        self.states = ["inactive"]
        self.dies = False
        self.result = "success"
        self.ends: str | None = "success 0"  # None: systemd refuses to run it.
        self.jobs = Jobs(self.places)
        monkeypatch.setattr(facts, "states", self._states)
        monkeypatch.setattr(jobs, "run", self._systemctl_start)
        monkeypatch.setattr(jobs, "last_lines", lambda _: ("a line",))
        monkeypatch.setattr(jobs, "_POLL", 0)

    def _states(self, _: Any) -> tuple[Unit, ...]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return (Unit(CRON, active=state, result=self.result),)

    def _systemctl_start(self, argv: list[str], **_: Any) -> None:
        assert argv == ["systemctl", "start", CRON.unit]
        self.begins += 1
        if self.dies:
            raise KeyboardInterrupt  # The agent is killed; the unit goes on.
        if self.ends is not None:
            self.ended(self.ends)
        if self.ends != "success 0":
            raise RunError("exit status 1")

    def ended(self, words: str) -> None:
        units.result_file(self.places.jobs, CRON).write_text(words + "\n")

    def take(self) -> Held:
        seen = self.leases.read("crons/expire")
        held = self.leases.take("crons/expire", "web-1/0", over=seen[1] if seen else None)
        assert held
        return held

    def resume(self) -> Held:
        seen = self.leases.read("crons/expire")
        assert seen
        held = self.leases.resume("crons/expire", *seen)
        assert held
        return held


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def killed_in_mid_job(host: Host) -> None:
    host.dies = True
    with pytest.raises(KeyboardInterrupt):
        host.jobs.run(CRON, host.take())
    host.dies = False


def test_a_job_that_runs_on_is_waited_for_and_not_begun_again(host: Host) -> None:
    """Its result is the run's, though another agent began it."""
    killed_in_mid_job(host)
    host.ended("exit-code 3")
    host.states = ["activating", "activating", "deactivating", "failed"]
    failed = host.jobs.run(CRON, host.resume())
    assert isinstance(failed, ServiceFailed)
    assert failed.check == "it ended with exit status 3"
    assert (host.begins, host.states) == (1, ["failed"])


@pytest.mark.parametrize(
    ("result", "check"),
    [("success 0", None), ("timeout TERM", "it ran longer than its timeout of 600 s")],
)
def test_a_job_that_ended_meanwhile_is_not_run_again(
    host: Host, result: str, check: str | None
) -> None:
    """The unit left word of how it ended."""
    killed_in_mid_job(host)
    host.ended(result)
    failed = host.jobs.run(CRON, host.resume())
    assert (failed.check if failed else None) == check
    assert host.begins == 1


def test_a_job_that_was_never_begun_is_begun(host: Host) -> None:
    """The agent was killed between taking the lease and starting the unit."""
    host.take()
    assert host.jobs.run(CRON, host.resume()) is None
    assert host.begins == 1


def test_a_job_that_systemd_did_not_run_is_neither_done_nor_failed(host: Host) -> None:
    """Its engine is down or the host goes down: systemd's last word is still "success"."""
    host.ends = None
    with pytest.raises(EngineError, match="the job was not run"):
        host.jobs.run(CRON, host.take())
    host.ends = "success 0"
    assert host.jobs.run(CRON, host.resume()) is None
    assert host.begins == 2


def test_a_job_that_left_no_word_is_judged_by_systemd(host: Host) -> None:
    """It was ended hard, its last commands with it: it ran, and is not begun again."""
    host.ends, host.result = None, "timeout"
    failed = host.jobs.run(CRON, host.take())
    assert failed
    assert failed.check == "it ran longer than its timeout of 600 s"


def test_a_job_that_fails_says_how(host: Host) -> None:
    """By the word that its unit left of this run."""
    host.ends = "exit-code 4"
    failed = host.jobs.run(CRON, host.take())
    assert failed
    assert failed.check == "it ended with exit status 4"


def test_a_later_run_is_not_taken_for_an_earlier_one(host: Host) -> None:
    """Each taking of the lease is another run, also where the agent forgot nothing."""
    assert host.jobs.run(CRON, host.take()) is None
    host.ended("success 0")
    assert host.jobs.run(CRON, host.take()) is None
    assert host.begins == 2


def test_jobs_are_found_by_the_folder_of_their_lease(host: Host) -> None:
    """With the instance that their unit carries; a job without its unit is nothing."""
    killed_in_mid_job(host)
    assert list(host.jobs.left("crons")) == []
    host.places.units.mkdir(parents=True)
    text = units.unit_text(CRON, IDENTITY, host.places.secrets, host.places.jobs)
    (host.places.units / CRON.unit).write_text(text)
    ((job, instance),) = host.jobs.left("crons")
    assert (job.lease, instance) == ("crons/expire", CRON)
    assert list(host.jobs.left("task")) == []
    host.jobs.forget(CRON)
    assert list(host.jobs.left("crons")) == []
