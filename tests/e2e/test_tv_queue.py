"""tv's queue: what workers have in hand while they are replaced, or killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest
from tests.e2e.conftest import TASK_LIMIT
from tests.support.cli import Product
from tests.support.waiting import wait_until

CODE = "www/ops/tasks.py"


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


def test_a_deployment_lets_tasks_finish(tv: Product) -> None:
    """One is in progress when its worker is told to go; each is done once, by one or the other."""
    _, old = worker(tv)
    stops = len(moments(log(tv), "Warm shutdown"))
    tv.replace(CODE, '"""Tasks that', '"""The tasks that')
    tv.commit("change a line of the worker")
    ids = queue(tv, tasks=5, seconds=4)
    tv.airchain("deploy", "prod")
    wait_until(lambda: done(tv, ids), "all tasks are done", seconds=60)
    wait_until(lambda: not set(old) & set(worker(tv)[1]), "the old worker is gone", seconds=30)
    lines = log(tv)
    began = [moments(lines, f"drill {i} began") for i in ids]
    ended = [moments(lines, f"drill {i} is done") for i in ids]
    assert [len(times) for times in began] == [1] * len(ids)
    assert [len(times) for times in ended] == [1] * len(ids)
    (told,) = moments(lines, "Warm shutdown")[stops:]
    spans = [(b - told, e - told) for (b,), (e,) in zip(began, ended, strict=True)]
    assert any(b < told < e for (b,), (e,) in zip(began, ended, strict=True)), spans


def kill_container(tv: Product) -> None:
    """SIGKILL to all of the worker, as by its engine."""
    host, containers = worker(tv)
    tv.docker_on(host, "kill", "--signal=KILL", *containers)


def kill_child(tv: Product) -> None:
    """SIGKILL to the process of the pool that has the task, as for want of memory."""
    host, (container,) = worker(tv)
    table = tv.docker_on(host, "top", container, "-eo", "pid,ppid,comm").splitlines()[1:]
    parents = {pid: parent for pid, parent, _ in (line.split(maxsplit=2) for line in table)}
    (child,) = parents.keys() - set(parents.values())
    name = tv.json("spec", "show")["product"]
    tv.docker("exec", f"airchain_{name}_prod_{host}", "kill", "-KILL", child)


@pytest.mark.parametrize("kill", [kill_container, kill_child])
def test_the_task_of_a_killed_worker_is_done_by_another(
    tv: Product, kill: Callable[[Product], None]
) -> None:
    """SIGKILL in mid-task: the queue gives it out once more, and it is done once."""
    (task,) = queue(tv, tasks=1, seconds=6)
    wait_until(lambda: bool(moments(log(tv), f"drill {task} began")), "the task began", seconds=20)
    kill(tv)
    assert not done(tv, [task]), "it was done before its worker was killed"
    limit = TASK_LIMIT * 5 / 2 + 20
    wait_until(lambda: done(tv, [task]), "another worker did the task", seconds=limit)
    lines = log(tv)
    assert len(moments(lines, f"drill {task} began")) == 2
    assert len(moments(lines, f"drill {task} is done")) == 1
