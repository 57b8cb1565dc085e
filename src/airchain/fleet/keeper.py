"""The keeper: one background process that keeps an environment's fleets as they shall be.

It stands in for an Auto Scaling Group with its target group. It holds no
state that matters: killed and started again, it goes on from what it sees.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

import airchain
from airchain import run
from airchain.errors import FleetError, WaitTimeout
from airchain.paths import Home
from airchain.store.records import Record

_START_WITHIN = 15.0
_STOP_WITHIN = 15.0
_SILENT_AFTER = 15.0


class KeeperStatus(Record):
    """What the keeper says of itself: `beat` after every look, its last words.

    `error` is what is wrong now: of the last looks, or why hosts cannot be launched.
    `code` tells which Airchain it runs.
    """

    pid: int
    code: str = ""
    beat: datetime
    said: tuple[str, ...] = ()
    error: str | None = None


def start(home: Home, product: str, environment: str) -> bool:
    """Start the keeper where none runs; wait until it has. Returns whether it was started.

    One that runs the code of another Airchain, from before an upgrade, is replaced.
    """
    place = _place(home, product, environment)
    if _held(place):
        said = status(home, product, environment)
        if said is None or said.code == code():
            return False
        stop(home, product, environment)
    place.mkdir(parents=True, exist_ok=True)
    # Of one that was killed: nobody shall end whichever process has its number now.
    (place / "keeper.pid").unlink(missing_ok=True)
    argv = [sys.executable, "-m", "airchain.fleet.keeper"]
    pid = run.spawn(
        [*argv, "--product", product, "--environment", environment],
        log=place / "keeper.log",
        env={"AIRCHAIN_HOME": str(home.root)},
    )
    deadline = time.monotonic() + _START_WITHIN
    while not _held(place) or _pid(place) is None:
        if not run.alive(pid) or time.monotonic() > deadline:
            raise FleetError(
                "did not start",
                where=f"keeper of {product} {environment}",
                detail=_last_lines(place / "keeper.log"),
            )
        time.sleep(0.05)
    return True


def stop(home: Home, product: str, environment: str) -> bool:
    """Stop the keeper; returns whether one ran. What it is just doing it may finish."""
    place = _place(home, product, environment)
    if not _held(place):
        return False
    pid = _pid(place)
    if pid is not None:
        run.end_group(pid, signal.SIGTERM)
    # What it does may take longer than we wait; the next keeper takes it up.
    deadline = time.monotonic() + _STOP_WITHIN
    while _held(place):
        if pid is not None and time.monotonic() > deadline:
            run.end_group(pid)
        if time.monotonic() > deadline + 5:
            raise WaitTimeout(
                f"waited {_STOP_WITHIN + 5:g} s for the keeper to end",
                where=f"keeper of {product} {environment}, process {pid}",
            )
        time.sleep(0.05)
    return True


def state(home: Home, product: str, environment: str) -> str:
    """`running`, `down`, or `stuck` where it runs and has not looked for 15 s."""
    if not _held(_place(home, product, environment)):
        return "down"
    found = status(home, product, environment)
    if found and (datetime.now(UTC) - found.beat).total_seconds() > _SILENT_AFTER:
        return "stuck"
    return "running"


def status(home: Home, product: str, environment: str) -> KeeperStatus | None:
    """The keeper's own last words; None where it never ran."""
    try:
        raw = (_place(home, product, environment) / "keeper.json").read_bytes()
        return KeeperStatus.model_validate_json(raw)
    except (OSError, ValidationError):
        return None


def code() -> str:
    """A mark of Airchain's own sources as they are installed."""
    found = hashlib.sha256()
    for path in sorted(Path(airchain.__file__).parent.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def main(argv: list[str] | None = None) -> int:
    """Keep one environment until a signal says to end."""
    # What the loop needs takes a second to import; status and down do not need it.
    from airchain.fleet.keeper_loop import Keeper

    parser = argparse.ArgumentParser(prog="airchain.fleet.keeper", description=__doc__)
    parser.add_argument("--product", required=True)
    parser.add_argument("--environment", required=True)
    given = parser.parse_args(argv)
    mine = code()
    home = Home.from_environment()
    place = _place(home, given.product, given.environment)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    with _single(place) as alone:
        if not alone:
            return 1
        (place / "keeper.pid").write_text(f"{os.getpid()}\n")
        Keeper(home, given.product, given.environment, place / "keeper.json", mine).run(ending)
    return 0


@contextmanager
def _single(place: Path) -> Iterator[bool]:
    """Hold the lock that only one keeper of an environment can hold."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "keeper.lock").open("a") as lock:
        deadline = time.monotonic() + 2
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Somebody may just be looking whether it is held.
                if time.monotonic() > deadline:
                    yield False
                    return
                time.sleep(0.05)
            else:
                yield True
                return


def _held(place: Path) -> bool:
    try:
        with (place / "keeper.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _pid(place: Path) -> int | None:
    try:
        return int((place / "keeper.pid").read_text())
    except (OSError, ValueError):
        return None


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-50:])


def _place(home: Home, product: str, environment: str) -> Path:
    return home.environment(product, environment)


if __name__ == "__main__":
    sys.exit(main())
