"""One host and its agent: what a release does to it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import tarfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.rig import (
    ENVIRONMENT,
    HOST,
    MEDIA,
    PRODUCT,
    REGISTRY,
    SIGNING_KEY,
    Rig,
    booted,
    other,
    web,
)

from airchain.fleet import names
from airchain.progress import Silent
from airchain.registry.client import Client, digest_of
from airchain.release.rotate import rotate
from airchain.run import run
from airchain.signing import PrivateKey
from airchain.spec.model import Cache, Limit, Route
from airchain.store.records import (
    Lease,
    Pointer,
    ReleaseSignature,
    Report,
    lease_key,
    pointer_key,
    read,
    signature_key,
)
from airchain.trust import sign

MEMORY_BUDGET = 60_000_000
# Its job is done when somebody says so.
WORKER = """python3 -c "
import signal, sys, time
def finish(*_):
    signal.sigwait({signal.SIGUSR1}); print('finished the job', flush=True); sys.exit()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
signal.signal(signal.SIGTERM, finish)
while True: time.sleep(1)
" """
CRON = """python3 -c "print('tick 100% of $HOME')" """

# Takes its time for /crowd, and counts how often it is asked for it.
COUNTING = """python3 -c "
import http.server, threading, time
seen, broken, lock = 0, False, threading.Lock()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global seen, broken
        text, status = self.headers.get('X-Request-Id', ''), 200
        if self.path.startswith('/crowd'):
            with lock: seen += 1
            time.sleep(0.5)
            status = 500 if broken else 200
        elif self.path == '/seen': text = str(seen)
        elif self.path == '/break': broken = True
        self.send_response(status)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
http.server.ThreadingHTTPServer(('', 8000), Handler).serve_forever()
" """
ACCESS_LOG = ("journalctl", "--identifier=access", "--output=cat")


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A booted host that has not been told any release."""
    with booted(tmp_path_factory.mktemp("agent")) as made:
        yield made


@pytest.fixture
def serving(rig: Rig) -> Rig:
    """The host, serving "evening" with one web service."""
    report = rig.deploy(web=web("evening"))
    assert report.state == "in_service", report.error
    rig.wait(lambda _: len(rig.containers()) == 1, "only one container")
    return rig


def state_of(report: Report) -> Mapping[str, str]:
    return {s.name: s.state for s in report.services}


def test_a_release_is_served(serving: Rig) -> None:
    """Health for the edge, the page for viewers, and little memory for the agent."""
    assert serving.get("/.airchain/health")[0] == 200
    assert "evening" in serving.get("/")[1]
    report = serving.report
    assert report.in_service
    assert report.agent_memory < MEMORY_BUDGET
    assert {"prepare", "start", "health", "switch", "total"} <= report.timings.keys()
    (container,) = serving.containers()
    inspected = serving.on_host(
        "docker",
        "inspect",
        "--format",
        "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}",
        container,
    )
    assert inspected.strip() == "true [ALL] [no-new-privileges]"


def test_no_request_fails_while_releases_change(serving: Rig) -> None:
    """There and back twice, under constant requests; the old container is gone afterwards."""
    with serving.requests() as seen:
        for greeting in ("night", "evening", "night", "evening"):
            assert serving.deploy(web=web(greeting)).state == "in_service"
            time.sleep(0.5)
    assert not seen.failures
    assert seen.greetings["night"]
    assert seen.greetings["evening"]
    assert "evening" in serving.get("/")[1]
    serving.wait(lambda _: len(serving.containers()) == 1, "the old containers are gone")


BROKEN = {
    "exits at once": ("python3 -c 'raise SystemExit(\"no database\")'", "exit status 1"),
    "never answers": ("sleep 600", "connection refused"),
    "answers 404": ("python3 -m http.server 8000 --directory /usr/share", "HTTP 404"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_release_leaves_the_old_one_alone(serving: Rig, fault: str) -> None:
    """The same container serves on, the report says why, the new one is taken away."""
    command, reason = BROKEN[fault]
    before = serving.containers()
    with serving.requests() as seen:
        report = serving.deploy(web=web("evening", command=command))
    assert report.state == "failed"
    assert report.in_service
    (service,) = report.services
    assert service.state == "failed"
    assert reason in service.check
    if fault == "exits at once":
        assert "no database" in service.log
    assert not seen.failures
    assert set(seen.greetings) == {"evening"}
    serving.wait(lambda _: serving.containers() == before, "the broken one is gone")


def test_an_unchanged_service_is_not_touched(serving: Rig) -> None:
    """A release that changes one service leaves the container of the other."""
    sleeper = other("worker", "sleep 600", stop_timeout=1)
    assert serving.deploy(web=web("evening"), sleeper=sleeper).state == "in_service"
    before = serving.containers()
    assert serving.deploy(web=web("night"), sleeper=sleeper).state == "in_service"
    after = serving.containers()
    kept = before.items() & after.items()
    assert [name.split("-")[2] for name, _ in kept if "sleeper" in name] == ["sleeper"]


def address(file: str, viewer: str, *, seconds: int = 60) -> str:
    """An address of the kind that nginx checks, made as a product makes it."""
    signed = f"{int(time.time()) + seconds}/clip/v1"
    digest = hashlib.md5(f"{signed} {viewer} {SIGNING_KEY}".encode()).digest()
    return f"/media/{base64.urlsafe_b64encode(digest).decode().rstrip('=')}/{signed}/{file}"


def test_files_are_written_by_a_service_and_read_by_their_viewer_only(rig: Rig) -> None:
    """A container that is not root writes; a copied or expired address is refused."""
    service = web("evening", files=["media"])
    assert rig.deploy(MEDIA, web=service).state == "in_service"
    rig.wait(lambda _: len(rig.containers()) == 1, "only one container")
    (container,) = rig.containers()
    script = "mkdir -p /files/media/clip/v1 && cd /files/media/clip/v1 && echo '#EXTM3U' >list.m3u8"
    rig.on_host("docker", "exec", container, "sh", "-euc", f"{script} && ln -s /etc/passwd link")
    viewer, other = ({"Cookie": f"viewer=viewer-{letter * 16}"} for letter in "ab")
    mine = address("list.m3u8", "viewer-" + "a" * 16)
    assert rig.get(mine, viewer) == (200, "#EXTM3U\n")
    assert rig.get(mine, {**viewer, "Range": "bytes=1-3"}) == (206, "EXT")
    expired = address("list.m3u8", "viewer-" + "a" * 16, seconds=-1)
    link = address("link", "viewer-" + "a" * 16)
    for path, who in ((mine, other), (mine, {}), (expired, viewer), (link, viewer)):
        assert rig.get(path, who)[0] == 403, path
    assert rig.get(mine.replace("/v1/", "/v2/"), viewer)[0] == 403
    seen = rig.on_host("sh", "-c", "cat /etc/nginx/airchain/* /proc/[0-9]*/cmdline; journalctl")
    assert SIGNING_KEY not in seen


def test_a_crowd_is_one_request_and_an_outage_none(rig: Rig) -> None:
    """Whoever comes together is answered together, and for a while without the service."""
    crowd, brief = (
        Route(path=path, to="web", cache=Cache(seconds=seconds, stale=30, private=("session",)))
        for path, seconds in (("/crowd", 20), ("/crowd/brief", 1))
    )
    assert rig.deploy(brief, crowd, web=web("", command=COUNTING)).state == "in_service"
    with ThreadPoolExecutor(40) as pool:
        assert {status for status, _ in pool.map(rig.get, ["/crowd"] * 40)} == {200}
    assert rig.get("/seen") == (200, "1")
    assert rig.get("/crowd", {"Cookie": "session=mine"})[0] == 200
    assert rig.get("/seen") == (200, "2")
    assert rig.get("/crowd/brief")[0] == 200
    rig.get("/break")
    time.sleep(2)  # By then the answer is old.
    assert rig.get("/crowd/brief")[0] == 200
    assert rig.get("/crowd", {"Cookie": "session=mine"})[0] == 500


def test_too_much_is_refused_and_every_request_has_a_name(rig: Rig) -> None:
    """Too large, too often; the name reaches the service and stands in the log."""
    little = Limit(per_second=0.1, burst=1)
    few = Route(path="/few", to="web", body="1k", limit=little)
    page = Route(
        path="/page", to="web", cache=Cache(seconds=60, private=("session",)), limit=little
    )
    assert rig.deploy(few, page, web=web("", command=COUNTING)).state == "in_service"
    assert rig.get("/few", {"Content-Length": "5000"})[0] == 413
    statuses = [rig.get("/few", {"Accept": "text/html"})[0] for _ in range(3)]
    assert statuses.count(429) >= 1
    status, problem = rig.get("/few")
    assert (status, json.loads(problem)["status"]) == (429, 429)
    # One of these is counted, then each that the service is asked, for the cache or past it.
    assert [rig.get("/page")[0] for _ in range(10)] == [200] * 10
    assert [rig.get(f"/page?{n}")[0] for n in range(3)] == [200, 429, 429]
    assert rig.get("/page", {"Cookie": "session=mine"})[0] == 429
    status, problem = rig.get("/page?new")
    assert (status, json.loads(problem)["status"]) == (429, 429)
    assert rig.get("/page")[0] == 200
    assert (
        rig.get("/id?token=hidden", {"X-Request-Id": "named-by-the-edge"})[1] == "named-by-the-edge"
    )
    rig.wait(lambda _: "named-by-the-edge" in rig.on_host(*ACCESS_LOG), "its line in the log")
    lines = [json.loads(line) for line in rig.on_host(*ACCESS_LOG).splitlines()]
    (line,) = [line for line in lines if line["request_id"] == "named-by-the-edge"]
    assert (line["path"], line["status"], line["route"]) == ("/id", 200, "/")


def test_images_that_nothing_needs_are_removed(serving: Rig) -> None:
    """Those of the running release and of the one before it stay."""
    base = serving.images["debian"].reference
    sleeper = other("worker", "sleep 600", image="debian", user="1000")
    assert serving.deploy(web=web("evening"), sleeper=sleeper).state == "in_service"
    listed = ("docker", "images", "--digests", "--format", "{{.Repository}}@{{.Digest}}")
    serving.deploy(web=web("night"))
    serving.wait(lambda _: len(serving.containers()) == 1, "one container")
    time.sleep(1)
    assert base in serving.on_host(*listed)
    serving.deploy(web=web("evening"))
    serving.wait(lambda _: base not in serving.on_host(*listed), "the image is gone")
    assert serving.images["web"].reference in serving.on_host(*listed)


def test_a_worker_may_finish_its_job(serving: Rig) -> None:
    """The new one is up first; the old one has its stop timeout."""
    worker = other("worker", WORKER, stop_timeout=20)
    assert state_of(serving.deploy(web=web("evening"), worker=worker))["worker"] == "running"
    (old,) = (name for name in serving.containers() if "-worker-" in name)
    serving.deploy(web=web("evening"), worker=other("worker", "sleep 600"))
    assert len(serving.containers()) == 3
    serving.on_host("docker", "kill", "--signal=USR1", old)
    serving.wait(lambda _: len(serving.containers()) == 2, "the old worker is gone")
    log = serving.on_host("journalctl", "-t", "worker", "-o", "cat", "--no-pager")
    assert log.count("finished the job") == 1


def test_a_task_runs_once_per_release(serving: Rig) -> None:
    """Its lease is done; a rollback to the release does not run it again."""
    task = other("task", "python3 -c 'print(\"migrated\")'")
    release = serving.release(web=web("evening"), migrate=task)
    assert state_of(serving.bring(release)) == {"web": "running", "migrate": "done"}
    serving.deploy(web=web("night"))
    assert serving.bring(release).state == "in_service"
    log = serving.on_host("journalctl", "-t", "migrate", "-o", "cat", "--no-pager")
    assert log.splitlines().count("migrated") == 1


def test_a_failing_task_stops_the_release(serving: Rig) -> None:
    """Nothing of the release is started; the task's output is in the report."""
    before = serving.containers()
    task = other("task", "python3 -c 'import sys; sys.exit(\"no table\")'")
    report = serving.deploy(web=web("night"), migrate=task)
    assert report.state == "failed"
    assert state_of(report)["migrate"] == "failed"
    assert "no table" in {line for s in report.services for line in s.log}
    assert serving.containers() == before


