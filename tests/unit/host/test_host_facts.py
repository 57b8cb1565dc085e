"""What a host observes and remembers, and what it says of itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer

import pytest

from airchain.errors import DeployError, PreflightError, StoreError
from airchain.host import facts, secrets, state, trust
from airchain.host.folders import make_folders
from airchain.host.health import judge, probe
from airchain.host.identity import Identity, Places, read_identity
from airchain.host.instances import Instance
from airchain.host.report import Reporter, Status, merge
from airchain.host.secrets import require
from airchain.host.start import ended
from airchain.host.wanted import Superseded
from airchain.spec.model import Health, Service
from airchain.store import DirectoryStore
from airchain.store.records import ServiceReport
from airchain.trust import Memory

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LATER = NOW + timedelta(seconds=9)
IDENTITY = Identity(
    product="tv", environment="prod", fleet="web", host="web-1", registry="localhost:5050"
)
SHOWN = """\
Result=success
NRestarts=2
ExecMainStatus=0
Id=a.service
ActiveState=active
SubState=running

Result=exit-code
NRestarts=5
ExecMainStatus=3
Id=b.service
ActiveState=failed
SubState=failed
"""


def test_systemctl_show_is_read_by_unit() -> None:
    """Units come in blocks; an answer of systemd's own is kept as it is."""
    shown = facts.parse_show(SHOWN)
    assert shown["a.service"]["ActiveState"] == "active"
    assert shown["b.service"]["ExecMainStatus"] == "3"
    assert facts.parse_show("") == {}


def instance(**more: object) -> Instance:
    spec = Service.model_validate({"image": "www", "kind": "web", **more})
    return Instance(id="1", product="tv", service="django", image="i@d", spec=spec)


def test_the_end_of_a_unit_is_told_with_its_status() -> None:
    """And how often it ended."""
    assert ended(facts.Unit(instance(), status=3, restarts=5)) == (
        "it ended with exit status 3, 5 times"
    )
    assert ended(facts.Unit(instance(), status=1)) == "it ended with exit status 1"


def test_this_machine_has_a_disk_memory_and_a_boot() -> None:
    """Facts are read from the kernel; a path that is not there yet counts as its parent."""
    assert facts.disk(Path("/nowhere/at/all")).bytes > 0
    assert facts.memory() > 1_000_000
    assert facts.booted() < datetime.now(UTC)


ROUTES = """\
Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t01001EAC\t0003\t0\t0\t0\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
eth0\t00001EAC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""


def test_the_network_of_the_edge_is_the_one_beside_the_way_out() -> None:
    """Not that of the host's own containers, which are not believed who asked."""
    assert facts.parse_network(ROUTES) == "172.30.0.0/16"
    assert facts.parse_network(ROUTES.splitlines()[0]) is None


def test_a_machine_without_an_identity_is_no_host(tmp_path: Path) -> None:
    """The error names the file."""
    places = Places(tmp_path)
    with pytest.raises(PreflightError, match="no host of Airchain"):
        read_identity(places)
    places.identity.parent.mkdir(parents=True)
    places.identity.write_text(IDENTITY.model_dump_json())
    assert read_identity(places) == IDENTITY


def test_a_host_remembers_what_it_ran_before(tmp_path: Path) -> None:
    """Arriving twice at the same release forgets nothing; damage is like a new host."""
    places = Places(tmp_path)
    assert state.load(places) == state.State()
    there = state.State().arrived("one", 2).arrived("two", 3).arrived("two", 4)
    assert there == state.State(running="two", previous="one", keep=4)
    state.save(places, there)
    assert state.load(places) == there
    places.state.write_text("{")
    assert state.load(places) == state.State()


def delivered(root: Path) -> Places:
    """A host to which all secrets have been delivered: none."""
    places = Places(root)
    places.secrets.mkdir(parents=True)
    places.secrets_complete.touch()
    return places


def test_a_missing_secret_is_named_with_the_command_that_sets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Delivered secrets are not complained about."""
    monkeypatch.setattr(secrets, "ADDED_WITHIN", 0.0)
    places = delivered(tmp_path)
    (places.secrets / "THERE").write_text("x")
    with pytest.raises(DeployError, match="MISSING") as caught:
        require(places, IDENTITY, [instance(secrets=["THERE", "MISSING"])], lambda: True)
    assert caught.value.hint == "airchain secrets set prod MISSING"
    require(places, IDENTITY, [instance(secrets=["THERE"])], lambda: True)


def test_a_secret_that_a_release_brings_may_come_after_its_pointer(tmp_path: Path) -> None:
    """The host waits a moment for the keeper, and not for a release that is gone meanwhile."""
    places = delivered(tmp_path)
    sender = threading.Timer(0.1, (places.secrets / "NEW").write_text, ["x"])
    sender.start()
    require(places, IDENTITY, [instance(secrets=["NEW"])], lambda: True)
    sender.join()
    with pytest.raises(Superseded):
        require(places, IDENTITY, [instance(secrets=["NEWER"])], lambda: False)


def test_keys_of_signed_addresses_are_waited_for_like_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nginx needs them before it is switched."""
    monkeypatch.setattr(secrets, "ADDED_WITHIN", 0.0)
    places = delivered(tmp_path)
    with pytest.raises(DeployError, match=r"KEY \(needed by signed addresses\)"):
        require(places, IDENTITY, [instance()], lambda: True, ["KEY"])


