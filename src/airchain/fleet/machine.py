"""What the machine under the hosts must offer, and what the engine may do there."""

from __future__ import annotations

import re
import socket
import struct
from pathlib import Path

from airchain.errors import EngineError, PreflightError
from airchain.fleet import host_args
from airchain.images.engine import Engine

INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
# Measured: a host without services holds 8; each service may add one.
INSTANCES_PER_HOST = 20
INSTANCES_OF_OTHERS = 128
_UNIX = "unix://"
_ALL = (1 << len(host_args.CAPABILITIES)) - 1


def instances_needed(hosts: int) -> int:
    """How high fs.inotify.max_user_instances must be for this many local hosts."""
    return INSTANCES_OF_OTHERS + hosts * INSTANCES_PER_HOST


def require_inotify(hosts: int, setting: Path = INOTIFY) -> bool:
    """Raise the limit of inotify instances where `hosts` hosts need it.

    Returns whether it was raised; a `PreflightError` says how, where we may not.
    """
    needed = instances_needed(hosts)
    try:
        if int(setting.read_text()) >= needed:
            return False
    except FileNotFoundError:
        return False  # Not Linux: the engine runs in a machine of its own.
    try:
        setting.write_text(f"{needed}\n")
    except OSError as error:
        raise PreflightError(
            f"is too low for {hosts} hosts",
            where="fs.inotify.max_user_instances",
            hint=f"sudo sysctl fs.inotify.max_user_instances={needed}",
        ) from error
    return True


def host_capabilities(engine: Engine) -> tuple[str, ...]:
    """The capabilities to give to hosts: those that the engine has itself.

    Where the engine cannot be looked at (another machine), all are assumed.
    """
    granted = host_args.capabilities(_bounding_set(engine))
    if lacking := host_args.missing(granted):
        raise EngineError(
            "may not run hosts: it lacks " + ", ".join(lacking),
            where=engine.url,
            hint="use an engine with the rights of the machine's root user",
        )
    return granted


def bounding_set(status: str) -> int:
    """The capability bounding set in the text of a /proc/PID/status."""
    found = re.search(r"^CapBnd:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return int(found[1], 16) if found else _ALL


def _bounding_set(engine: Engine) -> int:
    pid = _listener(engine.url)
    try:
        return bounding_set(Path(f"/proc/{pid}/status").read_text()) if pid else _ALL
    except OSError:
        return _ALL


def _listener(url: str) -> int:
    """The process that listens on the engine's socket; 0 where it cannot be seen."""
    if not url.startswith(_UNIX):
        return 0
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        try:
            connection.connect(url.removeprefix(_UNIX))
            peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        except OSError as error:
            raise EngineError(
                f"does not answer: {error}", where=url, hint="airchain engine start"
            ) from error
    return int(struct.unpack("3i", peer)[0])
