"""A process by which others on the same machine can tell whether it still runs."""

from __future__ import annotations

import os
from pathlib import Path

from airchain.store.records import Record

# The state is the third field of /proc/PID/stat, the start the twenty-second.
_STATE, _STARTED = 3, 22


class Process(Record):
    """`machine` is this boot and its space of process numbers; `started` in ticks since the boot.

    Both are empty where there is no /proc: then nobody can tell.
    """

    number: int
    machine: str = ""
    started: str = ""

    @classmethod
    def mine(cls) -> Process:
        """The process that asks."""
        return cls(number=os.getpid(), machine=_machine(), started=_started(os.getpid()) or "")

    def gone(self) -> bool:
        """Whether it has certainly ended; False where it runs elsewhere and we cannot see it."""
        if not self.machine or self.machine != _machine():
            return False
        return _started(self.number) != self.started


def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(number: int) -> str | None:
    """When the process began; None where it does not run."""
    try:
        text = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return None
    # The second field, in parentheses, is a name that may hold anything.
    fields = text.rpartition(")")[2].split()
    return None if fields[_STATE - 3] in "ZX" else fields[_STARTED - 3]
