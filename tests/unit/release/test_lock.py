"""The environment's lock: who holds it, how it ends, and that no two have it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.keys import scope_in

from airchain.errors import AirchainError, Locked, StoreError
from airchain.progress import Silent
from airchain.release import lock, pointer
from airchain.release.lock import Lock, Pace
from airchain.release.process import Process
from airchain.release.scope import Scope
from airchain.store import DirectoryStore, clock
from airchain.store.records import lock_key

QUICK = Pace(beat=0.02, lifetime=0.5, watched=0.1)


@pytest.fixture
def scope(tmp_path: Path) -> Scope:
    return scope_in(DirectoryStore(tmp_path))


def seen(scope: Scope) -> Lock:
    found = lock.look(scope)
    assert found is not None
    return found.lock


def put(scope: Scope, **changes: Any) -> Lock:
    """Have somebody else's lock stand there, a running operation's unless changed."""
    now = clock.now(scope.store)
    fields: dict[str, Any] = {
        "token": "theirs",
        "kind": "operation",
        "holder": "maria@desk",
        "reason": "deploy of 1a2b",
        "since": now - timedelta(minutes=3),
        "renewed": now - timedelta(seconds=2),
        "expires": now + timedelta(seconds=28),
    }
    made = Lock(**{**fields, **changes})
    scope.store.put(lock_key("p", "prod"), made.encode())
    return made


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ended_process() -> Process:
    """What a process said of itself that has ended since."""
    code = "from airchain.release.process import Process; print(Process.mine().model_dump_json())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return Process.model_validate_json(done.stdout)


def test_it_is_held_for_the_block_and_given_back(scope: Scope) -> None:
    """Afterwards the environment is free, and the object says who gave it back."""
    assert lock.current(scope) is None
    with lock.held(scope, "deploy of 1a2b", Silent(), QUICK):
        current = lock.current(scope)
        assert current is not None
        assert (current.holder, current.reason) == (pointer.author(), "deploy of 1a2b")
    assert lock.current(scope) is None
    assert seen(scope).ended_by == pointer.author()


def test_it_is_given_back_when_the_operation_fails(scope: Scope) -> None:
    """What goes wrong in the block leaves no lock behind."""
    with pytest.raises(ZeroDivisionError), lock.held(scope, "deploy", Silent(), QUICK):
        raise ZeroDivisionError
    assert lock.current(scope) is None


def test_of_many_that_take_it_at_once_one_gets_it(scope: Scope) -> None:
    """The others are told who has it; nobody waits, and no two hold it together."""
    inside, most, refused = 0, 0, []
    guard = threading.Lock()
    barrier = threading.Barrier(8)
    leave = threading.Event()

    def run() -> None:
        nonlocal inside, most
        barrier.wait()
        try:
            with lock.held(scope, "deploy", Silent(), QUICK):
                with guard:
                    inside += 1
                    most = max(most, inside)
                leave.wait(10)
                with guard:
                    inside -= 1
        except Locked as error:
            with guard:
                refused.append(error)
            if len(refused) == 7:
                leave.set()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, len(refused)) == (1, 7)
    assert {e.message.partition(" since")[0] for e in refused} == {f"{pointer.author()} is at work"}


def test_it_is_renewed(scope: Scope) -> None:
    """The heartbeat moves on, well past the time that one beat is good for."""
    with lock.held(scope, "deploy", Silent(), Pace(beat=0.01, lifetime=0.2)):
        first = seen(scope).renewed
        until(lambda: seen(scope).renewed - first > timedelta(seconds=0.3))
        assert lock.current(scope) is not None


def test_who_is_refused_hears_all_about_it(scope: Scope) -> None:
    """Who, since when, why, the last heartbeat, and what to do."""
    put(scope, process=Process(number=77))
    with pytest.raises(Locked) as caught, lock.held(scope, "deploy", Silent(), QUICK):
        pass
    assert str(caught.value) == (
        "p prod: maria@desk is at work since 3 min: deploy of 1a2b "
        "(last heartbeat 2 s ago, process 77)"
    )
    assert "airchain status prod" in str(caught.value.hint)


def test_a_process_that_died_here_holds_nothing(scope: Scope) -> None:
    """Its lock is free at once, whatever time it had left."""
    put(scope, process=ended_process())
    assert lock.current(scope) is None
    with lock.held(scope, "deploy", Silent(), QUICK) as heart:
        assert seen(scope).token == heart.token


def test_a_process_of_another_machine_cannot_be_judged() -> None:
    """Only its heartbeat tells; neither does a number that somebody else has now."""
    mine = Process.mine()
    assert not mine.gone()
    assert not mine.model_copy(update={"machine": "other", "number": 1 << 22}).gone()
    assert not Process(number=1 << 22).gone()
    assert mine.model_copy(update={"started": "1"}).gone()


def test_what_ran_out_is_taken_over_once_nobody_renews_it(scope: Scope) -> None:
    """It is watched for a moment, since clocks differ and machines sleep."""
    past = clock.now(scope.store) - timedelta(seconds=5)
    put(scope, expires=past)
    progress = Silent()
    with lock.held(scope, "deploy", progress, QUICK) as heart:
        assert seen(scope).token == heart.token
    assert progress.timings["see whether maria@desk still holds the lock"] >= QUICK.watched


def test_what_ran_out_by_our_clock_but_is_renewed_is_left_alone(scope: Scope) -> None:
    """A holder that beats keeps the lock, however wrong a clock is."""
    past = clock.now(scope.store) - timedelta(seconds=50)
    theirs = put(scope, expires=past)
    timer = threading.Timer(0.03, lambda: put(scope, reason=theirs.reason))
    timer.start()
    patient = Pace(watched=30)
    with pytest.raises(Locked, match="maria@desk"), lock.held(scope, "x", Silent(), patient):
        pass
    timer.join()


def test_an_operation_that_lost_the_lock_writes_nothing_more(scope: Scope) -> None:
    """It hears who took over at its next write; reading is free, the other's lock stays."""
    with lock.held(scope, "deploy", Silent(), QUICK) as heart:
        store = heart.guarded.store
        store.put("pointer", b"1")
        put(scope, reason="rollback of 3c4d")
        until(lambda: heart.lost)
        for write in (
            lambda: store.create("new", b"2"),
            lambda: store.replace("pointer", b"2", "x"),
            lambda: store.delete("pointer"),
        ):
            with pytest.raises(Locked):
                write()
        with pytest.raises(Locked) as caught:
            store.put("pointer", b"2")
        found = store.get("pointer")
    assert caught.value.message == (
        "maria@desk took the lock over meanwhile (rollback of 3c4d), so this one stops here; "
        "hosts stay as they are"
    )
    assert seen(scope).token == "theirs"
    assert found is not None
    assert found.data == b"1"


