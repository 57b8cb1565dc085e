"""Builds give way to what serves: live services and builds share a machine's processor."""

from __future__ import annotations

from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
# The engine runs the steps of all builds below this group, whatever it runs elsewhere.
_BUILDS = Path("docker/buildkit")
# Against 1024 (v1) or 100 (v2) of everything else that wants the processor.
_SHARES = "128"
_WEIGHT = "12"


def soften_builds(cgroups: Path = CGROUPS) -> bool:
    """Give builds an eighth of anybody else's share of a busy processor.

    False where the machine does not let us: builds then compete like anybody else.
    """
    for folder, file, value in (
        (cgroups / "cpu" / _BUILDS, "cpu.shares", _SHARES),
        (cgroups / "cpu,cpuacct" / _BUILDS, "cpu.shares", _SHARES),
        (cgroups / _BUILDS, "cpu.weight", _WEIGHT),
    ):
        try:
            if folder.parent.is_dir():
                folder.mkdir(exist_ok=True)
                (folder / file).write_text(value)
                return True
        except OSError:
            continue
    return False
