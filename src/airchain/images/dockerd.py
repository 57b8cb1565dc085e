"""A private Docker Engine under Airchain's state folder.

It has its own data, socket, bridge and address ranges, so that it lives beside
any other engine of the machine. Needs root.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from airchain import machine
from airchain.errors import EngineError, PreflightError, WaitTimeout
from airchain.locks import alone
from airchain.paths import Home
from airchain.progress import Silent
from airchain.run import DETAIL_LINES, alive, find_process, run, spawn

START_TIMEOUT = 60.0
STOP_TIMEOUT = 60.0
# The kernel allows 107 bytes; the engine adds none, but say it before it matters.
LONGEST_SOCKET = 100
# The network of the engine inside every host: nothing outside may overlap it.
INSIDE_HOSTS = ipaddress.ip_network("10.213.0.0/16")
DEFAULT_BRIDGE = "docker0"
_POLL = 0.1
_SBIN = "/usr/sbin:/sbin"


@dataclass(frozen=True)
class Daemon:
    """The private engine as observed. `pid` is None where it does not run."""

    pid: int | None
    url: str
    data: Path
    log: Path


@dataclass(frozen=True)
class Addresses:
    """The bridge's own address with its prefix, and the range other networks are cut from."""

    bridge: str
    pool: str


def observe(home: Home) -> Daemon:
    """Whether the private engine runs, and where its things are."""
    return Daemon(
        pid=_running(home),
        url=f"unix://{home.engine_socket}",
        data=home.engine / "data",
        log=home.engine / "dockerd.log",
    )


def start(home: Home, *, answers: Callable[[str], bool], note: Callable[[str], None]) -> None:
    """Start the private engine and wait until `answers(url)`.

    Raises `PreflightError` where the machine does not allow it, `EngineError`
    with the last log lines where the engine ends, `WaitTimeout` where it hangs.
    """
    check_socket(home.engine_socket)
    if not machine.is_root():
        raise PreflightError(
            "no Docker Engine answers, and only root can start a private one",
            hint="start Docker, set DOCKER_HOST, or run as root",
        )
    with alone(
        home.engine / "start.lock",
        other="another start of the private engine",
        timeout=2 * START_TIMEOUT,
        progress=Silent(),
    ):
        _start(home, answers, note)


def _start(home: Home, answers: Callable[[str], bool], note: Callable[[str], None]) -> None:
    daemon = observe(home)
    if daemon.pid is None:
        _clear(home)
        bridge = bridge_name(home)
        addresses = choose_addresses(_networks_in_use(bridge))
        _make_bridge(bridge, addresses)
        with _neighbours_bridge_kept():
            pid = spawn(
                argv(home, bridge, addresses),
                log=daemon.log,
                env={"PATH": f"{os.environ.get('PATH', '')}:{_SBIN}"},
            )
            note(f"bridge {bridge} {addresses.bridge}, log {daemon.log}")
            _wait(daemon, pid, answers)
    else:
        _wait(daemon, daemon.pid, answers)


def stop(home: Home) -> bool:
    """End the private engine with its containers; False where it does not run."""
    pid = _running(home)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT
    while alive(pid):
        if time.monotonic() > deadline:
            raise WaitTimeout(
                f"waited {STOP_TIMEOUT:g} s for the engine (pid {pid}) to end",
                where=str(home.engine),
                detail=_log_tail(home.engine / "dockerd.log"),
            )
        time.sleep(_POLL)
    _clear(home)
    run(["ip", "link", "delete", bridge_name(home)], env=_path(), timeout=10, check=False)
    return True


def argv(home: Home, bridge: str, addresses: Addresses) -> list[str]:
    """The command line of the private engine."""
    folder = home.engine
    return [
        shutil.which("dockerd", path=f"{os.environ.get('PATH', '')}:{_SBIN}") or "dockerd",
        "--data-root",
        str(folder / "data"),
        "--exec-root",
        str(folder / "exec"),
        "--pidfile",
        str(folder / "dockerd.pid"),
        "--host",
        f"unix://{home.engine_socket}",
        # Whatever /etc/docker/daemon.json says is meant for another engine.
        "--config-file",
        str(folder / "daemon.json"),
        "--bridge",
        bridge,
        "--default-address-pool",
        f"base={addresses.pool},size=24",
        "--log-opt",
        "max-size=10m",
    ]


def bridge_name(home: Home) -> str:
    """A network interface's name (at most 15 characters) that belongs to this state folder."""
    return "airchain-" + hashlib.sha256(str(home.root).encode()).hexdigest()[:6]


