"""What is true of this host right now."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from airchain.host import units
from airchain.host.identity import Places
from airchain.host.instances import Instance
from airchain.run import run

_PROPERTIES = "Id,ActiveState,SubState,Result,NRestarts,ExecMainStatus,NeedDaemonReload"
_SYSTEMCTL_TIMEOUT = 30.0


@dataclass(frozen=True)
class Unit:
    """A unit of ours as systemd sees it. `active` and `result` are systemd's own words.

    `status` is the exit status that it ended with last. `outdated` says that its
    file is another one by now than systemd has read.
    """

    instance: Instance
    active: str = "inactive"
    sub: str = "dead"
    result: str = "success"
    restarts: int = 0
    status: int = 0
    outdated: bool = False

    @property
    def up(self) -> bool:
        """Whether it runs, or is on the way to."""
        return self.active in ("active", "activating", "reloading")

    @property
    def between_runs(self) -> bool:
        """Whether it has ended and `status` tells how; not so while it runs again."""
        return self.sub in ("auto-restart", "failed", "dead")

    @property
    def gave_up(self) -> bool:
        """Whether systemd no longer tries to start it."""
        return self.active == "failed"


@dataclass(frozen=True)
class Disk:
    """What a file system has left; `inodes` is None where it does not count them."""

    bytes: int
    inodes: int | None


def going_down() -> bool:
    """Whether this host is ending; then systemd refuses to start anything."""
    asked = run(["systemctl", "is-system-running"], timeout=_SYSTEMCTL_TIMEOUT, check=False)
    return asked.stdout.strip() == "stopping"


def observe(places: Places) -> tuple[Unit, ...]:
    """Every unit of ours, sorted by name, with its state."""
    return states([i for path in sorted(places.units.glob("*.service")) if (i := _installed(path))])


def states(instances: Iterable[Instance]) -> tuple[Unit, ...]:
    """The units of these instances, with their states, in their order."""
    listed = list(instances)
    if not listed:
        return ()
    argv = ["systemctl", "show", f"--property={_PROPERTIES}", *(i.unit for i in listed)]
    shown = parse_show(run(argv, timeout=_SYSTEMCTL_TIMEOUT).stdout)
    return tuple(_unit(i, shown.get(i.unit, {})) for i in listed)


def read_units_anew() -> None:
    """Let systemd read all units again: what is enabled, what has changed, what is gone."""
    run(["systemctl", "daemon-reload"], timeout=_SYSTEMCTL_TIMEOUT)


def parse_show(text: str) -> dict[str, Mapping[str, str]]:
    """`systemctl show` of several units: properties by the unit's name."""
    blocks = (
        dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        for block in text.split("\n\n")
    )
    return {block["Id"]: block for block in blocks if "Id" in block}


def disk(path: Path) -> Disk:
    """What is free for images on the file system of `path`, or of its nearest parent."""
    while not path.exists():
        path = path.parent
    found = os.statvfs(path)
    return Disk(found.f_bavail * found.f_frsize, found.f_favail if found.f_files else None)


def memory() -> int:
    """Resident memory of this process, in bytes."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def booted() -> datetime:
    """When this host's first process started."""
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    ticks = int(Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19])
    age = uptime - ticks / os.sysconf("SC_CLK_TCK")
    return datetime.fromtimestamp(datetime.now(UTC).timestamp() - age, UTC)


def address() -> str:
    """The address under which the rest of the environment sees this host."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: the kernel only says which address it would use.
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostbyname(socket.gethostname())


def network() -> str | None:
    """The network that this host is on with the edge, as `172.30.0.0/16`; None where unknown."""
    return parse_network(Path("/proc/net/route").read_text())


def parse_network(table: str) -> str | None:
    """In the kernel's table of routes, the network beside the way out."""
    rows = [line.split() for line in table.splitlines()[1:]]
    out = next((row[0] for row in rows if row[1] == "00000000"), None)
    for row in rows:
        if row[0] == out and row[2] == "00000000" and row[7] != "00000000":
            address, mask = (socket.inet_ntoa(bytes.fromhex(row[n])[::-1]) for n in (1, 7))
            return str(ipaddress.ip_network(f"{address}/{mask}"))
    return None


def _installed(path: Path) -> Instance | None:
    try:
        return units.parse(path.read_text())
    except FileNotFoundError:  # A drain has just removed it.
        return None


def _unit(instance: Instance, shown: Mapping[str, str]) -> Unit:
    return Unit(
        instance,
        active=shown.get("ActiveState", "inactive"),
        sub=shown.get("SubState", "dead"),
        result=shown.get("Result", "success"),
        restarts=int(shown.get("NRestarts") or 0),
        status=int(shown.get("ExecMainStatus") or 0),
        outdated=shown.get("NeedDaemonReload") == "yes",
    )
