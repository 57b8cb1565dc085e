"""How far viewers have watched: what the progress service knows, and who may tell it.

Players talk to the service themselves, with a token made here for one viewer. Pages ask it here,
for a moment at most: a page without the row "Continue watching" is better than none.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
import urllib3
from django.conf import settings
from urllib3.exceptions import HTTPError

from ops import requestid
from viewers.models import Viewer

log = logging.getLogger(__name__)

AUDIENCE = "progress"
LIFETIME = 3600
"""Seconds that a token is good: pages hold it, and nobody can revoke it. Players then get another
with leave to play."""
PAUSE = 2.0
"""Seconds without asking the service again after it failed."""
MOST = 100
"""Positions that are asked for: of one viewer the latest."""

_service = urllib3.PoolManager(
    maxsize=8, block=False, retries=False, timeout=urllib3.Timeout(connect=0.3, read=0.7)
)
_away_until = 0.0


@dataclass(frozen=True)
class Position:
    episode: int
    position: float
    """Seconds, as is the duration."""
    duration: float
    at: datetime
    """When the viewer was there."""


def name(viewer: Viewer) -> str:
    """What the service calls an account. Browsers without one are `a` and something random."""
    return f"v{viewer.pk}"


def token(viewer: str, now: float | None = None) -> str:
    """Lets whoever has it read and write that viewer's positions."""
    issued = int(time.time() if now is None else now)
    claims = {"sub": viewer, "aud": AUDIENCE, "iat": issued, "exp": issued + LIFETIME}
    return jwt.encode(claims, settings.PROGRESS_KEY, "HS256")


def positions(viewer: str, most: int = MOST) -> tuple[Position, ...]:
    """The viewer's latest positions, the latest first; none while the service is away."""
    global _away_until
    if time.monotonic() < _away_until:
        return ()
    try:
        return read(ask(viewer, most))
    except (HTTPError, ValueError, KeyError, TypeError) as error:
        _away_until = time.monotonic() + PAUSE
        log.warning("progress does not answer: %s: %s", type(error).__name__, error)
        return ()


def ask(viewer: str, most: int) -> Any:
    answer = _service.request(
        "GET",
        f"{settings.PROGRESS_URL}/api/v1/progress/{viewer}?limit={most}",
        headers={
            "Authorization": f"Bearer {token(viewer)}",
            "Accept": "application/json",
            **requestid.headers(),
        },
    )
    if answer.status != 200:
        raise ValueError(f"it answered {answer.status}")
    return answer.json()


def read(answer: Any) -> tuple[Position, ...]:
    """The positions of an answer, without what is no episode of ours."""
    return tuple(
        Position(
            int(row["episode"]),
            float(row["position"]),
            float(row["duration"]),
            datetime.fromisoformat(row["at"]),
        )
        for row in answer["positions"] or ()
        if str(row["episode"]).isdecimal()
    )


def forget() -> None:
    """Ask again at once."""
    global _away_until
    _away_until = 0.0
