"""What this host remembers over a restart of its agent and a reboot."""

from __future__ import annotations

from pydantic import ValidationError

from airchain.files import write_whole
from airchain.host.identity import Places
from airchain.store.records import Record


class State(Record):
    """The release that serves here and the one before it."""

    running: str | None = None
    previous: str | None = None

    def arrived(self, release: str) -> State:
        """The state once `release` serves."""
        if release == self.running:
            return self
        return State(running=release, previous=self.running)


def load(places: Places) -> State:
    """What was remembered; nothing on a new host or after damage."""
    try:
        return State.model_validate_json(places.state.read_bytes())
    except (OSError, ValidationError):
        return State()


def save(places: Places, state: State) -> None:
    """Remember `state`."""
    write_whole(places.state, state.model_dump_json().encode())
