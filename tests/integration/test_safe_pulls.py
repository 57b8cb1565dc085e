"""What goes wrong while images come to a host, or after: the old release serves on,
the report says why, nothing is left behind, and the host recovers by itself.

The engine's disk is a small one in memory, so that it can run full.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from tests.support.rig import PRODUCT, REGISTRY, Rig, booted, web
from tests.support.waiting import wait_until

from airchain.registry.client import Client
from airchain.store.records import ImageDigest, Report

DISK = "/var/lib/docker"
MB = 1 << 20
LAYER = 32 * MB
PROOFS = "/run/airchain/proofs"
# Whatever the engine does not know of below its folder, however young.
LEFT = """
from datetime import UTC, datetime, timedelta
from airchain.host import leftovers
from airchain.host.identity import Places
places = Places()
later = datetime.now(UTC) + timedelta(days=1)
print(*leftovers.find(places.images, places.engine_pid, later), sep="\\n")
"""
# The engine stands still meanwhile: otherwise the pull may be over before anything is done.
DURING_A_PULL = """
engine=$(cat /run/docker.pid)
until set -- /var/lib/docker/tmp/GetImageBlob*; test -e "$1"; do :; done
kill -STOP $engine
{act}
kill -CONT $engine
"""
TRIES = 3
USED = "$(df --output=used -k /var/lib/docker | tail -1)"
USED_INODES = "$(df --output=iused /var/lib/docker | tail -1)"


@dataclass(frozen=True)
class Crafted:
    """An image whose uppermost layer nobody has seen: its blob, and a release of it."""

    rig: Rig
    name: str
    digest: str
    blob: Path
    release: str

    @property
    def reference(self) -> str:
        return self.rig.images["web"].reference


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A booted host whose engine has a disk of 800 MB and 40,000 inodes."""
    with booted(tmp_path_factory.mktemp("pulls")) as made:
        made.on_host("systemctl", "stop", "airchain-agent", "docker.socket", "docker")
        size(made, "size=800m,nr_inodes=40000", "mount", "-t", "tmpfs", "tmpfs")
        made.on_host("systemctl", "start", "docker.socket", "docker", "airchain-agent")
        yield made


@pytest.fixture
def serving(rig: Rig) -> Iterator[Rig]:
    """The host, serving hello; afterwards without what the test did to its disk."""
    report = rig.deploy(web=web("evening"))
    assert report.state == "in_service", report.error
    rig.wait(lambda _: len(rig.containers()) == 1, "only one container")
    yield rig
    size(rig, "remount,size=800m,nr_inodes=40000")


def size(rig: Rig, options: str, *words: str) -> None:
    rig.on_host(*(words or ("mount",)), "-o", options, DISK)


def craft(rig: Rig) -> Crafted:
    """An image with hello's layers and one more, of content that was never seen before."""
    repository = f"{PRODUCT}/web"
    with Client(REGISTRY.name) as registry:
        manifest = registry.manifest(repository, rig.images["web"].digest)
        assert manifest
        config = json.loads(registry.blob(repository, manifest.config.digest, limit=MB))
        name = os.urandom(4).hex()
        archive, layer = pack(name)
        config["rootfs"]["diff_ids"].append("sha256:" + hashlib.sha256(archive).hexdigest())
        config["history"].append({"created_by": "a test"})
        described = json.dumps(config).encode()
        document = json.loads(manifest.raw)
        document["config"] |= {
            "digest": registry.put_blob(repository, described),
            "size": len(described),
        }
        blob = registry.put_blob(repository, layer)
        document["layers"].append({**document["layers"][-1], "digest": blob, "size": len(layer)})
        raw = json.dumps(document).encode()
        reference = "sha256:" + hashlib.sha256(raw).hexdigest()
        registry.put_manifest(repository, reference, raw, manifest.media_type)
    image = ImageDigest(repository=f"{REGISTRY.name}/{repository}", digest=reference, size=LAYER)
    mine = replace(rig, images={**rig.images, "web": image})
    folder = blob.removeprefix("sha256:")
    data = rig.home.registry_storage / "docker/registry/v2/blobs/sha256" / folder[:2] / folder
    return Crafted(mine, name, blob, data / "data", mine.release(web=web("night")))