def test_a_task_that_another_host_runs_is_waited_for(serving: Rig) -> None:
    """The lease decides; this host starts when it is done. What it serves is watched meanwhile."""
    release = serving.release(web=web("night"), migrate=other("task", "false"))
    key = lease_key(PRODUCT, ENVIRONMENT, f"task/{release.removeprefix('sha256:')[:12]}/migrate")
    lease = Lease(holder="web-0002/99", expires=datetime(2100, 1, 1, tzinfo=UTC))
    version = serving.store.create(key, lease.encode())
    serving.point(release)
    serving.wait(lambda r: state_of(r).get("migrate") == "waiting", "it waits")
    (name,) = serving.containers()
    # Not waited for: the agent may start it before it has ended, which is the end of this job.
    serving.on_host("systemctl", "--no-block", "stop", f"{name}.service")
    serving.wait(lambda r: not r.in_service, "the host leaves service")
    serving.wait(lambda r: r.in_service, "what gave up is started again")
    assert state_of(serving.report)["migrate"] == "waiting"
    serving.store.replace(key, lease.model_copy(update={"state": "done"}).encode(), version)
    serving.wait(lambda r: r.running == release and r.state == "in_service", "it goes on")


def test_a_cron_runs_once_per_tick(serving: Rig) -> None:
    """Its command is taken literally; the lease says which tick it was, and that it is done."""
    cron = other("cron", CRON, schedule="* * * * *")
    report = serving.deploy(web=web("evening"), tick=cron)
    assert state_of(report)["tick"] == "waiting"
    key = lease_key(PRODUCT, ENVIRONMENT, "crons/tick")
    serving.wait(
        lambda _: (lease := read(serving.store, key, Lease)) is not None and lease.state == "done",
        "the tick is done",
        seconds=80,
    )
    log = serving.on_host("journalctl", "-t", "tick", "-o", "cat", "--no-pager")
    assert "tick 100% of $HOME" in log


