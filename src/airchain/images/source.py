"""Where the files of an image come from, for its labels. Outside of git there is nothing to say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from airchain.run import run

GIT_TIMEOUT = 30.0
_SCP_LIKE = re.compile(r"^(?:[^@/]+@)?(?P<host>[^:/]+):(?P<path>[^/].*)$")


def remote(folder: Path) -> str | None:
    """The address of the repository, without user and password."""
    shown = _git(folder, "remote", "get-url", "origin")
    return clean_address(shown) if shown else None


def changed(folder: Path) -> int | None:
    """When the newest commit that touches `folder` was made, in seconds since 1970."""
    shown = _git(folder, "log", "-1", "--format=%ct", "--", ".")
    return int(shown) if shown else None


def clean_address(address: str) -> str | None:
    """`https://HOST/PATH` of a remote's address; None for a path on this machine."""
    if "://" not in address:
        match = _SCP_LIKE.match(address)
        return f"ssh://{match['host']}/{match['path']}" if match else None
    parts = urlsplit(address)
    if not parts.hostname:
        return None
    host = parts.hostname + (f":{parts.port}" if parts.port else "")
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def labels(folder: Path, revision: str, now: datetime | None = None) -> dict[str, str]:
    """The OCI labels of an image that is built now."""
    found = {
        "org.opencontainers.image.created": f"{now or datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "org.opencontainers.image.revision": revision,
        "org.opencontainers.image.version": re.sub(r"^([0-9a-f]{12})[0-9a-f]{28}", r"\1", revision),
    }
    if address := remote(folder):
        found["org.opencontainers.image.source"] = address
    return found


def _git(folder: Path, *words: str) -> str | None:
    done = run(["git", "-C", folder, *words], timeout=GIT_TIMEOUT, check=False)
    return done.stdout.strip() or None if done.returncode == 0 else None
