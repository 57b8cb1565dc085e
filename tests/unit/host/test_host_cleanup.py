"""Clean-up of a host: what goes, and that nothing goes that is needed."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from airchain.host import leftovers
from airchain.host.cleanup import Cleaner, Seen, keep_set, scarce, unneeded
from airchain.host.facts import Disk
from airchain.host.identity import Identity, Places
from airchain.host.state import State
from airchain.release import pointer as pointers
from airchain.store.records import Pointer

REGISTRY = "localhost:5050"
WWW = f"{REGISTRY}/tv/www"
ANONYMOUS = "ab" * 32
IDENTITY = Identity(
    product="tv", environment="prod", fleet="web", host="web-1a2b", registry=REGISTRY
)


def reference(release: str) -> str:
    return f"{WWW}@sha256:{release}"


def image(release: str, **more: Any) -> dict[str, Any]:
    return {"Id": f"id-{release}", "RepoDigests": [reference(release)], "RepoTags": None, **more}


def container(name: str, state: str, release: str = "aa", created: float = 0) -> dict[str, Any]:
    return {
        "Names": [f"/{name}"],
        "State": state,
        "ImageID": f"id-{release}",
        "Created": created,
        "Labels": {"airchain.product": "tv"},
    }


def test_images_of_ours_that_nothing_needs_go() -> None:
    """Also such without any name; other products' and those that are kept stay."""
    dangling = {"Id": "id-x", "RepoTags": ["<none>:<none>"], "RepoDigests": ["<none>@<none>"]}
    other = {"Id": "id-y", "RepoDigests": [f"{REGISTRY}/tvx/www@sha256:cc"]}
    tagged = image("dd", RepoTags=[f"{WWW}:tag"])
    seen = Seen(images=[image("aa"), image("bb"), tagged, dangling, other])
    found = unneeded(seen, "tv", REGISTRY, {reference("aa")}, ())
    assert set(found.images) == {"id-x", reference("bb"), f"{WWW}:tag", reference("dd")}


def test_containers_that_run_or_have_a_unit_stay_with_their_images() -> None:
    """Only dead ones without a unit go, and such as were made long ago and never started."""
    now = datetime.now(UTC).timestamp()
    seen = Seen(
        containers=[
            container("tv-a-1", "running", "aa"),
            container("tv-b-1", "exited", "bb"),
            container("tv-c-1", "exited", "cc"),
            container("tv-d-1", "created", "dd", created=now),
            container("tv-e-1", "created", "ee", created=now - 3600),
            {**container("else", "exited", "ff"), "Labels": None},
        ],
        images=[image(r) for r in ("aa", "bb", "cc", "dd", "ee", "ff")],
    )
    found = unneeded(seen, "tv", REGISTRY, (), {"tv-c-1"})
    assert found.containers == ("tv-b-1", "tv-e-1")
    assert found.images == (reference("bb"), reference("ee"))


def test_volumes_with_a_name_hold_data_and_stay() -> None:
    """Those that the engine named cannot be asked for again."""
    seen = Seen(
        volumes=[{"Name": "tv-uploads"}, {"Name": ANONYMOUS}],
        networks=[{"Name": n} for n in ("bridge", "host", "none", "airchain", "left")],
    )
    found = unneeded(seen, "tv", REGISTRY, (), ())
    assert found.volumes == (ANONYMOUS,)
    assert found.networks == ("left",)


@pytest.mark.parametrize(
    ("disk", "answer"),
    [
        (Disk(bytes=2 << 30, inodes=None), False),
        (Disk(bytes=2 << 30, inodes=100_000), False),
        (Disk(bytes=100 << 20, inodes=None), True),
        (Disk(bytes=2 << 30, inodes=10), True),
        (Disk(bytes=2 << 30, inodes=0), True),
    ],
)
def test_a_disk_that_runs_full_is_noticed(disk: Disk, answer: bool) -> None:
    """By bytes or by inodes, where the file system counts them."""
    assert scarce(disk) is answer


def test_downloads_and_layers_of_a_killed_engine_go(tmp_path: Path) -> None:
    """What is named, is new, or belongs to BuildKit stays."""
    known, lost, new, short = "a" * 64, "b" * 64, "c" * 64, "buildkits25characters"
    for name in (known, lost, new, short):
        (tmp_path / "overlay2" / name / "diff").mkdir(parents=True)
    (tmp_path / "overlay2" / lost / "link").write_text("SHORT")
    (tmp_path / "overlay2" / "l").mkdir()
    (tmp_path / "overlay2" / "l" / "SHORT").symlink_to(f"../{lost}/diff")
    named = tmp_path / "image/overlay2/layerdb/sha256/ff"
    named.mkdir(parents=True)
    (named / "cache-id").write_text(known)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "GetImageBlob1").touch()
    for path in (*(tmp_path / "overlay2").iterdir(), tmp_path / "tmp" / "GetImageBlob1"):
        if path.name != new:
            os.utime(path, (0, 0))
    now = datetime.now(UTC)
    found = list(leftovers.find(tmp_path, tmp_path / "none", now))
    assert {p.name for p in found} == {"GetImageBlob1", lost}
    for path in found:
        leftovers.remove(path)
    assert not (tmp_path / "overlay2" / "l" / "SHORT").is_symlink()
    assert not list(leftovers.find(tmp_path, tmp_path / "none", now))
    (tmp_path / "docker.pid").touch()
    os.utime(tmp_path / "docker.pid", (now.timestamp() + 1,) * 2)
    assert [p.name for p in leftovers.find(tmp_path, tmp_path / "docker.pid", now)] == [new]