def pack(name: str) -> tuple[bytes, bytes]:
    """The archive and the blob of a layer with files below `srv/NAME`."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for number in range(8):
            entry = tarfile.TarInfo(f"srv/{name}/{number}")
            entry.size = LAYER // 8
            tar.addfile(entry, io.BytesIO(os.urandom(entry.size)))
    return packed.getvalue(), gzip.compress(packed.getvalue(), compresslevel=1)


@contextmanager
def undisturbed(rig: Rig) -> Iterator[None]:
    """The same container serves all the time, and every request is answered by it."""
    before = rig.containers()
    with rig.requests() as seen:
        yield
    assert not seen.failures
    assert set(seen.greetings) == {"evening"}
    assert before.items() <= rig.containers().items()


def prepared(crafted: Crafted, serial: int) -> None:
    """The host has the release, for the deployment that it was asked in."""
    report = crafted.rig.wait(lambda r: crafted.release in r.prepared, "prepared", seconds=90)
    assert report.serial == serial
    crafted.rig.wait(lambda r: (r.state, r.error) == ("in_service", None), "no trouble is left")


def nothing_left(rig: Rig) -> None:
    """Neither downloads nor layers that no image has."""

    def left() -> str:
        return rig.on_host("/opt/airchain/bin/python", "-c", LEFT).strip()

    wait_until(lambda: not left(), "nothing is left of the pull", seconds=30)


@pytest.mark.parametrize(
    ("free", "said"),
    [
        (f"size=$(({USED} + 100000))k", "nearly full"),
        (f"nr_inodes=$(({USED_INODES} + 500))", "out of inodes"),
    ],
    ids=["bytes", "inodes"],
)
def test_without_room_nothing_is_pulled(serving: Rig, free: str, said: str) -> None:
    """The report says how much is free, how much is needed, and for which image."""
    crafted = craft(serving)
    serving.on_host("sh", "-c", f"mount -o remount,{free} {DISK}")
    with undisturbed(serving):
        serial = serving.point(crafted.release, admitted=())
        report = serving.wait(lambda r: said in (r.error or ""), "the disk is named")
        assert crafted.reference in str(report.error)
        assert "free" in str(report.error)
        assert "needed" in str(report.error)
        assert report.hint
        assert report.state == "in_service"
        size(serving, "remount,size=800m,nr_inodes=40000")
        prepared(crafted, serial)


def test_a_disk_that_runs_full_during_a_pull_is_named(serving: Rig) -> None:
    """The half of the image is gone, and it comes once there is room again."""
    crafted = craft(serving)
    used = int(serving.on_host("sh", "-c", f"echo {USED}"))
    # Enough for the download, not for what it unpacks to.
    full = f"mount -o remount,size={used * 1024 + LAYER * 5 // 4} {DISK}"
    with undisturbed(serving):
        serial = when_pulling(crafted, full)
        report = serving.wait(lambda r: "full" in (r.error or ""), "the disk is named")
        assert report.hint
        nothing_left(serving)
        size(serving, "remount,size=800m")
        prepared(crafted, serial)


def test_an_agent_killed_during_a_pull_goes_on(serving: Rig) -> None:
    """systemd starts it again; nothing is left of the pull that it had begun."""
    crafted = craft(serving)
    with undisturbed(serving):
        serial = when_pulling(crafted, "systemctl kill --signal=KILL airchain-agent")
        prepared(crafted, serial)
        nothing_left(serving)


def test_an_engine_killed_during_a_pull_goes_on(serving: Rig) -> None:
    """The report names it; what it had unpacked halfway is removed."""
    crafted = craft(serving)
    with undisturbed(serving):
        serial = when_pulling(crafted, "systemctl kill --signal=KILL docker")
        serving.wait(lambda r: "engine" in (r.error or ""), "the engine is named")
        prepared(crafted, serial)
        nothing_left(serving)


def test_a_registry_that_ends_during_a_pull_is_named(serving: Rig) -> None:
    """As long as it is away; then the pull goes on."""
    for _ in range(TRIES):
        crafted = craft(serving)
        with undisturbed(serving):
            serial = when_pulling(crafted, "systemctl stop airchain-registry")
            try:
                report = serving.wait(partial(told_or_prepared, crafted), "the registry is named")
            finally:
                serving.on_host("systemctl", "start", "airchain-registry")
            assert report.state == "in_service"
            prepared(crafted, serial)
            nothing_left(serving)
        if report.error:
            return
    pytest.fail(f"each of {TRIES} pulls was over before its registry was")


def told_or_prepared(crafted: Crafted, report: Report) -> bool:
    """On a busy machine the whole layer may be there before the engine stands still."""
    return "registry" in (report.error or "") or crafted.release in report.prepared


def test_a_pull_is_given_up_for_a_newer_pointer(serving: Rig) -> None:
    """Such as one that goes back: it is cut short, and nothing is left of it."""
    crafted = craft(serving)
    old = serving.release(web=web("evening"))
    process = serving.on_host("cat", "/run/docker.pid").strip()
    with undisturbed(serving):
        when_pulling(crafted, "exit")
        wait_until(lambda: stands_still(serving, process), "the engine stands still", seconds=30)
        serial = serving.point(old)
        serving.on_host("kill", "-CONT", process)
        serving.wait(lambda r: (r.serial, r.state) == (serial, "in_service"), "it has gone back")
        nothing_left(serving)
        log = serving.on_host("journalctl", "--unit=airchain-agent", "-n9", "--output=cat")
        assert crafted.release not in serving.report.prepared, log
        assert f"event=superseded release={crafted.release}" in log
        assert crafted.digest not in serving.on_host("docker", "images", "--digests")


def stands_still(rig: Rig, process: str) -> bool:
    return "State:\tT" in rig.on_host("cat", f"/proc/{process}/status")


def when_pulling(crafted: Crafted, act: str) -> int:
    """Let the host prepare the release and do `act` on it as soon as a layer is coming.

    Its engine stands still until `act` is done, and on where that is to `exit`.
    """
    script = DURING_A_PULL.format(act=act)
    # One that sees no pull shall not look for it for ever.
    words = ("--quiet", "--collect", "--property=RuntimeMaxSec=60")
    crafted.rig.on_host("systemd-run", *words, "sh", "-c", script)
    return crafted.rig.point(crafted.release, admitted=())


def test_a_truncated_layer_is_named_before_it_is_pulled(serving: Rig) -> None:
    """And pulled once it is whole again."""
    crafted = craft(serving)
    whole = crafted.blob.read_bytes()
    crafted.blob.write_bytes(whole[: LAYER // 2])
    with undisturbed(serving):
        serial = serving.point(crafted.release, admitted=())
        wanted = f"holds {LAYER // 2} bytes of the {len(whole)} bytes of a layer"
        report = serving.wait(lambda r: wanted in (r.error or ""), "the layer is named")
        assert crafted.digest in str(report.error)
        assert "store" in str(report.hint)
        crafted.blob.write_bytes(whole)
        prepared(crafted, serial)


def test_a_corrupt_layer_is_refused_for_as_long_as_it_is_corrupt(serving: Rig) -> None:
    """The host says at once that the release failed, and goes on trying."""
    crafted = craft(serving)
    whole = crafted.blob.read_bytes()
    crafted.blob.write_bytes(whole[:MB] + bytes([whole[MB] ^ 1]) + whole[MB + 1 :])
    with undisturbed(serving):
        serial = serving.point(crafted.release, admitted=())
        report = serving.wait(lambda r: r.state == "failed", "a verdict")
        assert "damaged in the store" in str(report.error)
        assert crafted.digest in str(report.error)
        assert report.in_service
        nothing_left(serving)
        crafted.blob.write_bytes(whole)
        prepared(crafted, serial)


def files_of(rig: Rig, name: str) -> str:
    """Where a file of an image lies below the engine's folder, as the layer has it."""
    found = rig.on_host("find", f"{DISK}/overlay2", "-path", f"*/diff/{name}")
    (path,) = [line for line in found.splitlines() if "-init/" not in line]
    return path