def test_a_lock_that_somebody_ended_stops_the_operation(scope: Scope) -> None:
    """`unlock --force` is heard, with who did it."""
    with lock.held(scope, "deploy", Silent(), QUICK) as heart:
        with pytest.raises(Locked):
            lock.give_back(scope, force=False)
        assert lock.give_back(scope, force=True) is not None
        until(lambda: heart.lost)
        with pytest.raises(Locked) as caught:
            heart.require()
    assert caught.value.message.startswith(f"{pointer.author()} ended the lock of this operation")
    assert lock.current(scope) is None


class Unwilling(DirectoryStore):
    """A store that does not answer writes while `broken`, or answers them too late."""

    broken = False
    answer_lost = False

    def replace(self, key: str, data: bytes, version: str) -> str:
        if self.broken:
            raise StoreError("does not answer", where=key)
        written = super().replace(key, data, version)
        if self.answer_lost:
            self.answer_lost = False
            raise StoreError("the connection was cut", where=key)
        return written


def test_a_store_that_is_away_for_longer_than_the_lock_lives(tmp_path: Path) -> None:
    """Nothing is lost to nobody: when it answers again, the operation goes on."""
    store = Unwilling(tmp_path)
    scope = scope_in(store)
    pace = Pace(beat=0.01, lifetime=0.1)
    with lock.held(scope, "deploy", Silent(), pace) as heart:
        store.broken = True
        time.sleep(0.2)
        with pytest.raises(StoreError, match="does not answer"):
            heart.guarded.store.put("pointer", b"1")
        store.broken = False
        heart.guarded.store.put("pointer", b"1")
        assert lock.current(scope) is not None


