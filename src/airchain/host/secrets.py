"""Secrets on a host: files on tmpfs, delivered once after the boot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from airchain.errors import DeployError, WaitTimeout
from airchain.host.identity import Identity, Places
from airchain.host.instances import Instance
from airchain.host.start import Superseded

DELIVERED_WITHIN = 60.0
_POLL = 0.05


def require(
    places: Places,
    identity: Identity,
    instances: Iterable[Instance],
    still_wanted: Callable[[], bool],
) -> None:
    """Wait for the delivery, then see that every secret of `instances` is there."""
    wanted = [(i.service, name) for i in instances for name in i.spec.secrets]
    if not wanted:
        return
    _await_delivery(places.secrets_complete, still_wanted)
    missing = [(s, n) for s, n in wanted if not (places.secrets / n).is_file()]
    if missing:
        raise lacking(missing, identity.environment)


def lacking(missing: Iterable[tuple[str, str]], environment: str) -> DeployError:
    """The error for missing secrets, given as pairs of service and name."""
    pairs = list(missing)
    names = sorted({name for _, name in pairs})
    services = sorted({service for service, _ in pairs})
    word = "secret is" if len(names) == 1 else "secrets are"
    return DeployError(
        f"{word} missing: {', '.join(names)} (needed by {', '.join(services)})",
        where=f"environment {environment}",
        hint="; ".join(f"airchain secrets set {environment} {name}" for name in names),
    )


def _await_delivery(mark: Path, still_wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DELIVERED_WITHIN
    while not mark.exists():
        if not still_wanted():
            raise Superseded("the pointer moved on", where=str(mark))
        if time.monotonic() > deadline:
            raise WaitTimeout(
                f"waited {DELIVERED_WITHIN:g} s for this host's secrets to be delivered",
                where=str(mark),
            )
        time.sleep(_POLL)