def test_a_missing_secret_is_named(serving: Rig) -> None:
    """With the command that sets it; what serves goes on."""
    report = serving.deploy(web=web("night", secrets=["NOT_THERE"]))
    assert report.state == "failed"
    assert "NOT_THERE" in (report.error or "")
    assert report.hint == f"airchain secrets set {ENVIRONMENT} NOT_THERE"
    assert "evening" in serving.get("/")[1]


def test_a_secret_is_a_file_and_nothing_else(serving: Rig) -> None:
    """It can be read inside; no command line and no environment shows it."""
    assert serving.deploy(web=web("night", secrets=["API_TOKEN"])).state == "in_service"
    serving.wait(lambda _: len(serving.containers()) == 1, "one container")
    (container,) = serving.containers()
    reading = ("docker", "exec", container, "sh", "-c", 'cat "$API_TOKEN_FILE"')
    assert serving.on_host(*reading) == "sesame-open"
    assert "sesame" not in serving.on_host("docker", "inspect", container)
    assert "sesame" not in serving.on_host("ps", "axeww")


def test_root_is_refused(serving: Rig) -> None:
    """Whatever the service says."""
    report = serving.deploy(web=web("night", user="0"))
    assert report.state == "failed"
    assert "root" in (report.error or "")


def test_a_release_is_prepared_before_this_host_is_admitted(serving: Rig) -> None:
    """It is pulled and verified while the old one serves."""
    release = serving.release(web=web("midnight"))
    serial = serving.point(release, admitted=())
    report = serving.wait(lambda r: release in r.prepared and r.serial == serial, "prepared")
    assert report.running != release
    assert report.state == "in_service"
    assert "evening" in serving.get("/")[1]