def test_folders_of_files_are_made_once_and_anybody_may_write(tmp_path: Path) -> None:
    """Containers run as whoever their image says."""
    places = Places(tmp_path)
    make_folders(places, ["media"])
    (places.files / "media" / "film").write_text("x")
    make_folders(places, ["media", "art"])
    assert (places.files / "media" / "film").read_text() == "x"
    assert (places.files / "art").stat().st_mode & 0o777 == 0o777


def test_without_secrets_nobody_waits_for_their_delivery(tmp_path: Path) -> None:
    """A host whose services need none starts at once."""
    require(Places(tmp_path), IDENTITY, [instance()], lambda: True)


def test_time_check_and_log_belong_to_a_state() -> None:
    """They are kept while it lasts and forgotten with it."""
    failed = merge(
        None,
        {"name": "a", "kind": "web", "state": "failed", "check": "HTTP 500", "log": ("boom",)},
        NOW,
    )
    assert merge(failed, {"restarts": 1}, LATER).since == NOW
    assert merge(failed, {"restarts": 1}, LATER).log == ("boom",)
    running = merge(failed, {"state": "running"}, LATER)
    assert running == ServiceReport(name="a", kind="web", state="running", since=LATER)


def test_a_change_of_the_report_wakes_its_writer() -> None:
    """Saying the same again does not."""
    status = Status(IDENTITY)
    status.update(serial=4)
    assert status.changed.is_set()
    status.changed.clear()
    status.update(serial=4)
    assert not status.changed.is_set()
    status.service("django", kind="web", state="running")
    assert status.changed.is_set()
    assert [s.name for s in status.report.services] == ["django"]
    status.services((), serial=5)
    assert (status.report.services, status.report.serial) == ((), 5)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status = 200 if self.headers["Host"] == "dramas.localhost" else 400
        self.send_response(status if self.path == "/ok" else 500)
        self.end_headers()
        self.wfile.write(b"the cellar\n is empty")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_check_asks_for_the_domain_and_shows_the_answer(port: int) -> None:
    """A bare address would be refused by many applications."""
    healthy = probe("127.0.0.1", port, Health(path="/ok"), "dramas.localhost")
    assert healthy.ok
    broken = probe("127.0.0.1", port, Health(path="/no"), "dramas.localhost")
    assert (broken.ok, broken.text) == (False, "GET /no: HTTP 500: the cellar is empty")
    assert probe("127.0.0.1", port, None, "x").ok


def test_nobody_answering_is_said_in_words() -> None:
    """A closed port is not ready, with or without a path."""
    assert probe("127.0.0.1", 9, Health(), "x").text == "GET /healthz: connection refused"
    assert probe("127.0.0.1", 9, None, "x").text == "port 9: connection refused"


@pytest.mark.parametrize(("status", "ok"), [(200, True), (302, True), (399, True), (404, False)])
def test_success_and_redirects_are_ready(status: int, ok: bool) -> None:
    """Errors of either side are not."""
    assert judge("/", status, "").ok is ok


def test_a_unit_that_a_drain_removes_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was listed and is gone before it is read: that is no failure of what is looked for."""
    places = Places(tmp_path)
    places.units.mkdir(parents=True)
    (places.units / "gone.service").symlink_to("removed")
    monkeypatch.setattr(facts, "run", lambda *_, **__: pytest.fail("nothing is there to ask for"))
    assert facts.observe(places) == ()


def test_what_cannot_be_noted_is_not_accepted(tmp_path: Path) -> None:
    """A full disk is named; the loop goes on with the pointer that it had."""
    places = Places(tmp_path)
    (tmp_path / "var").write_text("in the way")
    follower = trust.follower(places, IDENTITY, DirectoryStore(tmp_path / "store"))
    with pytest.raises(StoreError, match="cannot note what it accepts"):
        follower._remember(Memory())


def test_a_reporter_outlives_what_nobody_foresaw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that falls silent would be replaced."""
    seen, disk, written = threading.Event(), facts.disk, threading.Event()

    def fails_once(path: Path) -> facts.Disk:
        if not seen.is_set():
            seen.set()
            raise OSError("Input/output error")
        written.set()
        return disk(path)

    monkeypatch.setattr(facts, "disk", fails_once)
    status = Status(IDENTITY)
    reporter = Reporter(status, DirectoryStore(tmp_path), IDENTITY, Places(tmp_path))
    reporter.start()
    assert seen.wait(5)
    status.update(error="what comes next is told")
    assert written.wait(5)
    reporter.stop()
