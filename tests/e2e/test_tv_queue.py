"""tv's queue: what workers have in hand while they are killed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.e2e.conftest import TASK_LIMIT
from tests.support.cli import Product
from tests.support.waiting import wait_until


@dataclass(frozen=True)
class Line:
    """A line of the workers' log."""

    time: datetime
    text: str


def log(tv: Product) -> list[Line]:
    """What all workers wrote, the ones that are gone too."""
    lines = tv.json("logs", "prod", "worker", "-n", "2000")
    return [Line(datetime.fromisoformat(line["time"]), line["text"]) for line in lines]


def moments(lines: list[Line], text: str) -> list[datetime]:
    """When a line with that text was written."""
    return [line.time for line in lines if text in line.text]


def queue(tv: Product, *, tasks: int, seconds: int) -> list[str]:
    """Give the workers tasks of so many seconds; their ids."""
    words = ("python3", "manage.py", "drill", f"--tasks={tasks}", f"--seconds={seconds}")
    return tv.airchain("exec", "prod", "worker", "--", *words).stdout.split()


def done(tv: Product, ids: list[str]) -> bool:
    """Whether each of the tasks is done at least once."""
    lines = log(tv)
    return all(moments(lines, f"drill {i} is done") for i in ids)


def worker(tv: Product) -> tuple[str, list[str]]:
    """The host of the workers' fleet, and its containers of the worker."""
    (host,) = tv.hosts("prod", "workers")
    name: str = host["name"]
    found = tv.docker_on(name, "ps", "--format", "{{.Names}}").split()
    return name, [container for container in found if "-worker-" in container]


def test_the_task_of_a_killed_worker_is_done_by_another(tv: Product) -> None:
    """SIGKILL in mid-task: the queue gives it out once more, and it is done once."""
    host, (name,) = worker(tv)
    product = tv.json("spec", "show")["product"]
    (task,) = queue(tv, tasks=1, seconds=7)
    wait_until(lambda: bool(moments(log(tv), f"drill {task} began")), "the task began", seconds=20)
    tv.docker("exec", f"airchain_{product}_prod_{host}", "docker", "kill", "-s", "KILL", name)
    assert not done(tv, [task]), "it was done before its worker was killed"
    limit = TASK_LIMIT * 5 / 2 + 30
    wait_until(lambda: done(tv, [task]), "another worker did the task", seconds=limit)
    lines = log(tv)
    assert len(moments(lines, f"drill {task} began")) == 2
    assert len(moments(lines, f"drill {task} is done")) == 1