def test_an_agent_that_dies_changes_nothing(serving: Rig) -> None:
    """systemd starts it again and it adopts what runs."""
    before = serving.containers()
    with serving.requests() as seen:
        serving.on_host("systemctl", "kill", "--signal=KILL", "airchain-agent")
        killed = datetime.now(UTC)
        serving.wait(lambda r: r.written > killed and r.state == "in_service", "it is back")
        time.sleep(2)
    assert not seen.failures
    assert serving.containers() == before


def test_services_outlive_the_engine(serving: Rig) -> None:
    """Without the agent's help: the same containers, each joined by its unit, serve on."""
    serving.deploy(web=web("night"))
    serving.wait(lambda _: len(serving.containers()) == 1, "evening is gone")
    running = serving.containers()
    (unit,) = (f"{name}.service" for name in running)
    serving.on_host("systemctl", "stop", "airchain-agent")
    with serving.requests() as seen:
        serving.on_host("systemctl", "restart", "docker")
        serving.wait(lambda _: joined(serving, unit), "the unit has joined its container")
    assert not seen.failures
    assert serving.containers() == running
    serving.on_host("systemctl", "start", "airchain-agent")
    started = datetime.now(UTC)
    serving.wait(lambda r: r.written > started and r.state == "in_service", "the agent is back")


