"""Put a new configuration into the running nginx, and know when it holds."""

from __future__ import annotations

import http.client
import os
import signal
import time
from pathlib import Path

from airchain.errors import DeployError, RunError, WaitTimeout
from airchain.files import write_whole
from airchain.host.identity import Places
from airchain.host.nginx import SERIAL_PORT, Site
from airchain.run import alive, run

_CONFIRM_WITHIN = 15.0
_POLL = 0.02


def switch(places: Places, site: Site) -> frozenset[int]:
    """Make nginx serve `site`; return the workers that finish what they had begun.

    Returns once a worker answers with the new configuration and no old one takes
    requests any more. Those that old workers hold go on to the old instances.
    On a refused configuration the old one stays; the error carries nginx's words.
    """
    current = places.site.read_text() if places.site.exists() else ""
    if current == site.text and _serial() == site.serial:
        # An agent before this one may have switched, and was ended before they were done.
        return frozenset(pid for pid in workers(places) if not _accepts(pid))
    write_whole(places.site, site.text.encode())
    try:
        run(["nginx", "-t", "-q"], timeout=30)
    except RunError as error:
        write_whole(places.site, current.encode())
        raise DeployError(
            "nginx refuses the configuration of this release", detail=error.detail
        ) from error
    old = workers(places)
    _reload(places)
    try:
        _confirm(site, old)
    except WaitTimeout:
        write_whole(places.site, current.encode())
        _reload(places)
        raise
    return old


def serves(places: Places, instance: str) -> bool:
    """Whether nginx sends requests to the instance of that name."""
    return places.site.exists() and instance in places.site.read_text()


def workers(places: Places) -> frozenset[int]:
    """The process ids of nginx's workers."""
    master = _master(places)
    if master is None:
        return frozenset()
    try:
        children = Path(f"/proc/{master}/task/{master}/children").read_text()
    except FileNotFoundError:
        return frozenset()
    return frozenset(int(pid) for pid in children.split())


def gone(pids: frozenset[int]) -> bool:
    """Whether all these workers have finished their last request."""
    return not any(_is_worker(pid) for pid in pids)


def _is_worker(pid: int) -> bool:
    # A process id may be given to another process meanwhile.
    return alive(pid) and _title(pid).startswith("nginx: worker")


def _accepts(pid: int) -> bool:
    """Whether the process is a worker that has not been told to shut down yet."""
    return _is_worker(pid) and "shutting down" not in _title(pid)


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _master(places: Places) -> int | None:
    try:
        pid = int(places.nginx_pid.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if alive(pid) else None


def _reload(places: Places) -> None:
    master = _master(places)
    if master is None:
        run(["systemctl", "restart", "nginx.service"], timeout=30)
    else:
        os.kill(master, signal.SIGHUP)


def _confirm(site: Site, old: frozenset[int]) -> None:
    deadline = time.monotonic() + _CONFIRM_WITHIN
    while (seen := _serial()) != site.serial or any(_accepts(pid) for pid in old):
        if time.monotonic() > deadline:
            raise WaitTimeout(
                f"waited {_CONFIRM_WITHIN:g} s for nginx to answer with configuration "
                f"{site.serial}; it answers {seen or 'nothing'}",
                hint="`journalctl -u nginx` on the host says why",
            )
        time.sleep(_POLL)


def _serial() -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", SERIAL_PORT, timeout=1)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read(64).decode("ascii", "replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
