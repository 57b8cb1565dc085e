"""Who did what: an append-only log, one object per event, never written over.

Whatever changes an environment is entered before it begins, so nothing is done
that is not on record, and again when it has ended. What was cut off, such as by
the end of its process, stays in the log without an end.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from airchain.errors import AirchainError, GivenUp, StoreError
from airchain.release.pointer import author
from airchain.release.scope import Scope
from airchain.store import Store, clock
from airchain.store.records import Record, audit_key, decode

What = Literal[
    "deploy", "rollback", "promote", "up", "down", "scale",
    "lock", "unlock", "secret set", "secret removed", "key rotated",
]  # fmt: skip
Outcome = Literal["done", "failed", "reverted", "interrupted"]
# The outcome that history shows where an entry was changed since it was written.
DAMAGED = "damaged"
# How names of entries begin, so that they are listed in order.
_MOMENT = "%Y%m%dT%H%M%S.%fZ"


class Event(Record):
    """One entry: `begun` says what is to be done, `ended` what came of it.

    `release` and `previous` are digests; `detail` never holds a secret's value.
    """

    id: str
    state: Literal["begun", "ended"]
    at: datetime
    who: str
    what: str
    release: str | None = None
    previous: str | None = None
    outcome: str | None = None
    seconds: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class Log:
    """The log of an environment, or with None of what concerns the whole product."""

    store: Store
    product: str
    environment: str | None = None

    @classmethod
    def of(cls, scope: Scope) -> Log:
        """The log of that environment."""
        return cls(scope.store, scope.product, scope.environment)

    @property
    def folder(self) -> str:
        """Where its objects are."""
        return audit_key(self.product, self.environment)


@dataclass
class Entry:
    """What is being done now; `outcome` and `detail` are entered when it has ended."""

    id: str
    outcome: Outcome = "done"
    detail: str = ""


@dataclass(frozen=True)
class Done:
    """One thing that somebody did, from its two events.

    `outcome` is None where it has not ended: it goes on, or was cut off. It is
    `DAMAGED`, with why in `detail`, where the log cannot be read there.
    """

    id: str
    environment: str | None
    at: datetime
    who: str
    what: str
    release: str | None
    previous: str | None
    outcome: str | None
    seconds: float | None
    detail: str = ""


@contextmanager
def recorded(
    log: Log,
    what: What,
    *,
    release: str | None = None,
    previous: str | None = None,
    detail: str = "",
    token: str | None = None,
) -> Iterator[Entry]:
    """Enter that the block begins, and how it ended; it does not begin unrecorded.

    `token` is that of the lock under which it happens.

    Where the end cannot be written, that is said: as an error of its own where the
    block did its work, else beside the block's error.
    """
    began, started = clock.now(log.store), time.monotonic()
    entry = Entry(token or uuid.uuid4().hex, detail=detail)
    event = Event(
        id=entry.id,
        state="begun",
        at=began,
        who=author(),
        what=what,
        release=release,
        previous=previous,
        detail=detail,
    )
    key = f"{log.folder}/{began:{_MOMENT}}-{entry.id[:8]}"
    log.store.create(f"{key}-1-begun", event.encode())

    def end() -> None:
        ended = {
            "state": "ended",
            "at": clock.now(log.store),
            "outcome": entry.outcome,
            "seconds": round(time.monotonic() - started, 3),
            "detail": entry.detail,
        }
        log.store.create(f"{key}-2-ended", event.model_copy(update=ended).encode())

    try:
        yield entry
    except BaseException as error:
        _fail(entry, error)
        try:
            end()
        except StoreError as lost:
            _add(error, lost)
        raise
    try:
        end()
    except StoreError as lost:
        raise StoreError(
            f"the {what} is done, but its end could not be entered into the history: "
            f"{lost.message}",
            where=lost.where,
            hint="nothing needs to be repeated; the history shows it without an end",
        ) from lost


def history(logs: Sequence[Log], most: int) -> list[Done]:
    """The last `most` things that were done, newest first."""
    found: list[tuple[str, Log, list[str]]] = []
    for log in logs:
        things: dict[str, list[str]] = {}
        for key in log.store.list(log.folder):
            # Both events of a thing have the time of its beginning in their name.
            things.setdefault(key.rpartition("/")[2].rsplit("-", 2)[0], []).append(key)
        found += [(name, log, keys) for name, keys in things.items()]
    newest = sorted(found, key=lambda thing: thing[0], reverse=True)[:most]
    return [_done(log, name, keys) for name, log, keys in newest]


def _done(log: Log, name: str, keys: Sequence[str]) -> Done:
    events: list[Event] = []
    damage = ""
    for found in [found for key in keys if (found := log.store.get(key))]:
        try:
            events.append(decode(found, Event))
        except StoreError as error:
            # All else that was done is worth knowing then, above all.
            damage = str(error)
    if not events:
        return _unreadable(log, name, damage or "its entry was removed")
    first, last = events[0], events[-1]
    return Done(
        id=first.id,
        environment=log.environment,
        at=first.at,
        who=first.who,
        what=first.what,
        release=first.release,
        previous=first.previous,
        outcome=DAMAGED if damage else last.outcome if last.state == "ended" else None,
        seconds=last.seconds,
        detail=damage or last.detail,
    )


def _unreadable(log: Log, name: str, damage: str) -> Done:
    """What the log's names still tell of a thing of which no event can be read."""
    written, _, identifier = name.partition("-")
    try:
        at = datetime.strptime(written, _MOMENT).replace(tzinfo=UTC)
    except ValueError:  # Nothing of ours.
        at = datetime.fromtimestamp(0, UTC)
    return Done(identifier, log.environment, at, "?", "?", None, None, DAMAGED, None, damage)


def _fail(entry: Entry, error: BaseException) -> None:
    """Enter what went wrong, unless the block said more about it itself."""
    if isinstance(error, KeyboardInterrupt | GivenUp):
        entry.outcome = "interrupted"
        return
    if entry.outcome == "done":
        entry.outcome = "failed"
    entry.detail = str(error) or type(error).__name__


def _add(error: BaseException, lost: StoreError) -> None:
    text = f"its end could not be entered into the history either: {lost}"
    if isinstance(error, AirchainError):
        error.hint = "\n".join(part for part in (error.hint, text) if part)
    else:
        error.add_note(text)