def test_services_come_back_with_the_engine(serving: Rig) -> None:
    """Those whose containers ended with it are started, without the agent's help."""
    running = serving.containers()
    serving.on_host("systemctl", "stop", "airchain-agent")
    process = serving.on_host("docker", "inspect", "--format", "{{.State.Pid}}", *running)
    serving.on_host("systemctl", "stop", "docker.socket", "docker")
    serving.on_host("kill", "-KILL", process.strip())
    time.sleep(5)  # Units do not give up meanwhile.
    serving.on_host("systemctl", "start", "docker")
    deadline = time.monotonic() + 30
    while serving.get("/")[0] != 200:
        assert time.monotonic() < deadline, "the service did not come back"
        time.sleep(0.1)
    assert serving.containers().keys() == running.keys()
    assert serving.containers() != running
    serving.on_host("systemctl", "start", "airchain-agent")
    started = datetime.now(UTC)
    serving.wait(lambda r: r.written > started and r.state == "in_service", "the agent is back")


def joined(rig: Rig, unit: str) -> bool:
    show = ("systemctl", "show", unit, "--property=SubState,NRestarts")
    return {"SubState=running", "NRestarts=1"} <= set(rig.on_host(*show).split())


@contextmanager
def altered(path: Path) -> Iterator[None]:
    """One byte in the middle of a file is another, for a while."""
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    try:
        yield
    finally:
        path.write_bytes(data)


def blob(rig: Rig, digest: str) -> Path:
    """Where the registry keeps what has this digest."""
    value = digest.removeprefix("sha256:")
    return rig.home.registry_storage / f"docker/registry/v2/blobs/sha256/{value[:2]}/{value}/data"


def with_fresh_layer(rig: Rig) -> tuple[Rig, str]:
    """The rig with a web image that no host has: one layer more; and that layer's digest."""
    old = rig.images["web"]
    registry, _, repository = old.repository.partition("/")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("srv/noise")
        entry.size = 1 << 16
        archive.addfile(entry, io.BytesIO(os.urandom(entry.size)))
    layer = gzip.compress(packed.getvalue())
    with Client(registry) as client:
        manifest = client.manifest(repository, old.digest)
        assert manifest is not None
        settings = json.loads(client.blob(repository, manifest.config.digest, limit=1 << 20))
        settings["rootfs"]["diff_ids"].append(digest_of(packed.getvalue()))
        settings.pop("history", None)
        config = json.dumps(settings).encode()
        document = json.loads(manifest.raw)
        digest = client.put_blob(repository, layer)
        kind = document["layers"][-1]["mediaType"]
        document["layers"].append({"mediaType": kind, "digest": digest, "size": len(layer)})
        document["config"]["digest"] = client.put_blob(repository, config)
        document["config"]["size"] = len(config)
        raw = json.dumps(document).encode()
        made = client.put_manifest(repository, digest_of(raw), raw, manifest.media_type)
    image = old.model_copy(update={"digest": made})
    return replace(rig, images={**rig.images, "web": image}), digest


FORGERIES: dict[str, str] = {
    "altered": "signature does not fit",
    "signed by a wrong key": "is not trusted",
    "replayed": "not later than the last one",
    "cut off": "not a signed document",
    "not signed": "is not signed",
    "removed": "was removed",
}


