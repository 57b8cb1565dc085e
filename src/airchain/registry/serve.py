"""The registry of the building machine: Debian's `docker-registry` on loopback.

One process per port, over the part of the store that hosts read. It outlives
the command that starts it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

from airchain import machine
from airchain.errors import RegistryError, WaitTimeout
from airchain.locks import alone
from airchain.paths import Home
from airchain.progress import Silent
from airchain.registry import configuration, ports
from airchain.registry.client import Client
from airchain.run import DETAIL_LINES, alive, find_process, spawn
from airchain.spec.model import Storage

START_TIMEOUT = 15.0
STOP_TIMEOUT = 15.0
RELEASE_TIMEOUT = 2.0
# A start may install Debian's package.
LOCK_TIMEOUT = machine.APT_TIMEOUT
_POLL = 0.05


def ensure(home: Home, name: str, store: Storage | None = None) -> None:
    """Have the registry `name` (`HOST:PORT`, HOST being loopback) answer, over that store.

    Starts it where it does not run. Raises `RegistryError` where something
    else holds the port, `PreflightError` where Debian's package is missing.
    """
    place = store or Storage()
    port = port_of(name)
    with alone(
        _file(home, port, "lock"),
        other=f"another start of the registry {name}",
        timeout=LOCK_TIMEOUT,
        progress=Silent(),
    ):
        pid = running(home, port)
        if pid is None:
            _check_free(home, port)
            machine.ensure(("registry",), Silent())
            pid = _start(home, port, place)
        _require_store(home, port, place)
        _wait(home, name, port, pid)


def stop(home: Home, name: str) -> bool:
    """End the registry `name`; False where it did not run."""
    port = port_of(name)
    pid = running(home, port)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT
    while alive(pid):
        if time.monotonic() > deadline:
            raise WaitTimeout(f"the registry (pid {pid}) did not end in {STOP_TIMEOUT:g} s")
        time.sleep(_POLL)
    _file(home, port, "pid").unlink(missing_ok=True)
    return True


def stop_all(home: Home) -> tuple[str, ...]:
    """End every registry of this state folder; the names of those that ran."""
    names = (f"localhost:{file.stem}" for file in sorted(home.registry.glob("*.yml")))
    return tuple(name for name in names if stop(home, name))


def running(home: Home, port: int) -> int | None:
    """The process id of our registry on `port`; None where it does not run."""
    pid = _pid(home, port)
    # A process id may have been given to another process since.
    config = str(_file(home, port, "yml"))
    if alive(pid) and config in ports.command(pid):
        return pid
    # Whoever started it may have been interrupted before its number was written.
    return find_process(config)


def port_of(name: str) -> int:
    """The port in a registry's name."""
    return int(name.rpartition(":")[2])


def _check_free(home: Home, port: int) -> None:
    other = ports.listener(port)
    # The socket of a process that is ending belongs to nobody for a moment.
    deadline = time.monotonic() + RELEASE_TIMEOUT
    while other is not None and not other.pid and time.monotonic() < deadline:
        time.sleep(_POLL)
        other = ports.listener(port)
    if other is None:
        return
    hint = f"stop it (kill {other.pid})" if other.pid else "stop it"
    raise RegistryError(
        f"port {port} is taken by {other}, which is not the registry of {home.root}",
        hint=f"{hint}, or set another port in airchain.yaml: registry: {{name: localhost:5051}}",
    )


def _require_store(home: Home, port: int, place: Storage) -> None:
    """See that the registry which runs is over this store; products may share it otherwise."""
    wanted = configuration.driver(place, home.registry_storage)
    found = configuration.driver_of(_file(home, port, "yml").read_text())
    if found != wanted:
        raise RegistryError(
            f"serves another store: {json.dumps(found)}",
            where=f"the registry on port {port}",
            hint="give this product a registry of its own in airchain.yaml, such as "
            "registry: {name: localhost:5051}; or end that one: `airchain engine stop`",
        )


def _start(home: Home, port: int, place: Storage) -> int:
    home.registry_storage.mkdir(parents=True, exist_ok=True)
    home.registry.mkdir(parents=True, exist_ok=True)
    config = _file(home, port, "yml")
    config.write_text(configuration.text(place, home.registry_storage, port, read_only=False))
    pid = spawn(
        [_binary(), "serve", config],
        log=_file(home, port, "log"),
        env={"OTEL_TRACES_EXPORTER": "none"},
        # It panics on the first; the others would override the configuration.
        without=["AWS_CA_BUNDLE", *(v for v in os.environ if v.startswith("REGISTRY_"))],
    )
    _file(home, port, "pid").write_text(f"{pid}\n")
    return pid


def _wait(home: Home, name: str, port: int, pid: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    with Client(f"127.0.0.1:{port}", timeout=2) as client:
        while not client.answers():
            # Its command line is empty while it is being executed: ask for life only.
            if not alive(pid):
                raise RegistryError(
                    "the registry ended at once", where=name, detail=_log_tail(home, port)
                )
            if time.monotonic() > deadline:
                raise WaitTimeout(
                    f"waited {START_TIMEOUT:g} s for the registry to answer",
                    where=name,
                    detail=_log_tail(home, port),
                )
            time.sleep(_POLL)


def _pid(home: Home, port: int) -> int:
    try:
        return int(_file(home, port, "pid").read_text())
    except (FileNotFoundError, ValueError):
        return 0


def _binary() -> str:
    # Debian installs it where an ordinary user's PATH reaches too.
    return shutil.which("docker-registry") or "/usr/bin/docker-registry"


def _file(home: Home, port: int, suffix: str) -> Path:
    return home.registry / f"{port}.{suffix}"


def _log_tail(home: Home, port: int) -> str:
    try:
        lines = _file(home, port, "log").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-DETAIL_LINES:])