def choose_addresses(used: Iterable[ipaddress.IPv4Network]) -> Addresses:
    """Two neighbouring ranges below 10.0.0.0/8 that overlap no network in use."""
    taken = [*used, INSIDE_HOSTS]
    for second in (*range(214, 256), *range(100, 213)):
        block = ipaddress.ip_network(f"10.{second}.0.0/16")
        if not any(block.overlaps(network) for network in taken):
            # The lowest /24 is the bridge's; user-defined networks come from the upper half.
            return Addresses(f"10.{second}.0.1/24", f"10.{second}.128.0/17")
    raise EngineError(
        "every 10.x.0.0/16 network is in use on this machine",
        hint="remove networks that are not needed, or set DOCKER_HOST",
    )


def parse_routes(table: str) -> Iterator[ipaddress.IPv4Network]:
    """The networks of /proc/net/route, without the default route."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        address, mask = (int.from_bytes(bytes.fromhex(f), "little") for f in (fields[1], fields[7]))
        if mask:
            yield ipaddress.IPv4Network((address, bin(mask).count("1")), strict=False)


def check_socket(socket: Path) -> None:
    """Refuse a path that the kernel would not take, in words."""
    if len(os.fsencode(socket)) > LONGEST_SOCKET:
        raise PreflightError(
            f"the engine's socket would have a path of {len(os.fsencode(socket))} characters; "
            f"a socket's path may have {LONGEST_SOCKET}",
            where=str(socket),
            hint="set AIRCHAIN_HOME to a shorter path",
        )


def _networks_in_use(but: str) -> Iterator[ipaddress.IPv4Network]:
    try:
        lines = Path("/proc/net/route").read_text().splitlines()
    except OSError:
        return
    yield from parse_routes("\n".join(line for line in lines if line.split()[0] != but))


@contextmanager
def _neighbours_bridge_kept() -> Iterator[None]:
    """Keep docker0: an engine that starts with another bridge deletes it (seen with 20.10).

    It may belong to an engine at a socket that we were not told of.
    """
    device = Path("/sys/class/net") / DEFAULT_BRIDGE
    if not device.exists():
        yield
        return
    if any((device / "brif").iterdir()):
        raise PreflightError(
            f"another Docker Engine has containers on {DEFAULT_BRIDGE}, "
            "and a private one beside it would cut them off",
            hint="set DOCKER_HOST to the socket of that engine",
        )
    shown = run(["ip", "-json", "address", "show", DEFAULT_BRIDGE], env=_path(), timeout=10)
    try:
        yield
    finally:
        if not device.exists():
            _add_bridge(DEFAULT_BRIDGE, bridge_addresses(shown.stdout))


def bridge_addresses(shown: str) -> tuple[str, ...]:
    """The IPv4 addresses (`172.17.0.1/16`) in what `ip -json address show` printed."""
    return tuple(
        f"{address['local']}/{address['prefixlen']}"
        for link in json.loads(shown)
        for address in link.get("addr_info", ())
        if address.get("family") == "inet"
    )


def _make_bridge(name: str, addresses: Addresses) -> None:
    run(["ip", "link", "delete", name], env=_path(), timeout=10, check=False)
    _add_bridge(name, (addresses.bridge,))


def _add_bridge(name: str, addresses: Sequence[str]) -> None:
    hint = "install iproute2, or start Docker yourself and set DOCKER_HOST"
    for words in (
        ["link", "add", "name", name, "type", "bridge"],
        *(["address", "add", address, "dev", name] for address in addresses),
        ["link", "set", name, "up"],
    ):
        run(["ip", *words], env=_path(), timeout=10, hint=hint)


def _wait(daemon: Daemon, pid: int, answers: Callable[[str], bool]) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not answers(daemon.url):
        if not alive(pid):
            raise EngineError(
                "the private engine ended at once",
                where=str(daemon.log),
                detail=_log_tail(daemon.log),
            )
        if time.monotonic() > deadline:
            raise WaitTimeout(
                f"waited {START_TIMEOUT:g} s for the private engine to answer",
                where=daemon.url,
                detail=_log_tail(daemon.log),
            )
        time.sleep(_POLL)


def _running(home: Home) -> int | None:
    """The process id of our engine; what is left of another's is not taken for it."""
    data = home.engine / "data"
    try:
        pid = int((home.engine / "dockerd.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        # One that has just begun has not written its number yet.
        return find_process(str(data))
    ours = os.fsencode(data) in command.split(b"\0")
    return pid if ours and alive(pid) else find_process(str(data))


def _clear(home: Home) -> None:
    """Remove what an engine that was killed leaves behind."""
    home.engine.mkdir(parents=True, exist_ok=True)
    for name in ("dockerd.pid", "docker.sock"):
        (home.engine / name).unlink(missing_ok=True)
    (home.engine / "daemon.json").write_text("{}\n")


def _path() -> dict[str, str]:
    return {"PATH": f"{os.environ.get('PATH', '')}:{_SBIN}"}


def _log_tail(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-DETAIL_LINES:])