def test_files_that_are_damaged_before_the_start_are_written_again(serving: Rig) -> None:
    """As after a loss of power: nothing is proven any more, and the image looks whole."""
    crafted = craft(serving)
    prepared(crafted, serving.point(crafted.release, admitted=()))
    serving.deploy(web=web("evening"))
    serving.on_host("truncate", "--size=1000", files_of(serving, f"srv/{crafted.name}/3"))
    serving.on_host("rm", files_of(serving, f"srv/{crafted.name}/5"))
    serving.on_host("rm", "-r", PROOFS)
    serving.on_host("systemctl", "restart", "airchain-agent")
    with undisturbed(serving):
        assert serving.bring(crafted.rig.release(web=web("evening"))).state == "in_service"
    log = serving.on_host("journalctl", "--unit=airchain-agent", "-n30", "--output=cat")
    assert {f"srv/{crafted.name}/{n}" in log for n in (3, 5)} == {True}


def test_files_that_are_damaged_under_a_release_are_written_again(serving: Rig) -> None:
    """The next start of them fails, is found out and succeeds; what runs is not stopped."""
    app = files_of(serving, "app/app.py")
    whole = serving.on_host("cat", app)
    serving.on_host("truncate", "--size=0", app)
    with serving.requests() as seen:
        serial = serving.point(serving.release(web=web("night")))
        report = serving.wait(lambda r: "damaged" in (r.error or ""), "the damage is named")
        assert "app.py" in str(report.error)
        serving.wait(lambda r: r.state == "in_service" and r.serial == serial, "it is healed")
    assert not seen.failures
    assert serving.on_host("cat", app) == whole
    assert "night" in serving.get("/")[1]


def test_an_image_whose_record_is_damaged_is_pulled_again(serving: Rig) -> None:
    """Its layers as well: the engine would otherwise think that it has them."""
    crafted = craft(serving)
    prepared(crafted, serving.point(crafted.release, admitted=()))
    serving.deploy(web=web("evening"))
    folder = Path(files_of(serving, f"srv/{crafted.name}/1")).parents[3]
    find = f"grep -l {folder.name} {DISK}/image/overlay2/layerdb/sha256/*/cache-id"
    record = Path(serving.on_host("sh", "-c", find).strip()).parent / "tar-split.json.gz"
    serving.on_host("truncate", "--size=100", str(record))
    serving.on_host("rm", "-r", PROOFS)
    with undisturbed(serving):
        serial = serving.point(crafted.rig.release(web=web("midnight")), admitted=())
        serving.wait(lambda r: "damaged on this host" in (r.error or ""), "the damage is named")
        prepared(replace(crafted, release=crafted.rig.release(web=web("midnight"))), serial)
    assert str(folder) not in serving.on_host("find", f"{DISK}/overlay2", "-maxdepth", "1")
