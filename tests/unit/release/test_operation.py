"""What stands around a deployment: lock, record and notifications, in one piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.keys import scope_in

from airchain.errors import DeployError, Locked
from airchain.progress import Progress, Silent
from airchain.release import audit, index, lock, notify, pointer
from airchain.release.deploy import Stage
from airchain.release.notify import Kind, Values, Webhook
from airchain.release.operation import Order, under_way
from airchain.release.revision import Revision
from airchain.release.scope import Scope
from airchain.store import DirectoryStore

ONE, TWO = "sha256:" + "1a" * 32, "sha256:" + "2b" * 32
ORDER = Order("deploy", TWO, Webhook("http://example.com", {}), "by hand")


@pytest.fixture
def scope(tmp_path: Path) -> Scope:
    made = scope_in(DirectoryStore(tmp_path), ONE, TWO)
    index.add(made.store, "p", TWO, Revision("c0ffee" * 7, "Say good evening", "maria"))
    first = pointer.settle(pointer.begin(None, ONE, staged=False))
    pointer.write(made, first, None)
    return made


class Told:
    """Keeps what would be posted."""

    def __init__(self) -> None:
        self.messages: list[tuple[Kind, Values]] = []

    def tell(self, kind: Kind, values: Mapping[str, str | list[str]]) -> None:
        self.messages.append((kind, values))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    found = Told()

    @contextmanager
    def telling(webhook: Webhook | None, progress: Progress) -> Iterator[Told]:
        yield found if webhook else Told()

    monkeypatch.setattr(notify, "telling", telling)
    return found


def done(scope: Scope) -> audit.Done:
    return audit.history([audit.Log.of(scope)], 1)[0]


def test_what_goes_well(scope: Scope, told: Told) -> None:
    """The lock is held and the record begun while it lasts; then both have ended."""
    with under_way(scope, ORDER, Silent()) as running:
        held = lock.current(scope)
        assert held is not None
        assert (held.reason, held.token) == (f"deploy of {index.short(TWO)}", done(scope).id)
        assert done(scope).outcome is None
        running.on_stage(Stage("start", TWO, ONE))
        running.on_stage(Stage("canary", TWO, ONE, ("a",)))
        running.on_stage(Stage("wave", TWO, ONE, ("a", "b")))
        running.on_stage(Stage("done", TWO, ONE, ("a", "b", "c")))
    assert lock.current(scope) is None
    found = done(scope)
    assert (found.what, found.outcome, found.detail) == ("deploy", "done", "by hand")
    assert (found.release, found.previous) == (TWO, ONE)
    assert [(kind, values["hosts"]) for kind, values in told.messages] == [
        ("start", []),
        ("canary", ["a"]),
        ("done", ["a", "b", "c"]),
    ]
    values = told.messages[0][1]
    assert (values["release"], values["previous"]) == (index.short(TWO), index.short(ONE))
    assert (values["commit"], values["subject"]) == ("c0ffee" * 2, "Say good evening")


def fail(scope: Scope, *stages: Stage) -> None:
    with under_way(scope, ORDER, Silent()) as running:
        for stage in stages:
            running.on_stage(stage)
        raise DeployError("web is unhealthy", where="host a")


def test_what_is_taken_back(scope: Scope, told: Told) -> None:
    """It is told and recorded as that, once."""
    with pytest.raises(DeployError):
        fail(scope, Stage("start", TWO), Stage("reverted", TWO, ONE, ("a",), "web is unhealthy"))
    assert [kind for kind, _ in told.messages] == ["start", "reverted"]
    assert told.messages[1][1]["detail"] == "web is unhealthy"
    assert (done(scope).outcome, done(scope).detail) == ("reverted", "host a: web is unhealthy")
    assert lock.current(scope) is None


def test_what_stops_half_way(scope: Scope, told: Told) -> None:
    """Whoever heard of the start hears of the end."""
    with pytest.raises(DeployError):
        fail(scope, Stage("start", TWO))
    assert [(kind, values["detail"]) for kind, values in told.messages] == [
        ("start", ""),
        ("failed", "host a: web is unhealthy"),
    ]
    assert done(scope).outcome == "failed"


def test_what_serves_already_is_not_told(scope: Scope, told: Told) -> None:
    """An `up` of what is up disturbs nobody; going back from what stopped half-way is news."""
    for order in (Order("up", ONE, ORDER.webhook), Order("down", None, ORDER.webhook)):
        with under_way(scope, order, Silent()) as running:
            if order.release:
                running.on_stage(Stage("start", ONE))
    assert told.messages == []
    held = pointer.hold(scope)
    assert held is not None
    pointer.write(scope, pointer.begin(held.pointer, TWO, staged=True), held)
    with under_way(scope, Order("rollback", ONE, ORDER.webhook), Silent()) as running:
        running.on_stage(Stage("start", ONE))
    assert [kind for kind, _ in told.messages] == ["start", "done"]


def test_who_is_refused_leaves_no_trace(scope: Scope, told: Told) -> None:
    """Nothing was done, so nothing is on record."""
    lock.take(scope, "holiday")
    with pytest.raises(Locked, match="holiday"), under_way(scope, ORDER, Silent()):
        pass
    assert audit.history([audit.Log.of(scope)], 9) == []
    assert told.messages == []


def test_two_at_once(scope: Scope, told: Told) -> None:
    """The second is told of the first, and the first is not disturbed."""
    with under_way(scope, ORDER, Silent()) as first:
        with (
            pytest.raises(Locked, match=f"deploy of {index.short(TWO)}"),
            under_way(scope, Order("rollback", ONE), Silent()),
        ):
            pass
        first.scope.store.put("x", b"")
    assert done(scope).outcome == "done"
