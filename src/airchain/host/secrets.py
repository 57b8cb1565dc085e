"""Secrets on a host: files on tmpfs, delivered after the boot and when a release needs more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from airchain.errors import DeployError, WaitTimeout
from airchain.host.identity import Identity, Places
from airchain.host.instances import Instance
from airchain.host.wanted import require_wanted

DELIVERED_WITHIN = 60.0
# The keeper reads the same pointer as we do, and sends what is new to one host after another.
ADDED_WITHIN = 10.0
_POLL = 0.05


def require(
    places: Places,
    identity: Identity,
    instances: Iterable[Instance],
    still_wanted: Callable[[], bool],
    signing_keys: Iterable[str] = (),
) -> None:
    """Wait for the delivery, then until every secret of `instances` and of nginx is there."""
    wanted = [(i.service, name) for i in instances for name in i.spec.secrets]
    wanted += [("signed addresses", name) for name in signing_keys]
    if not wanted:
        return
    _await_delivery(places.secrets_complete, still_wanted)
    deadline = time.monotonic() + ADDED_WITHIN
    while missing := [(s, n) for s, n in wanted if not (places.secrets / n).is_file()]:
        require_wanted(still_wanted, str(places.secrets))
        if time.monotonic() > deadline:
            raise lacking(missing, identity.environment)
        time.sleep(_POLL)


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
        require_wanted(still_wanted, str(mark))
        if time.monotonic() > deadline:
            raise WaitTimeout(
                f"waited {DELIVERED_WITHIN:g} s for this host's secrets to be delivered",
                where=str(mark),
            )
        time.sleep(_POLL)
