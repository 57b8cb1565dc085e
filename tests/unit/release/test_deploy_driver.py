"""The driver against hosts that are threads: they follow the pointer as a host would."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.keys import scope_in

from airchain.errors import DeployError
from airchain.progress import Silent
from airchain.release import pointer
from airchain.release.deploy import deploy
from airchain.release.scope import Scope
from airchain.store import DirectoryStore
from airchain.store.records import Pointer, Report, ServiceReport, read, report_key
from airchain.store.records import pointer_key as key_of


def scope_of(store: DirectoryStore) -> Scope:
    return scope_in(store, "r1", "r2", "r3")


class Host(threading.Thread):
    """Follows the pointer; cannot run the releases in `broken`, until deployment `mended`."""

    def __init__(self, store: DirectoryStore, name: str, broken: tuple[str, ...]) -> None:
        super().__init__(daemon=True)
        self.store, self.host, self.broken = store, name, broken
        self.mended = 1000
        self.running: str | None = None
        self.seen: list[str | None] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.01):
            self.step()

    def step(self) -> None:
        held = read(self.store, key_of("p", "prod"), Pointer)
        if held is None:
            return
        wanted = held.release_for(self.host)
        failed = wanted in self.broken and held.serial < self.mended
        if not failed and wanted != self.running:
            self.running = wanted
            self.seen.append(wanted)
        self.report(held.serial, failed=failed, prepared=held.release)

    def report(self, serial: int, *, failed: bool, prepared: str) -> None:
        now = datetime.now(UTC)
        web = ServiceReport(
            name="web",
            kind="web",
            state="failed" if failed else "running",
            since=now,
            check="GET /healthz: 500" if failed else "",
            log=("boom",) if failed else (),
        )
        fields: dict[str, Any] = {
            "host": self.host,
            "fleet": "web",
            "address": "10.0.0.1",
            "booted": now,
            "written": now,
            "state": "failed" if failed else "in_service",
            "in_service": True,
            "serial": serial,
            "running": self.running,
            "prepared": (prepared,),
            "services": (web,),
            "error": "web is unhealthy" if failed else None,
        }
        self.store.put(report_key("p", "prod", self.host), Report(**fields).encode())


@contextmanager
def fleet(store: DirectoryStore, *broken: str, hosts: int = 3) -> Iterator[list[Host]]:
    threads = [Host(store, f"web-{n}", broken) for n in range(hosts)]
    for thread in threads:
        thread.step()
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread.stopped.set()
            thread.join()


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    found = DirectoryStore(tmp_path)
    first = deploy(scope_of(found), "r1", Silent())
    assert first.hosts == ()
    return found


def test_every_host_arrives(store: DirectoryStore) -> None:
    """A deployment ends when each host serves the release."""
    with fleet(store) as hosts:
        done = deploy(scope_of(store), "r2", Silent())
        assert done.hosts == ("web-0", "web-1", "web-2")
        assert {h.running for h in hosts} == {"r2"}


def test_a_broken_release_goes_back_by_itself(store: DirectoryStore) -> None:
    """The first host fails: no other switches, the old release stays, the log is shown."""
    with fleet(store, "r2") as hosts:
        with pytest.raises(DeployError) as caught:
            deploy(scope_of(store), "r2", Silent())
        assert "web is unhealthy; release r1 serves" in caught.value.message
        assert caught.value.detail == "web: GET /healthz: 500\nboom"
        assert [h.seen for h in hosts] == [["r1"]] * 3
    held = pointer.hold(scope_of(store))
    assert held is not None
    assert held.pointer.release == "r1"


def test_a_deployment_that_stopped_half_way_goes_on(store: DirectoryStore) -> None:
    """A pointer left at the canary is taken up by the next driver, under the same serial."""
    with fleet(store):
        held = pointer.hold(scope_of(store))
        assert held is not None
        half = pointer.admit(pointer.begin(held.pointer, "r2", staged=True), ("web-1",))
        pointer.write(scope_of(store), half, held)
        done = deploy(scope_of(store), "r2", Silent())
        assert (done.serial, done.changed) == (half.serial, False)


def test_what_stopped_half_way_is_no_release_to_return_to(store: DirectoryStore) -> None:
    """After a driver that died at a broken canary, a rollback never shows r2 to other hosts."""
    with fleet(store, "r2") as hosts:
        held = pointer.hold(scope_of(store))
        assert held is not None
        half = pointer.admit(pointer.begin(held.pointer, "r2", staged=True), ("web-1",))
        held = pointer.write(scope_of(store), half, held)
        third = pointer.begin(half, "r3", staged=True)
        assert (third.previous, third.admitted, third.history) == ("r1", (), ("r1",))
        assert pointer.before(scope_of(store)) == "r1"
        done = deploy(scope_of(store), "r1", Silent())
        assert done.hosts == ("web-0", "web-1", "web-2")
        assert [h.seen for h in hosts] == [["r1"]] * 3
    held = pointer.hold(scope_of(store))
    assert held is not None
    assert (held.pointer.admitted, held.pointer.history) == (None, ())


def test_a_first_release_that_fails_does_not_stand_in_the_way(tmp_path: Path) -> None:
    """Nothing serves yet, so the second one is for all hosts at once, not beside the first."""
    store = DirectoryStore(tmp_path)
    deploy(scope_of(store), "r1", Silent())
    with fleet(store, "r1") as hosts:
        with pytest.raises(DeployError, match="there is no release to go back to"):
            deploy(scope_of(store), "r1", Silent())
        deploy(scope_of(store), "r2", Silent())
        assert [h.seen for h in hosts] == [["r2"]] * 3


def test_a_driver_that_was_overtaken_ends(store: DirectoryStore) -> None:
    """It does not wait for hosts that follow somebody else's pointer by now."""

    def overtake() -> None:
        held = pointer.hold(scope_of(store))
        assert held is not None
        pointer.write(scope_of(store), pointer.begin(held.pointer, "r3", staged=True), held)

    with fleet(store, hosts=1) as hosts:
        hosts[0].stopped.set()  # Nobody follows, so the driver waits.
        hosts[0].join()
        timer = threading.Timer(0.3, overtake)
        timer.start()
        with pytest.raises(DeployError, match="another deployment moved the pointer"):
            deploy(scope_of(store), "r2", Silent())
        timer.join()


