"""One process at a time: a lock that ends with whoever holds it, and a bounded wait for it."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from airchain.errors import WaitTimeout
from airchain.progress import Progress
from airchain.run import given_up, go_on

_POLL = 0.1


@contextmanager
def alone(path: Path, *, other: str, timeout: float, progress: Progress) -> Iterator[None]:
    """Hold the lock `path` (made where it is missing), among processes and threads.

    Where it is taken, a step says that `other` is waited for. Raises
    `WaitTimeout` after `timeout` seconds, and `GivenUp` once this run has been given up.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        if not _take(file.fileno()):
            with progress.step(f"wait for {other}"):
                _wait(file.fileno(), path, other, timeout)
        yield


def _wait(descriptor: int, path: Path, other: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    before = given_up()
    while not _take(descriptor):
        go_on(before)
        if time.monotonic() > deadline:
            raise WaitTimeout(
                f"waited {timeout:g} s for {other}",
                where=str(path),
                hint=f"`fuser {path}` shows which process holds it",
            )
        time.sleep(_POLL)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