def forge(case: str, good: bytes, old: bytes) -> bytes:
    """What somebody who can write to the store, and has no key, may put there."""
    if case == "replayed":
        return old
    if case == "cut off":
        return good[:-30]
    record = Pointer.model_validate_json(good)
    evil = record.model_copy(update={"serial": record.serial + 1, "release": "sha256:" + "0" * 64})
    if case == "signed by a wrong key":
        return sign(evil, PrivateKey.generate(), "pointer", PRODUCT, ENVIRONMENT).encode()
    if case == "not signed":
        return evil.model_copy(update={"key": "", "signature": ""}).encode()
    return evil.encode()


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_pointer_is_refused_and_reported(serving: Rig, case: str) -> None:
    """Not a request fails, no container is touched; once it is right again all is well."""
    key = pointer_key(PRODUCT, ENVIRONMENT)
    old = serving.store.get(key)
    serving.deploy(web=web("evening"))
    good = serving.store.get(key)
    assert old is not None
    assert good is not None
    before = serving.containers()
    with serving.requests() as seen:
        if case == "removed":
            serving.store.delete(key)
        else:
            serving.store.put(key, forge(case, good.data, old.data))
        report = serving.wait(lambda r: FORGERIES[case] in (r.error or ""), "it is reported")
        time.sleep(1)
        assert (report.state, report.in_service) == ("in_service", True)
        assert key in (report.error or "")
        assert (report.refused is None) == (case == "removed")
        assert "airchain deploy" in (report.hint or "")
        serving.store.put(key, good.data)
        serving.wait(lambda r: r.error is None and r.refused is None, "it is well again")
    assert not seen.failures
    assert set(seen.greetings) == {"evening"}
    assert serving.containers() == before


def test_an_agent_that_starts_anew_still_knows_what_it_accepted(serving: Rig) -> None:
    """Its memory is on disk: neither a replayed nor a forged pointer becomes good by a restart."""
    key = pointer_key(PRODUCT, ENVIRONMENT)
    old = serving.store.get(key)
    serving.deploy(web=web("night"))
    good = serving.store.get(key)
    assert old is not None
    assert good is not None
    serving.wait(lambda _: len(serving.containers()) == 1, "evening is gone")
    before = serving.containers()
    serving.store.put(key, old.data)
    serving.on_host("systemctl", "restart", "airchain-agent")
    began = datetime.now(UTC)
    report = serving.wait(
        lambda r: r.written > began and "not later" in (r.error or "") and r.state == "in_service",
        "it refuses the old one",
    )
    assert report.in_service
    assert "night" in serving.get("/")[1]
    assert serving.containers() == before
    serving.store.put(key, good.data)
    serving.wait(lambda r: r.error is None, "it is well again")


def refused(rig: Rig, release: str, *names: str) -> None:
    """The host says no to the release, names what is wrong, and serves on."""
    before = rig.containers()
    with rig.requests() as seen:
        report = rig.bring(release)
    assert report.state == "failed"
    assert report.in_service
    for name in names:
        assert name in (report.error or ""), report.error
    assert not seen.failures
    assert set(seen.greetings) == {"evening"}
    assert rig.containers() == before


def test_a_release_that_a_wrong_key_signed_is_refused(serving: Rig) -> None:
    """Although the pointer is right; signed by the right key it is run."""
    release = serving.release(web=web("dusk"))
    key = signature_key(PRODUCT, release)
    stranger = sign(
        ReleaseSignature(digest=release), PrivateKey.generate(), "release", PRODUCT
    ).encode()
    serving.store.put(key, stranger)
    refused(serving, release, key, "is not trusted")
    serving.store.delete(key)
    refused(serving, release, key, "is not signed")
    serving.keys.sign_release(release)
    assert serving.bring(release).state == "in_service"


def test_an_altered_release_is_refused(serving: Rig) -> None:
    """Its record as well as the manifest that names it, each by its digest."""
    release = serving.release(web=web("dawn"))
    with Client(REGISTRY.name) as client:
        manifest = client.manifest(f"{PRODUCT}/releases", release)
    assert manifest is not None
    for digest in (release, manifest.layers[0].digest):
        with altered(blob(serving, digest)):
            refused(serving, release, digest)
    assert serving.bring(release).state == "in_service"


def test_an_altered_image_is_refused(serving: Rig) -> None:
    """Its manifest as well as a layer; the error names the image. Whole again, it is run."""
    fresh, layer = with_fresh_layer(serving)
    image = fresh.images["web"]
    release = fresh.release(web=web("night"))
    for digest in (image.digest, layer):
        with altered(blob(serving, digest)):
            refused(serving, release, image.digest)
    assert serving.bring(release).state == "in_service"


def known(rig: Rig) -> int:
    """The number of the list of keys that the host goes by."""
    number: int = json.loads(rig.on_host("cat", "/var/lib/airchain/trust.json"))["trust"]["number"]
    return number


