"""tv's queue: what workers have in hand while they are replaced, or killed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    """Each is done once, also the one in progress when its worker is told to go.

    Between two tasks a worker is idle for a second: a deployment may happen to meet that one.
    """
    assert any(replaced_in_mid_task(tv, turn) for turn in range(3)), "no task was in progress"


def replaced_in_mid_task(tv: Product, turn: int) -> bool:
    """Replace the worker while it has tasks, each done once; whether one was in progress."""
    _, old = worker(tv)
    stops = len(moments(log(tv), "Warm shutdown"))
    with (tv.folder / CODE).open("a") as code:
        code.write(f"# turn {turn}\n")
    tv.commit("change a line of the worker")
    ids = queue(tv, tasks=4, seconds=7)
    tv.airchain("deploy", "prod")
    wait_until(lambda: done(tv, ids), "all tasks are done", seconds=90)
    wait_until(lambda: not set(old) & set(worker(tv)[1]), "the old worker is gone", seconds=30)
    lines = log(tv)
    began = [moments(lines, f"drill {i} began") for i in ids]
    ended = [moments(lines, f"drill {i} is done") for i in ids]
    assert [(len(b), len(e)) for b, e in zip(began, ended, strict=True)] == [(1, 1)] * len(ids)
    (told,) = moments(lines, "Warm shutdown")[stops:]
    return any(b < told < e for (b,), (e,) in zip(began, ended, strict=True))


def container(tv: Product, host: str, name: str) -> Sequence[str]:
    """What kills all of the worker, as its engine might."""
    return "docker", "kill", "--signal=KILL", name


def child(tv: Product, host: str, name: str) -> Sequence[str]:
    """What kills the pool's only process, as the kernel does for want of memory."""
    table = tv.docker_on(host, "top", name, "-eo", "pid,ppid").splitlines()[1:]
    parents = dict(line.split() for line in table)
    (leaf,) = parents.keys() - set(parents.values())
    return "kill", "-KILL", leaf


@pytest.mark.parametrize("victim", [container, child])
def test_the_task_of_a_killed_worker_is_done_by_another(
    tv: Product, victim: Callable[[Product, str, str], Sequence[str]]
) -> None:
    """SIGKILL in mid-task: the queue gives it out once more, and it is done once."""
    host, (name,) = worker(tv)
    product = tv.json("spec", "show")["product"]
    kill = ["exec", f"airchain_{product}_prod_{host}", *victim(tv, host, name)]
    (task,) = queue(tv, tasks=1, seconds=7)
    wait_until(lambda: bool(moments(log(tv), f"drill {task} began")), "the task began", seconds=20)
    tv.docker(*kill)
    assert not done(tv, [task]), "it was done before its worker was killed"
    limit = TASK_LIMIT * 5 / 2 + 30
    wait_until(lambda: done(tv, [task]), "another worker did the task", seconds=limit)
    lines = log(tv)
    assert len(moments(lines, f"drill {task} began")) == 2
    assert len(moments(lines, f"drill {task} is done")) == 1
