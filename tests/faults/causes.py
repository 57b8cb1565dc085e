"""How faults are caused. What can be undone is undone when the block is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.air import Air

AGENT = "airchain-agent"


def kill(air: Air, host: str, unit: str) -> None:
    """Kill every process of a unit of a host."""
    air.on(host, "systemctl", "kill", "--signal=KILL", unit)


@contextmanager
def frozen(air: Air, hosts: list[str], unit: str = AGENT) -> Iterator[None]:
    """A unit whose processes stand still on these hosts."""
    try:
        for host in hosts:
            air.on(host, "systemctl", "kill", "--signal=STOP", unit)
        yield
    finally:
        for host in set(hosts) & set(air.hosts):
            air.on(host, "systemctl", "kill", "--signal=CONT", unit)
