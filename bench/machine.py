"""What this machine is, and how fast it is at the moment."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from airchain.images.engine import Engine
from airchain.run import run

_CGROUPS = Path("/sys/fs/cgroup")


def describe() -> dict[str, object]:
    """Processors, memory and how busy it was just before."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpus": os.cpu_count(),
        "memory_gb": round(memory / 1e9, 1),
        "load": round(os.getloadavg()[0], 2),
    }


def engine_run(engine: Engine, image: str) -> float:
    """Seconds that a bare `docker run` of a program that does nothing takes right now."""
    began = time.monotonic()
    words = ["run", "--rm", "--network", "none", "--entrypoint", "/bin/true", image]
    run([engine.cli, *words], env=engine.env(), timeout=120)
    return time.monotonic() - began


def processor_seconds(containers: Sequence[str]) -> float | None:
    """What these containers have used so far, all together; None where no file tells.

    `containers` are the engine's full ids.
    """
    used = [_used(identity) for identity in containers]
    known = [seconds for seconds in used if seconds is not None]
    return sum(known) if len(known) == len(used) else None


def _used(identity: str) -> float | None:
    for group in (_CGROUPS / "cpuacct/docker", _CGROUPS / "cpu,cpuacct/docker"):
        file = group / identity / "cpuacct.usage"
        if file.exists():
            return int(file.read_text()) / 1e9
    for folder in (f"system.slice/docker-{identity}.scope", f"docker/{identity}"):
        file = _CGROUPS / folder / "cpu.stat"
        if file.exists():
            return int(file.read_text().split()[1]) / 1e6  # the first line: usage_usec
    return None
