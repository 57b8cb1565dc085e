"""Which process listens on a TCP port of this machine, read from /proc."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LISTEN = "0A"
PROC = Path("/proc")


@dataclass(frozen=True)
class Listener:
    """A process that listens. `pid` is 0 where we may not look at it."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"{self.command} (pid {self.pid})" if self.pid else "a process of another user"


def listener(port: int, proc: Path = PROC) -> Listener | None:
    """Who listens on `port`, or None where it is free."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        try:
            text = (proc / "net" / table).read_text()
        except OSError:
            continue
        inodes |= listening_inodes(text, port)
    if not inodes:
        return None
    return next(_holders(inodes, proc), Listener(0, ""))


def listening_inodes(table: str, port: int) -> set[str]:
    """The inodes of the sockets that listen on `port`, from the text of /proc/net/tcp."""
    found = set()
    for line in table.splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
            found.add(fields[9])
    return found


def _holders(inodes: set[str], proc: Path) -> Iterator[Listener]:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for folder in proc.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if any(str(fd.readlink()) in wanted for fd in (folder / "fd").iterdir()):
                yield Listener(int(folder.name), command(int(folder.name), proc))
        except OSError:
            continue  # It ended meanwhile, or is not ours to look at.


def command(pid: int, proc: Path = PROC) -> str:
    """The command line of a process; empty where there is no such process."""
    try:
        raw = (proc / str(pid) / "cmdline").read_bytes()
    except OSError:
        return ""
    return raw.replace(b"\0", b" ").decode("utf-8", "replace").strip()
