"""What each container of an environment uses: hosts, edge, backing services, services on hosts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from airchain.fleet import names
from bench.trial import ENVIRONMENT, Trial

_STATS = ("stats", "--no-stream", "--format", "{{json .}}")
_UNITS = {"B": 1e-6, "KiB": 1024e-6, "MiB": 1.048576, "GiB": 1073.741824}
_USAGE = re.compile(r"([0-9.]+)(B|KiB|MiB|GiB) / ")


@dataclass(frozen=True)
class Used:
    """`label` is the container's name, on a host after that of the host."""

    label: str
    mb: float


def of(trial: Trial) -> Sequence[Used]:
    """All containers of the environment, hosts with what runs on them."""
    prefix = names.container(trial.subject.product, ENVIRONMENT, "")
    found = trial.product.docker("ps", "--format", "{{.Names}}").split()
    here = sorted(name for name in found if name.startswith(prefix))
    used = parse(trial.product.docker(*_STATS, *here).splitlines(), prefix)
    for host in trial.hosts:
        inside = trial.product.docker_on(host, *_STATS).splitlines()
        used += [Used(f"{host}: {each.label}", each.mb) for each in parse(inside, "")]
    return used


def parse(lines: Iterable[str], prefix: str) -> list[Used]:
    """What `docker stats` said, without the prefix of the names."""
    found = []
    for line in lines:
        said = json.loads(line)
        usage = _USAGE.match(said["MemUsage"])
        assert usage, f"docker stats says {said['MemUsage']!r}"
        mb = float(usage[1]) * _UNITS[usage[2]]
        found.append(Used(said["Name"].removeprefix(prefix), round(mb, 1)))
    return sorted(found, key=lambda each: each.label)


def table(used: Sequence[Used]) -> str:
    """One line for each container."""
    width = max(len(each.label) for each in used)
    return "\n".join(["memory", *(f"  {u.label.ljust(width)}  {u.mb:8.1f} MB" for u in used)])