class Engine:
    """An engine that holds two images which nothing needs."""

    def __init__(self) -> None:
        self.held = ["aa", "bb"]

    def containers(self, **_: Any) -> list[dict[str, Any]]:
        return []

    networks = containers

    def volumes(self, **_: Any) -> Mapping[str, Any]:
        return {"Volumes": None}

    def images(self) -> list[dict[str, Any]]:
        return [image(release) for release in self.held]

    def remove_image(self, name: str) -> None:
        self.held.remove(name.rpartition(":")[2])


def cleaner(tmp_path: Path, engine: Engine, preparations: list[int]) -> tuple[Cleaner, Any]:
    lock = threading.Lock()
    made: Any = engine
    places = Places(tmp_path)

    def count() -> int:
        return preparations.pop(0) if len(preparations) > 1 else preparations[0]

    return Cleaner(places, IDENTITY, made, lambda _: set(), lock, count), lock


def test_cleaning_ends_once_another_release_is_prepared(tmp_path: Path) -> None:
    """What it knows to be needed is outdated then: the new release may need any image."""
    engine = Engine()
    made, _ = cleaner(tmp_path, engine, [1, 1, 2])
    made._clean(2, None)
    assert engine.held == ["bb"]


def test_nothing_is_listed_while_images_are_pulled(tmp_path: Path) -> None:
    """A layer that is half unpacked looks like one that a killed engine left."""
    engine = Engine()
    made, lock = cleaner(tmp_path, engine, [1])
    with lock:
        thread = threading.Thread(target=made._clean, args=(2, None))
        thread.start()
        thread.join(0.1)
        engine.held = ["cc"]
    thread.join(5)
    assert engine.held == []


def test_what_is_gone_before_it_is_read_ends_a_cleaning_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pull that needs room goes on to say that there is none."""

    def find(*_: Any) -> Any:
        raise FileNotFoundError("mount-id")

    monkeypatch.setattr(leftovers, "find", find)
    engine = Engine()
    made, lock = cleaner(tmp_path, engine, [1])
    with lock:
        made.under_pressure()
    assert engine.held == []


def test_room_is_made_while_the_lock_of_images_is_held(tmp_path: Path) -> None:
    """By whoever is about to pull; what is to be pulled stays."""
    engine = Engine()
    made, lock = cleaner(tmp_path, engine, [1])
    with lock:
        made.under_pressure([reference("bb")])
    assert engine.held == ["bb"]


class HostLife(RuleBasedStateMachine):
    """Whatever happens to an environment and a host of it, what is needed stays.

    Releases are deployed, advanced, reverted and rolled back with the functions that do it;
    the host follows, dies in the middle, boots again; the cleaner runs at any moment.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pointer: Pointer | None = None
        self.state = State()
        self.present: set[str] = set()
        self.running: set[str] = set()

    @rule(release=st.sampled_from("abcdefgh"))
    def deploy(self, release: str) -> None:
        if self.pointer is None or self.pointer.release != release:
            staged = self.state.running is not None
            self.pointer = pointers.begin(self.pointer, release, staged=staged)

    @precondition(lambda self: self.pointer is not None)
    @rule(everyone=st.booleans())
    def admit(self, everyone: bool) -> None:
        assert self.pointer
        self.pointer = pointers.admit(self.pointer, None if everyone else ("web-1a2b",))

    @precondition(lambda self: self.pointer is not None and self.pointer.previous is not None)
    @rule()
    def revert(self) -> None:
        assert self.pointer
        assert self.pointer.previous
        self.pointer = pointers.back(self.pointer, self.pointer.previous)

    @precondition(lambda self: self.pointer is not None and bool(self.pointer.history))
    @rule()
    def roll_back(self) -> None:
        assert self.pointer
        self.deploy(self.pointer.history[0])

    @precondition(lambda self: self.pointer is not None)
    @rule()
    def prepare(self) -> None:
        assert self.pointer
        self.present.add(self.pointer.release)

    @precondition(lambda self: self.pointer is not None)
    @rule(finishes=st.booleans(), drained=st.booleans())
    def converge(self, finishes: bool, drained: bool) -> None:
        """Perhaps killed in the middle; perhaps the old containers still finish requests."""
        assert self.pointer
        wanted = self.pointer.release_for("web-1a2b")
        if wanted is None:
            return
        self.present.add(wanted)
        self.running.add(wanted)
        if finishes:
            self.state = self.state.arrived(wanted, 2)
            self.running = {wanted} if drained else self.running

    @rule()
    def reboot(self) -> None:
        self.running = {self.state.running} if self.state.running else set()

    @precondition(lambda self: self.pointer is not None)
    @rule(window=st.integers(0, 10))
    def clean(self, window: int) -> None:
        assert self.pointer
        before = set(self.present)
        keep = {reference(r) for r in keep_set(self.pointer, self.state.running, window)}
        seen = Seen(
            containers=[container(f"tv-{r}", "running", r) for r in self.running],
            images=[image(r) for r in self.present],
        )
        gone = unneeded(seen, "tv", REGISTRY, keep, {f"tv-{r}" for r in self.running})
        self.present -= {name.rpartition(":")[2] for name in gone.images}
        named = {self.pointer.release, self.pointer.previous, *self.pointer.history[:window]}
        assert before & named <= self.present
        assert self.present <= named | self.running | {self.state.running}
        assert not gone.containers

    @invariant()
    def what_runs_can_be_started_again(self) -> None:
        assert self.running <= self.present


HostLife.TestCase.settings = settings(stateful_step_count=30)
TestHostLife = HostLife.TestCase
