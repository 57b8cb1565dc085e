"""Name what would fail later: engine, disk, inotify, ports, clock. Facts → findings is pure."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

import requests

from airchain import machine
from airchain.errors import EngineError, PreflightError
from airchain.fleet.machine import INOTIFY, instances_needed
from airchain.images import engine as engines
from airchain.paths import Home
from airchain.store import clock as clocks

GIB = 1024**3
DISK_NEEDED = 6 * GIB
DISK_COMFORTABLE = 15 * GIB
SKEW_TOLERATED = 60.0
ARCHIVE = "http://deb.debian.org/debian/"
Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Port:
    """A port that is needed on loopback, for what, and whether somebody else holds it."""

    number: int
    purpose: str
    taken: bool


@dataclass(frozen=True)
class Facts:
    """What was seen of the machine. Sizes in bytes, `skew` in seconds (None: not known)."""

    engine: str | None
    engine_error: str | None
    engine_hint: str | None
    packages: tuple[str, ...]
    disk_free: int
    home: Path
    inotify: int | None
    hosts: int
    root: bool
    ports: tuple[Port, ...]
    skew: float | None


@dataclass(frozen=True)
class Finding:
    """One thing that is well or not; `hint` says what to do."""

    what: str
    level: Level
    text: str
    hint: str | None = None


def observe(home: Home, ports: Sequence[tuple[int, str]], hosts: int, *, clock: bool) -> Facts:
    """Look at the machine. `clock` asks the Debian archive for the time (at most 3 s)."""
    engine, error, hint = _engine(home)
    needs = machine.GROUPS["run"] if engine else (*engines.NEEDS, *machine.GROUPS["run"])
    return Facts(
        engine=engine,
        engine_error=error,
        engine_hint=hint,
        packages=tuple(p.name for p in machine.missing(needs)),
        disk_free=free_space(home),
        home=home.root,
        inotify=int(INOTIFY.read_text()) if INOTIFY.exists() else None,
        hosts=hosts,
        root=machine.is_root(),
        ports=tuple(Port(n, purpose, _taken(n)) for n, purpose in ports),
        skew=_skew() if clock else None,
    )


def free_space(home: Home) -> int:
    """Bytes free where the state folder is or will be: images, hosts and the store live there."""
    existing = next(p for p in (home.root, *home.root.parents) if p.exists())
    return shutil.disk_usage(existing).free


def judge(facts: Facts) -> tuple[Finding, ...]:
    """What these facts mean, in the order in which it would be met."""
    return (
        _judge_engine(facts),
        _judge_packages(facts),
        judge_disk(facts.disk_free, facts.home),
        _judge_inotify(facts),
        *(_judge_port(p) for p in facts.ports),
        _judge_clock(facts),
    )


def require(findings: Sequence[Finding]) -> None:
    """Raise one `PreflightError` that names every error among the findings."""
    errors = [f for f in findings if f.level == "error"]
    if errors:
        raise PreflightError(
            "; ".join(f"{f.what}: {f.text}" for f in errors),
            where="this machine",
            hint="\n".join(f.hint for f in errors if f.hint) or None,
        )


def _judge_engine(facts: Facts) -> Finding:
    if facts.engine:
        return Finding("engine", "ok", facts.engine)
    if facts.engine_error:
        return Finding("engine", "error", facts.engine_error, facts.engine_hint)
    if facts.root:
        return Finding("engine", "ok", "none answers; a private one will be started")
    return Finding(
        "engine",
        "error",
        "none answers, and only root can start a private one",
        "start Docker, set DOCKER_HOST, or run as root",
    )


def _judge_packages(facts: Facts) -> Finding:
    if not facts.packages:
        return Finding("packages", "ok", "all there")
    names = " ".join(facts.packages)
    if facts.root:
        return Finding("packages", "ok", f"{names}: will be installed")
    hint = f"sudo apt-get install --no-install-recommends {names}"
    return Finding("packages", "error", f"missing: {names}", hint)


def judge_disk(disk_free: int, home: Path) -> Finding:
    """Whether so many bytes below `home` are enough to build, release and run."""
    free = f"{disk_free / GIB:.1f} GiB free below {home}"
    hint = "free some space, or set AIRCHAIN_HOME to a folder on a larger disk"
    if disk_free < DISK_NEEDED:
        return Finding("disk", "error", f"{free}, {DISK_NEEDED // GIB} are needed", hint)
    if disk_free < DISK_COMFORTABLE:
        return Finding("disk", "warning", free, hint)
    return Finding("disk", "ok", free)


def _judge_inotify(facts: Facts) -> Finding:
    needed = instances_needed(facts.hosts)
    if facts.inotify is None:
        return Finding("inotify", "ok", "not Linux")
    text = f"fs.inotify.max_user_instances is {facts.inotify}"
    if facts.inotify >= needed:
        return Finding("inotify", "ok", text)
    if facts.root:
        return Finding("inotify", "ok", f"{text}; will be raised to {needed}")
    return Finding(
        "inotify",
        "error",
        f"{text}, {facts.hosts} hosts need {needed}",
        f"sudo sysctl fs.inotify.max_user_instances={needed}",
    )


def _judge_port(port: Port) -> Finding:
    if not port.taken:
        return Finding(f"port {port.number}", "ok", f"free for {port.purpose}")
    return Finding(
        f"port {port.number}",
        "error",
        f"is taken by another program, {port.purpose} needs it",
        f"`ss -ltnp 'sport = :{port.number}'` shows which; end it or change airchain.yaml",
    )


def judge_store_clock(skew: float | None) -> Finding:
    """Whether this machine and the store on S3 agree on the time."""
    if skew is None:
        hint = "see that the store's endpoint can be reached from this machine"
        return Finding("store's clock", "warning", "not compared: the store did not answer", hint)
    text = clocks.said(skew)
    if clocks.wrong(skew):
        return Finding("store's clock", "error", text, clocks.HINT)
    if clocks.matters(skew):
        return Finding("store's clock", "warning", text, clocks.HINT)
    return Finding("store's clock", "ok", text)


def _judge_clock(facts: Facts) -> Finding:
    if facts.skew is None:
        return Finding("clock", "ok", "not compared: the archive did not answer")
    text = f"{abs(facts.skew):.0f} s {'ahead of' if facts.skew > 0 else 'behind'} the archive's"
    if abs(facts.skew) > SKEW_TOLERATED:
        return Finding("clock", "error", text, "set the clock: `timedatectl set-ntp true`")
    return Finding("clock", "ok", text)


def _engine(home: Home) -> tuple[str | None, str | None, str | None]:
    """The engine that answers, or what is wrong with it and what to do."""
    try:
        found = engines.find(home)
    except EngineError as error:
        return None, str(error), error.hint
    return (f"{found.version} at {found.url}" if found else None), None, None


def _taken(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _skew() -> float | None:
    try:
        began = time.time()
        answer = requests.head(ARCHIVE, timeout=3)
        middle = (began + time.time()) / 2
        then = parsedate_to_datetime(answer.headers["Date"])
    except (requests.RequestException, KeyError, ValueError):
        return None
    return (datetime.fromtimestamp(middle, UTC) - then).total_seconds()
