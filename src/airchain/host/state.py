"""What this host remembers over a restart of its agent and a reboot."""

from __future__ import annotations

from pydantic import ValidationError

from airchain.files import write_whole
from airchain.host.identity import Places
from airchain.spec.model import Deploy
from airchain.store.records import Record


class State(Record):
    """The release that serves here, the one before it, and how many it wants kept."""

    running: str | None = None
    previous: str | None = None
    keep: int = Deploy().keep

    def arrived(self, release: str, keep: int) -> State:
        """The state once `release` serves."""
        previous = self.previous if release == self.running else self.running
        return State(running=release, previous=previous, keep=keep)


def load(places: Places) -> State:
    """What was remembered; nothing on a new host or after damage."""
    try:
        return State.model_validate_json(places.state.read_bytes())
    except (OSError, ValidationError):
        return State()


def save(places: Places, state: State) -> None:
    """Remember `state`."""
    write_whole(places.state, state.model_dump_json().encode())
