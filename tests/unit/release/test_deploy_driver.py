"""The driver against hosts that are threads: they follow the pointer as a host would."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.keys import scope_in
from tests.support.waiting import wait_until

from airchain.errors import DeployError, SignatureError, StoreError, WaitTimeout
from airchain.progress import Silent
from airchain.release import pointer, rollout, sight
from airchain.release.deploy import Deployed, Stage, deploy, standing
from airchain.release.figures import Figures, Ledger, no_traffic
from airchain.release.scope import Scope
from airchain.spec.model import Deploy
from airchain.store import DirectoryStore
from airchain.store.records import Pointer, Report, ServiceReport, read, report_key
from airchain.store.records import pointer_key as key_of


def scope_of(store: DirectoryStore) -> Scope:
    return scope_in(store, "r1", "r2", "r3")


def bring(store: DirectoryStore, release: str, watch: float = 0, **more: Any) -> Deployed:
    settings = Deploy(watch=watch, **more.pop("settings", {}))
    return deploy(scope_of(store), release, Silent(), settings=settings, **more)


class Host(threading.Thread):
    """Follows the pointer; cannot run the releases in `broken`, until deployment `mended`."""

    def __init__(self, store: DirectoryStore, name: str, broken: tuple[str, ...]) -> None:
        super().__init__(daemon=True)
        self.store, self.host, self.broken = store, name, broken
        self.slow: tuple[str, ...] = ()
        self.mended = 1000
        self.silent_at = 0
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
        if held.serial == self.silent_at:
            self.silent_at = 0
            self.stopped.wait(1)
        wanted = held.release_for(self.host)
        failed = wanted in self.broken and held.serial < self.mended
        if wanted in self.slow:
            self.report(held.serial, failed=False, prepared=held.release, state="converging")
            return
        if not failed and wanted != self.running:
            self.running = wanted
            self.seen.append(wanted)
        self.report(held.serial, failed=failed, prepared=held.release)

    def report(
        self, serial: int, *, failed: bool, prepared: str, state: str = "in_service"
    ) -> None:
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
            "state": "failed" if failed else state,
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


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts are as quick as can be, and so is whoever looks at them."""
    monkeypatch.setattr(DirectoryStore, "interval", 0.02)
    monkeypatch.setattr(sight, "READ_EVERY", 0.05)


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    found = DirectoryStore(tmp_path)
    first = bring(found, "r1")
    assert first.hosts == ()
    return found


def test_every_host_arrives(store: DirectoryStore) -> None:
    """A deployment ends when each host serves the release."""
    with fleet(store) as hosts:
        done = bring(store, "r2")
        assert done.hosts == ("web-0", "web-1", "web-2")
        assert {h.running for h in hosts} == {"r2"}


def test_a_broken_release_goes_back_by_itself(store: DirectoryStore) -> None:
    """The first host fails: no other switches, the old release stays, the log is shown."""
    with fleet(store, "r2") as hosts:
        with pytest.raises(DeployError) as caught:
            bring(store, "r2")
        assert "web is unhealthy; release r1 serves" in caught.value.message
        assert caught.value.detail == "web: GET /healthz: 500\nboom"
        assert [h.seen for h in hosts] == [["r1"]] * 3
    held = pointer.hold(scope_of(store))
    assert held is not None
    assert held.pointer.release == "r1"


def test_a_release_that_was_seen_through_stays_where_one_host_fails(store: DirectoryStore) -> None:
    """Asked for again, it is a host that cannot run it; the others never leave it."""
    with fleet(store) as hosts:
        bring(store, "r2")
        hosts[2].broken = ("r2",)
        wait_until(lambda: _state(store, "web-2") == "failed", "one host fails")
        with pytest.raises(DeployError) as caught:
            bring(store, "r2")
        assert caught.value.where == "host web-2"
        assert "web is unhealthy; release r2 was seen through before and stays" in str(caught.value)
        assert [h.seen for h in hosts] == [["r1", "r2"]] * 3
    held = pointer.hold(scope_of(store))
    assert held is not None
    assert (held.pointer.release, held.pointer.trial) == ("r2", False)


