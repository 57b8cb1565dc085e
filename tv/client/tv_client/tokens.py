"""Tokens between two runs: one file that only its owner may read."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ValidationError

from tv_client.errors import ClientError

PATIENCE, POLL = 60.0, 0.05
"""Seconds that a command waits for another, which may be asking the site; and between two looks."""
EARLY = 30.0
"""Seconds before its end that an access token is taken for expired: requests take time."""


class Tokens(BaseModel, frozen=True):
    """What one brand's site gave us."""

    access_token: str
    refresh_token: str
    expires: float
    """Seconds since 1970."""

    @classmethod
    def of(cls, answer: dict[str, object], now: float) -> Tokens:
        """From the answer of a token endpoint (RFC 6749, 5.1)."""
        lifetime = float(str(answer.get("expires_in", 0)))
        return cls.model_validate({**answer, "expires": now + lifetime})

    def expired(self, now: float) -> bool:
        """Whether a new one is due."""
        return now >= self.expires - EARLY


def default_path() -> Path:
    """Where state belongs (XDG)."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(state) / "tv-client" / "tokens.json"


class Store:
    """Tokens of each site, in a file of mode 0600 that is written whole or not at all."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()

    def all(self) -> dict[str, Tokens]:
        """By site; a file that is damaged holds none."""
        try:
            found = json.loads(self.path.read_text())
            return {site: Tokens.model_validate(value) for site, value in found.items()}
        except (FileNotFoundError, ValueError, AttributeError, ValidationError):
            return {}

    def get(self, site: str) -> Tokens | None:
        """What is kept for that site."""
        return self.all().get(site)

    def put(self, site: str, tokens: Tokens | None) -> None:
        """Keep them, or with None forget them."""
        with self.alone() as put:
            put(site, tokens)

    @contextmanager
    def alone(self) -> Iterator[Callable[[str, Tokens | None], None]]:
        """Puts as `put` does, while no other command does: what was read before still stands."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Not the file itself, since each write puts another in its place.
        lock = self.path.with_name(f".{self.path.name}.lock")
        with os.fdopen(os.open(lock, os.O_RDWR | os.O_CREAT, 0o600), "w") as held:
            take(held.fileno(), lock)
            yield self._write

    def _write(self, site: str, tokens: Tokens | None) -> None:
        kept = {**self.all(), site: tokens}
        text = json.dumps({name: value.model_dump() for name, value in kept.items() if value})
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}.{time.monotonic_ns()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        fresh.replace(self.path)


def take(descriptor: int, lock: Path) -> None:
    """Lock it, among processes and threads; it is free again when it is closed."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ClientError(
                    f"waited {PATIENCE:g} s for another tv command", f"which one? fuser {lock}"
                ) from None
            time.sleep(POLL)
        else:
            return