def test_a_host_follows_a_rotation_of_keys(serving: Rig) -> None:
    """While it serves, under requests; what the old key signs afterwards is refused."""
    old = serving.keys.private()
    before = serving.containers()
    with serving.requests() as seen:
        done = rotate(serving.keys, Silent())
        held = serving.store.get(pointer_key(PRODUCT, ENVIRONMENT))
        assert held is not None
        right = Pointer.model_validate_json(held.data)
        assert right.key == done.key
        serving.wait(lambda _: known(serving) == done.number, "it has the last list of keys")
        assert serving.report.error is None
        stale = sign(
            right.model_copy(update={"serial": right.serial + 1}),
            old,
            "pointer",
            PRODUCT,
            ENVIRONMENT,
        )
        serving.store.put(pointer_key(PRODUCT, ENVIRONMENT), stale.encode())
        serving.wait(lambda r: "is not trusted" in (r.error or ""), "the old key is refused")
        serving.store.put(pointer_key(PRODUCT, ENVIRONMENT), held.data)
        serving.wait(lambda r: r.error is None, "it is well again")
    assert not seen.failures
    assert serving.containers() == before
    assert serving.deploy(web=web("night")).state == "in_service"
    assert serving.report.agent_memory < MEMORY_BUDGET


FAKETIME = "libfaketime.so.1"
# A unit of systemd's own memory: a restart of the host forgets it.
CLOCK = "/run/systemd/system/airchain-agent.service.d/clock.conf"
BEHIND = f"""[Service]
Environment=LD_PRELOAD=/usr/local/lib/{FAKETIME} FAKETIME=-20m
Environment=NO_FAKE_STAT=1 DONT_FAKE_MONOTONIC=1
"""


@pytest.fixture
def twenty_minutes_behind(serving: Rig) -> Iterator[Rig]:
    """The agent's clock is moved; that of the file system, which is the store's, is not."""
    (library,) = Path("/usr/lib").glob(f"*/faketime/{FAKETIME}")
    container = names.container(PRODUCT, ENVIRONMENT, HOST)
    copy = [str(serving.engine.cli), "cp", str(library), f"{container}:/usr/local/lib/{FAKETIME}"]
    run(copy, env=serving.engine.env(), timeout=60)
    script = f"mkdir -p {Path(CLOCK).parent} && printf '%s' \"$1\" > {CLOCK}"
    serving.on_host("sh", "-c", script, "sh", BEHIND)
    restart_agent(serving)
    try:
        yield serving
    finally:
        serving.on_host("rm", "-f", CLOCK)
        restart_agent(serving)


def restart_agent(rig: Rig) -> None:
    rig.on_host("systemctl", "daemon-reload")
    rig.on_host("systemctl", "restart", "airchain-agent")


def test_a_clock_moved_by_20_minutes_is_named(twenty_minutes_behind: Rig) -> None:
    """No new release is begun, the old one serves, the report is fresh for all others."""
    rig = twenty_minutes_behind
    with rig.requests() as seen:
        report = rig.wait(lambda r: (r.clock_skew or 0) < -1000, "the clock is found wrong")
        assert report.clock_skew == pytest.approx(-1200, abs=2)
        assert abs(datetime.now(UTC) - report.written) < timedelta(seconds=5)
        assert report.in_service
        report = rig.deploy(web=web("night"))
        assert report.state == "failed"
        assert "1200 s behind the store's" in (report.error or "")
        assert report.hint
        assert report.in_service
    assert not seen.failures
    assert set(seen.greetings) == {"evening"}


def test_a_clock_that_is_set_again_needs_no_help(serving: Rig) -> None:
    """The next release is taken."""
    serving.wait(lambda r: r.clock_skew == 0, "the clock is right")
    assert serving.deploy(web=web("night")).state == "in_service"


def test_time_is_synchronised_by_hosts_that_have_a_clock_of_their_own(serving: Rig) -> None:
    """The service is there and switched on; in a container it is left out, not failed."""
    show = ("systemctl", "show", "systemd-timesyncd", "-p", "UnitFileState,ActiveState,Result")
    shown = serving.on_host(*show)
    assert "UnitFileState=enabled" in shown
    assert "ActiveState=inactive" in shown
    assert "Result=success" in shown