def test_a_beat_whose_answer_was_lost_is_ours(tmp_path: Path) -> None:
    """The next one finds a version that it does not know, and our own token in it."""
    store = Unwilling(tmp_path)
    scope = scope_in(store)
    with lock.held(scope, "deploy", Silent(), QUICK) as heart:
        store.answer_lost = True
        until(lambda: not store.answer_lost)
        first = seen(scope).renewed
        until(lambda: seen(scope).renewed > first)
        heart.require()


def test_a_person_locks_out_everybody(scope: Scope) -> None:
    """Also who locked it: one account may be many people. The hint ends it."""
    lock.take(scope, "the database is being upgraded")
    with pytest.raises(Locked) as caught, lock.held(scope, "deploy", Silent(), QUICK):
        pass
    assert caught.value.message.startswith(f"locked by {pointer.author()} ")
    assert caught.value.message.endswith(" s ago: the database is being upgraded")
    assert caught.value.hint == (
        "the lock stays until somebody ends it: `airchain unlock prod` does it now"
    )
    with pytest.raises(Locked):
        lock.take(scope, "me too")
    ended = lock.give_back(scope, force=False)
    assert ended is not None
    assert ended.reason == "the database is being upgraded"
    assert lock.give_back(scope, force=False) is None


def test_a_person_is_told_how_to_end_a_silent_one(scope: Scope) -> None:
    """One that ran out by the clock has perhaps not ended; waiting does not free it."""
    put(scope, expires=clock.now(scope.store) - timedelta(minutes=1))
    with pytest.raises(Locked) as caught:
        lock.take(scope, "the database is being upgraded")
    assert "`airchain unlock prod --force` ends it now" in str(caught.value.hint)
    assert lock.give_back(scope, force=True) is not None
    lock.take(scope, "the database is being upgraded")


def test_somebody_elses_needs_force(scope: Scope) -> None:
    """It says whose it is, and how to end it all the same."""
    put(scope, kind="person", reason="holiday", expires=None)
    with pytest.raises(Locked, match="locked by maria@desk 3 min ago: holiday") as caught:
        lock.give_back(scope, force=False)
    assert caught.value.hint == "`airchain unlock prod --force` ends it all the same"
    ended = lock.give_back(scope, force=True)
    assert ended is not None
    assert ended.holder == "maria@desk"


def test_a_persons_lock_ends_when_it_was_asked_to(scope: Scope) -> None:
    """Without being watched: nobody renews such a one."""
    taken = lock.take(scope, "lunch", timedelta(minutes=30))
    assert taken.expires is not None
    assert lock.describe(taken, taken.since).endswith("lunch (for 30 min more)")
    assert taken.state(taken.expires - timedelta(seconds=1)) == "held"
    assert taken.state(taken.expires) == "free"


def test_nothing_but_a_lock_is_called_one(scope: Scope) -> None:
    """A store that cannot be read is what it is."""
    scope.store.put(lock_key("p", "prod"), b"{")
    with pytest.raises(StoreError, match="not a Lock"), lock.held(scope, "x", Silent(), QUICK):
        pass


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7_500, "2 h 5 min"), (90_061, "1 d 1 h")],
)
def test_spans_in_words(seconds: int, words: str) -> None:
    """At most two units."""
    assert lock.span(timedelta(seconds=seconds)) == words


def test_how_long_is_said_with_a_unit() -> None:
    """Minutes, hours or days; anything else is explained."""
    assert lock.lasting("90m") == timedelta(minutes=90)
    assert lock.lasting("3d") == timedelta(days=3)
    for wrong in ("2", "h", "0h", "2 h", "1w"):
        with pytest.raises(AirchainError, match="must be such as 30m"):
            lock.lasting(wrong)


def test_a_lock_can_be_ended_while_it_beats(scope: Scope) -> None:
    """A heartbeat between looking and writing is looked at again."""
    for _ in range(20):
        with lock.held(scope, "deploy", Silent(), Pace(beat=0.001)):
            assert lock.give_back(scope, force=True) is not None
