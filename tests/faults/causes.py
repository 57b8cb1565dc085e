"""How faults are caused. What can be undone is undone when the block is left."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from tests.faults.air import Air

AGENT = "airchain-agent"


def kill(air: Air, host: str, unit: str) -> None:
    """Kill every process of a unit of a host."""
    air.on(host, "systemctl", "kill", "--signal=KILL", unit)


@contextmanager
def frozen(air: Air, hosts: list[str], unit: str = AGENT) -> Iterator[None]:
    """A unit whose processes stand still on these hosts."""

    def send(signal: str, hosts: list[str], *, check: bool) -> None:
        # Side by side: what is silent for ten seconds nobody waits for any more.
        words = ("systemctl", "kill", f"--signal={signal}", unit)
        with ThreadPoolExecutor(max(1, len(hosts))) as pool:
            list(pool.map(lambda host: air.on(host, *words, check=check), hosts))

    try:
        send("STOP", hosts, check=True)
        yield
    finally:
        # One may be replaced just now.
        send("CONT", [host for host in air.hosts if host in hosts], check=False)


@contextmanager
def unreachable_store(air: Air) -> Iterator[None]:
    """A store that hosts find empty and cannot write to, and this machine cannot open."""
    away = air.home.store.with_name("store.away")
    with ExitStack() as undo:
        for host in air.hosts:
            air.on(host, "mount", "-t", "tmpfs", "-o", "ro", "none", "/srv/store")
            # Somebody may just be looking into it.
            undo.callback(air.on, host, "umount", "--lazy", "/srv/store")
        air.home.store.rename(away)
        undo.callback(away.rename, air.home.store)
        # A link to itself: whatever is looked for in it is an error of the file system.
        air.home.store.symlink_to(air.home.store)
        undo.callback(air.home.store.unlink)
        yield
