"""What stands around every change of an environment: lock, record, notifications.

lock      one operation at a time; lost, the next write is refused
record    begun before anything changes, ended whatever comes of it
webhook   told at start, canary, done, reverted; never waited for
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from airchain.errors import GivenUp, SignatureError
from airchain.progress import Progress
from airchain.release import audit, index, lock, notify, pointer
from airchain.release.audit import What
from airchain.release.deploy import Stage
from airchain.release.notify import Kind, Teller, Values, Webhook
from airchain.release.scope import Scope
from airchain.store.records import Pointer


@dataclass(frozen=True)
class Order:
    """What somebody wants done with an environment; `release` is a digest."""

    what: What
    release: str | None = None
    webhook: Webhook | None = None
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.what} of {index.short(self.release)}" if self.release else self.what


class Operation:
    """An order being carried out. `scope` can be written as long as the lock is held."""

    def __init__(self, scope: Scope, order: Order, teller: Teller, about: Values) -> None:
        self.scope = scope
        self.hosts: Sequence[str] = ()
        self.reverted = False
        self._order = order
        self._teller = teller
        self._about = about
        self._started = time.monotonic()
        self._told = False

    def on_stage(self, stage: Stage) -> None:
        """Hear from the deployment how far it has come."""
        self.hosts = stage.hosts or self.hosts
        self._told = self._told or stage.kind == "start"
        if stage.kind == "reverted":
            self.reverted = True
            self._tell("reverted", stage.detail)
        elif stage.kind in ("start", "canary"):
            self._tell(stage.kind, stage.detail)

    def finish(self) -> None:
        """The environment has what was ordered; where nothing began, nobody is told."""
        if self._told:
            self._tell("done")

    def fail(self, error: BaseException) -> None:
        """It stopped; a deployment that was taken back has said so itself."""
        if self._told and not self.reverted:
            interrupted = isinstance(error, KeyboardInterrupt | GivenUp)
            self._tell("failed", "it was interrupted" if interrupted else str(error))

    def _tell(self, kind: Kind, detail: str = "") -> None:
        seconds = f"{time.monotonic() - self._started:.1f}"
        more: Values = {"hosts": list(self.hosts), "detail": detail, "seconds": seconds}
        self._teller.tell(kind, {**self._about, **more})


@contextmanager
def under_way(scope: Scope, order: Order, progress: Progress) -> Iterator[Operation]:
    """Carry out an order in the block.

    Raises `Locked` before it where somebody else is at work, `StoreError` where it
    cannot be recorded; in both cases nothing has changed.
    """
    with lock.held(scope, str(order), progress) as heart:
        now = _pointer(scope)
        previous = pointer.proven(now) if now else None
        # What serves already is no news.
        news = now is None or now.trial or now.release != order.release
        webhook = order.webhook if news else None
        with (
            audit.recorded(
                audit.Log.of(scope),
                order.what,
                release=order.release,
                previous=previous,
                detail=order.detail,
                token=heart.token,
            ) as entry,
            notify.telling(webhook, progress) as teller,
        ):
            about = _about(scope, order, previous) if webhook else {}
            operation = Operation(heart.guarded, order, teller, about)
            try:
                yield operation
            except BaseException as error:
                if operation.reverted:
                    entry.outcome = "reverted"
                operation.fail(error)
                raise
            operation.finish()


def _pointer(scope: Scope) -> Pointer | None:
    """Where the environment stands; None also where somebody tampered with that."""
    with suppress(SignatureError):
        held = pointer.hold(scope)
        return held.pointer if held else None
    return None


def _about(scope: Scope, order: Order, previous: str | None) -> Values:
    """What messages may say of an order, whatever stage it is in."""
    release = order.release or ""
    entry = index.entry(scope.store, scope.product, release)
    return {
        "product": scope.product,
        "environment": scope.environment,
        "what": order.what,
        "who": pointer.author(),
        "release": index.short(release),
        "previous": index.short(previous or ""),
        "commit": entry.revision[: index.SHORT] if entry else "",
        "subject": entry.subject if entry else "",
    }
