"""tv's queue: what workers have in hand while they are killed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from tests.e2e.conftest import TASK_LIMIT
from tests.support.cli import Product
from tests.support.waiting import wait_until

MOST_TASKS = 40


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
    # Not from a worker: it may be on its way out.
    return tv.airchain("exec", "prod", "django", "--", *words).stdout.split()


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


# On the host itself, as soon as a line is written: the task takes no longer than seconds.
KILL = """
until journalctl --identifier=worker --output=cat --quiet | grep -qF "$1"; do sleep 0.1; done
docker kill --signal=KILL "$2"
"""


def test_the_task_of_a_killed_worker_is_done_by_another(tv: Product) -> None:
    """SIGKILL in mid-task: the queue gives it out once more, and it is done once."""
    # An old one may still be draining.
    wait_until(lambda: len(worker(tv)[1]) == 1, "there is one worker")
    host, (name,) = worker(tv)
    product = tv.json("spec", "show")["product"]
    (task,) = queue(tv, tasks=1, seconds=7)
    began = f"drill {task} began"
    container = f"airchain_{product}_prod_{host}"
    tv.docker("exec", container, "timeout", "50", "sh", "-c", KILL, "sh", began, name)
    assert not done(tv, [task]), "it was done before its worker was killed"
    limit = TASK_LIMIT * 5 / 2 + 30
    wait_until(lambda: done(tv, [task]), "another worker did the task", seconds=limit)
    lines = log(tv)
    assert len(moments(lines, began)) == 2
    assert len(moments(lines, f"drill {task} is done")) == 1


def test_a_deploy_lets_workers_finish_what_they_hold(tv: Product) -> None:
    """Tasks go on while their worker is replaced: each begins once, and is done once."""
    wait_until(lambda: len(worker(tv)[1]) == 1, "there is one worker")
    _, (old,) = worker(tv)
    tasks = queue(tv, tasks=3, seconds=6)
    wait_until(lambda: bool(moments(log(tv), f"drill {tasks[0]} began")), "the first has begun")
    ended = len(moments(log(tv), "Warm shutdown"))
    tv.replace("airchain.yaml", "stop_timeout: 130 # ", "stop_timeout: 131 # ")
    tv.commit("give workers a second more")
    with ThreadPoolExecutor(1) as pool:
        deploying = pool.submit(tv.airchain, "deploy", "prod")
        # However long it takes, the old worker is never without a task.
        while not deploying.done() or len(moments(log(tv), "Warm shutdown")) == ended:
            tasks += queue(tv, tasks=1, seconds=6)
            time.sleep(2)
            assert len(tasks) < MOST_TASKS, "the old worker is not asked to end"
        deploying.result()
    wait_until(lambda: done(tv, tasks), "every task is done", seconds=10 * len(tasks))
    wait_until(lambda: old not in worker(tv)[1], "the old worker has gone")
    lines = log(tv)
    begun = {task: moments(lines, f"drill {task} began") for task in tasks}
    over = {task: moments(lines, f"drill {task} is done") for task in tasks}
    assert {len(found) for found in [*begun.values(), *over.values()]} == {1}, (begun, over)
    asked = max(moments(lines, "Warm shutdown"))
    held = [task for task in tasks if begun[task][0] < asked < over[task][0]]
    assert held, (asked, begun, over)