def test_the_reason_is_told_also_where_a_host_refuses_to_go_back(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was wrong with the release, and then what is wrong with the way back."""
    stages: list[Stage] = []
    look = sight.Sight.look

    def refused(self: sight.Sight, held: pointer.Held, *more: Any) -> rollout.Decision:
        if held.pointer.release == "r1":
            raise SignatureError("it does not accept the pointer", where="host web-1")
        return look(self, held, *more)

    monkeypatch.setattr(sight.Sight, "look", refused)
    with fleet(store, "r2"), pytest.raises(DeployError) as caught:
        bring(store, "r2", on_stage=stages.append)
    said = str(caught.value)
    assert "web is unhealthy; while it was taken back, host web-1: it does not accept" in said
    assert stages[-1].kind == "reverted"


def _state(store: DirectoryStore, host: str) -> str:
    found = read(store, report_key("p", "prod", host), Report)
    assert found is not None
    return found.state


def test_a_deployment_that_stopped_half_way_goes_on(store: DirectoryStore) -> None:
    """A pointer left at the canary is taken up by the next driver, under the same serial."""
    with fleet(store):
        held = pointer.hold(scope_of(store))
        assert held is not None
        half = pointer.admit(pointer.begin(held.pointer, "r2", staged=True), ("web-1",))
        pointer.write(scope_of(store), half, held)
        done = bring(store, "r2")
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
        done = bring(store, "r1")
        assert done.hosts == ("web-0", "web-1", "web-2")
        assert [h.seen for h in hosts] == [["r1"]] * 3
    held = pointer.hold(scope_of(store))
    assert held is not None
    assert (held.pointer.admitted, held.pointer.history) == (None, ())


def test_a_first_release_that_fails_does_not_stand_in_the_way(tmp_path: Path) -> None:
    """Nothing serves yet, so the second one is for all hosts at once, not beside the first."""
    store = DirectoryStore(tmp_path)
    bring(store, "r1")
    with fleet(store, "r1") as hosts:
        with pytest.raises(DeployError, match="there is no release to go back to"):
            bring(store, "r1")
        bring(store, "r2")
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
            bring(store, "r2")
        timer.join()


def test_what_failed_can_be_asked_for_again(store: DirectoryStore) -> None:
    """The same release deployed again gets a new serial, so hosts that failed try again."""
    with fleet(store, "r1", hosts=1) as hosts:
        hosts[0].mended = 2
        done = bring(store, "r1")
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
        bring(store, "r2")
        with pytest.raises(DeployError):
            bring(store, "r3")
        assert pointer.before(scope_of(store)) == "r1"
        bring(store, "r1")
        assert pointer.before(scope_of(store)) == "r2"


def test_a_rollback_needs_something_to_go_back_to(store: DirectoryStore) -> None:
    """The first release has nothing before it, and the error says so."""
    with pytest.raises(DeployError, match="no release was deployed before"):
        pointer.before(scope_of(store))


def held_by(store: DirectoryStore) -> Pointer:
    held = pointer.hold(scope_of(store))
    assert held is not None
    return held.pointer


def test_hosts_follow_in_waves(store: DirectoryStore) -> None:
    """One, then half of them, then all; whoever listens hears of each."""
    stages: list[Stage] = []
    admitted: list[tuple[str, ...] | None] = []

    def hear(stage: Stage) -> None:
        stages.append(stage)
        admitted.append(held_by(store).admitted)

    with fleet(store, hosts=4):
        done = bring(store, "r2", settings={"waves": (1, "50%")}, on_stage=hear)
    assert [s.kind for s in stages] == ["start", "prepared", "canary", "wave", "done"]
    assert admitted == [(), (), ("web-0",), ("web-0", "web-1"), None]
    # Hosts may have prepared before the driver first looks.
    names = [p.name for p in done.phases if p.name != "prepare"]
    assert names == ["canary", "wave 2 of 3", "all hosts"]
    assert not held_by(store).trial
    assert held_by(store).previous == "r1"


def test_all_at_once_is_one_write(store: DirectoryStore) -> None:
    """No host waits for another; the record says what a failure would go back to."""
    with fleet(store):
        bring(store, "r2")
        stages: list[Stage] = []
        bring(store, "r3", all_at_once=True, on_stage=stages.append)
    assert [s.kind for s in stages] == ["start", "done"]
    assert stages[0].previous == "r2"


def test_all_at_once_goes_back_too(store: DirectoryStore) -> None:
    """Hosts that had switched already return to what served before."""
    stages: list[Stage] = []
    with fleet(store) as hosts:
        hosts[2].slow = ("r2",)

        def hear(stage: Stage) -> None:
            stages.append(stage)
            if stage.kind == "start":
                wait_until(lambda: hosts[0].running == "r2", "the first host serves r2", pause=0.01)
                hosts[2].broken, hosts[2].slow = ("r2",), ()

        with pytest.raises(DeployError, match="web is unhealthy; release r1 serves on every host"):
            bring(store, "r2", all_at_once=True, on_stage=hear)
        assert hosts[0].seen == ["r1", "r2", "r1"]
        assert {h.running for h in hosts} == {"r1"}
    assert stages[-1].kind == "reverted"
    assert "host web-2: web is unhealthy" in stages[-1].detail


class Counter:
    """What an edge counts of a host that answers `failing` of each ten requests with 500."""

    fleet = "web"

    def __init__(self, requests: int, failed: int) -> None:
        self.requests, self.failed = requests, failed

    def lifetime(self) -> Figures:
        return Figures(self.requests, self.failed)

    def since(self, before: "Counter") -> Figures:
        return Figures(self.requests - before.requests, self.failed - before.failed)


class Edge:
    """Sends every host ten requests at each look; `bad` releases answer half of them with 500."""

    def __init__(self, hosts: list[Host], *bad: str) -> None:
        self.hosts, self.bad = hosts, bad
        self.counters = {h.host: Counter(0, 0) for h in hosts}

    def __call__(self) -> dict[str, Counter]:
        for host in self.hosts:
            was = self.counters[host.host]
            failed = 5 if host.running in self.bad else 0
            self.counters[host.host] = Counter(was.requests + 10, was.failed + failed)
        return dict(self.counters)


def test_hosts_that_fall_silent_on_their_way_back_are_waited_for(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as while the store is away: it is not said that the old release did not come back."""
    with fleet(store, "r2", hosts=1) as hosts:
        wait_until(lambda: hosts[0].running == "r1", "the host runs r1")
        monkeypatch.setattr(rollout, "STALE", timedelta(seconds=0.4))
        held = read(store, key_of("p", "prod"), Pointer)
        assert held is not None
        hosts[0].silent_at = held.serial + 2
        with pytest.raises(DeployError, match="release r1 serves on every host"):
            bring(store, "r2")
        assert hosts[0].silent_at == 0


def test_what_was_wrong_is_said_where_it_cannot_be_taken_back(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store goes away just then: its error is not all that one is told."""

    class Away(DirectoryStore):
        def replace(self, key: str, data: bytes, version: str) -> str:
            if key == key_of("p", "prod") and Pointer.model_validate_json(data).serial == 3:
                raise StoreError("is away", where=key)
            return super().replace(key, data, version)

    monkeypatch.setattr(sight, "STORE_PATIENCE", 0.0)
    with fleet(store, "r2"), pytest.raises(StoreError, match="is away") as caught:
        bring(Away(store.root), "r2")
    assert "it was to be taken back: host web-0: web is unhealthy" in str(caught.value.hint)


def test_a_host_that_reports_nonsense_holds_up_nobody(store: DirectoryStore) -> None:
    """It counts as silent: the others are deployed to and go back."""
    with fleet(store, "r2") as hosts:
        store.put(report_key("p", "prod", "web-9"), b"{}")
        with pytest.raises(DeployError, match="release r1 serves on every host"):
            bring(store, "r2")
        assert bring(store, "r3").hosts == ("web-0", "web-1", "web-2")
        assert {h.running for h in hosts} == {"r3"}


def test_errors_at_the_edge_take_the_canary_back(store: DirectoryStore) -> None:
    """The host is healthy and its answers are not: nobody else gets the release."""
    with fleet(store) as hosts:
        with pytest.raises(DeployError) as caught:
            bring(
                store,
                "r2",
                watch=5,
                traffic=Edge(hosts, "r2"),
                logs=lambda said: f"{said[0].host} runs {said[0].running}: boom",
            )
        assert [h.seen for h in hosts] == [["r1", "r2", "r1"], ["r1"], ["r1"]]
    assert caught.value.where == "host web-0"
    assert "requests failed (50.0%)" in caught.value.message
    assert caught.value.message.endswith("release r1 serves on every host")
    assert caught.value.detail == "web-0 runs r2: boom"


def test_errors_end_a_wave_that_others_are_still_on_their_way_in(store: DirectoryStore) -> None:
    """Nobody waits for the slowest host while viewers see errors of the fastest."""
    with fleet(store) as hosts:
        bring(store, "r2")
        hosts[2].slow = ("r3",)
        with pytest.raises(DeployError, match="answers with errors"):
            bring(store, "r3", all_at_once=True, traffic=Edge(hosts, "r3"))
        assert {h.running for h in hosts} == {"r2"}


def test_good_figures_take_nothing_back(store: DirectoryStore) -> None:
    """The phases tell what was seen."""
    with fleet(store, hosts=2) as hosts:
        done = bring(store, "r2", watch=0.5, traffic=Edge(hosts))
    canary = next(p for p in done.phases if p.name == "canary")
    assert canary.watched >= 0.5
    assert "0 failed" in canary.seen


def test_an_interrupted_deployment_says_how_to_go_on(store: DirectoryStore) -> None:
    """Where it stands is in the pointer, so anybody can tell."""
    assert standing(scope_of(store)) == "nothing is under way in prod"
    with fleet(store):
        held = pointer.hold(scope_of(store))
        assert held is not None
        half = pointer.admit(pointer.begin(held.pointer, "r2", staged=True), ("web-1",))
        pointer.write(scope_of(store), half, held)
    assert standing(scope_of(store)) == (
        "release r2 is let run by web-1; `airchain deploy prod r2` goes on, "
        "`airchain rollback prod` goes back"
    )


@pytest.mark.parametrize(("release", "seen"), [("r3", ["r1", "r2", "r3"]), ("r1", ["r1", "r2"])])
def test_a_driver_that_died_in_the_last_watch(
    store: DirectoryStore, release: str, seen: list[str]
) -> None:
    """What serves everywhere need not be left for an older one on the way to the next."""
    with fleet(store) as hosts:
        held = pointer.hold(scope_of(store))
        assert held is not None
        begun = pointer.begin(held.pointer, "r2", staged=True, all_at_once=True)
        pointer.write(scope_of(store), begun, held)
        wait_until(lambda: {h.running for h in hosts} == {"r2"}, "r2 serves", pause=0.01)
        stages: list[Stage] = []
        bring(store, release, on_stage=stages.append)
        assert [h.seen[: len(seen)] for h in hosts] == [seen] * 3
        assert {h.running for h in hosts} == {release}
    back = release == "r1"
    assert [s.kind for s in stages][1:-1] == ([] if back else ["prepared", "canary"])


def test_all_at_once_goes_on_from_any_wave(store: DirectoryStore) -> None:
    """Who sees that the canary is good may let all others go."""
    with fleet(store) as hosts:
        held = pointer.hold(scope_of(store))
        assert held is not None
        half = pointer.admit(pointer.begin(held.pointer, "r2", staged=True), ("web-1",))
        pointer.write(scope_of(store), half, held)
        done = bring(store, "r2", all_at_once=True)
        assert (done.serial, {h.running for h in hosts}) == (half.serial, {"r2"})


def test_a_host_that_never_arrives_is_not_waited_for(store: DirectoryStore) -> None:
    """After the time that was set the release is taken back, naming the host."""
    with fleet(store) as hosts:
        hosts[0].slow = ("r2",)
        with pytest.raises(DeployError) as caught:
            bring(store, "r2", settings={"timeout": 0.5})
        assert caught.value.where == "hosts web-0"
        assert "waited 0.5 s in phase 'canary'; release r1 serves" in caught.value.message
        assert {h.running for h in hosts} == {"r1"}


def test_a_store_that_is_away_is_waited_for(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver asks again; hosts do not depend on it."""
    with fleet(store) as hosts:
        asked = {"lists": 0}
        true_list = DirectoryStore.list

        def away(self: DirectoryStore, prefix: str) -> Any:
            asked["lists"] += threading.current_thread() is threading.main_thread()
            if 3 <= asked["lists"] <= 5:
                raise StoreError("connection refused")
            return true_list(self, prefix)

        monkeypatch.setattr(DirectoryStore, "list", away)
        monkeypatch.setattr(sight, "_STORE_PAUSE", 0.02)
        assert bring(store, "r2").hosts == tuple(h.host for h in hosts)
        assert asked["lists"] > 5


@pytest.fixture
def silent(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> list[Host]:
    """Three hosts that serve r1 and have not been heard for long; they can be started."""
    hosts = [Host(store, f"web-{n}", ()) for n in range(3)]
    for host in hosts:
        host.step()
    monkeypatch.setattr(rollout, "STALE", timedelta(seconds=0.3))
    time.sleep(0.4)
    return hosts


def test_a_fleet_that_is_only_silent_gets_no_release_at_once(
    store: DirectoryStore, silent: list[Host]
) -> None:
    """As soon as it speaks again, all goes as ever: one host first, and a way back."""
    stages: list[Stage] = []

    def speak() -> None:
        assert held_by(store).admitted == ()
        for host in silent:
            host.start()

    timer = threading.Timer(0.5, speak)
    timer.start()
    try:
        done = bring(store, "r2", on_stage=stages.append)
    finally:
        for host in silent:
            host.stopped.set()
    timer.join()
    assert done.hosts == ("web-0", "web-1", "web-2")
    assert [s.kind for s in stages] == ["start", "prepared", "canary", "done"]
    assert stages[0].previous == "r1"


def test_a_fleet_that_stays_silent_is_an_error(store: DirectoryStore, silent: list[Host]) -> None:
    """Whoever comes back serves what it served; nobody says that no host is up."""
    with pytest.raises(WaitTimeout, match="hosts to speak again' for web-0, web-1, web-2"):
        bring(store, "r2", settings={"timeout": 0.5})
    assert {held_by(store).release_for(host.host) for host in silent} == {"r1"}


class Told(Silent):
    """Progress that is remembered: titles and notes."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    @contextmanager
    def step(self, title: str) -> Iterator[Any]:
        self.lines.append(title)
        yield self

    def note(self, text: str) -> None:
        self.lines.append(text)


def test_hosts_that_are_taken_for_gone(store: DirectoryStore, silent: list[Host]) -> None:
    """Where their machine was restarted, `up` waits for a while and says so; then it goes on."""
    told = Told()
    done = deploy(scope_of(store), "r2", told, settings=Deploy(watch=0), silence=0.3)
    assert done.hosts == ()
    assert told.lines == [
        "hosts to speak again: web-0, web-1, web-2",
        "none of them speaks: they are taken for gone",
    ]
    assert held_by(store).release_for(silent[0].host) == "r2"
    assert not held_by(store).trial
    # Nothing is at stake any more, so nobody is waited for.
    assert bring(store, "r2").hosts == ()


def test_hosts_that_spoke_are_not_taken_for_gone(store: DirectoryStore) -> None:
    """They are waited for as long as ever, also by `up`."""
    with fleet(store, hosts=1) as hosts:
        wait_until(lambda: hosts[0].running == "r1", "the host runs r1")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rollout, "STALE", timedelta(seconds=0.3))
            hosts[0].silent_at = held_by(store).serial + 1
            done = bring(store, "r2", silence=0.2)
    assert done.hosts == ("web-0",)


def test_a_store_that_hung_for_a_moment_takes_no_release_back(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gave no error, and hosts could not report meanwhile: they are given time to."""
    monkeypatch.setattr(rollout, "STALE", timedelta(seconds=0.5))
    monkeypatch.setattr(sight, "GAP", 0.3)
    hosts = [Host(store, f"web-{n}", ()) for n in range(3)]
    scope = scope_of(store)
    before = pointer.hold(scope)
    assert before is not None
    begun = pointer.begin(before.pointer, "r2", staged=True, all_at_once=True)
    held = pointer.write(scope, begun, before)
    seen = sight.Sight(scope, Deploy(watch=60), no_traffic, Ledger())

    def speak(*those: Host) -> None:
        for host in those:
            host.step()

    def sees() -> bool:
        speak(*hosts)
        return isinstance(seen.look(held), rollout.Watch) and not seen.memory.blind

    wait_until(sees, "it has looked for long enough", pause=0.05)

    def hang(key: str) -> None:
        time.sleep(0.6)
        speak(hosts[0])

    monkeypatch.setattr(DirectoryStore, "list", slow_once(hang))
    assert isinstance(seen.look(held), rollout.Watch)

    def reverted() -> bool:
        speak(hosts[0])
        decision = seen.look(held)
        if not isinstance(decision, rollout.Revert):
            return False
        assert "2 of 3 hosts fell silent" in decision.fault.message
        return True

    wait_until(reverted, "who stays silent after that has died of it", pause=0.05)


def slow_once(hang: Callable[[str], None]) -> Callable[[DirectoryStore, str], Any]:
    """Lists a directory, the first time after `hang`."""
    true_list, left = DirectoryStore.list, [hang]

    def listed(self: DirectoryStore, prefix: str) -> Any:
        if left:
            left.pop()(prefix)
        return true_list(self, prefix)

    return listed