def test_what_failed_can_be_asked_for_again(store: DirectoryStore) -> None:
    """The same release deployed again gets a new serial, so hosts that failed try again."""
    with fleet(store, "r1", hosts=1) as hosts:
        hosts[0].mended = 2
        done = deploy(scope_of(store), "r1", Silent())
        assert done.serial == 2


def test_two_writers_of_the_pointer_exclude_each_other(store: DirectoryStore) -> None:
    """The second of two drivers that read the same pointer is told who moved it."""
    held = pointer.hold(scope_of(store))
    assert held is not None
    pointer.write(scope_of(store), pointer.again(held.pointer), held)
    with pytest.raises(DeployError, match="another deployment moved the pointer"):
        pointer.write(scope_of(store), pointer.again(held.pointer), held)


def test_rollback_goes_to_what_served_before(store: DirectoryStore) -> None:
    """A release that was taken back is not what a rollback goes to."""
    with fleet(store, "r3"):
        deploy(scope_of(store), "r2", Silent())
        with pytest.raises(DeployError):
            deploy(scope_of(store), "r3", Silent())
        assert pointer.before(scope_of(store)) == "r1"
        deploy(scope_of(store), "r1", Silent())
        assert pointer.before(scope_of(store)) == "r2"


def test_a_rollback_needs_something_to_go_back_to(store: DirectoryStore) -> None:
    """The first release has nothing before it, and the error says so."""
    with pytest.raises(DeployError, match="no release was deployed before"):
        pointer.before(scope_of(store))
