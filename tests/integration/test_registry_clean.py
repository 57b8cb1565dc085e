"""The registry's storage is cleaned while a real registry takes pushes and pulls."""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from airchain.errors import AirchainError, ReleaseError
from airchain.paths import Home
from airchain.registry import serve
from airchain.registry.client import Client, pull_artifact, push_artifact
from airchain.registry.pushes import pushing
from airchain.registry.storage import Storage
from airchain.release import index
from airchain.release.clean import Cleaner
from airchain.release.keep import Retention
from airchain.release.make import MEDIA_TYPE
from airchain.release.revision import Revision
from airchain.spec.model import Storage as Place
from airchain.store import DirectoryStore
from airchain.store.base import Object
from airchain.store.records import (
    ImageDigest,
    OwnImages,
    Pointer,
    Release,
    decode,
    images_key,
    pointer_key,
    read,
)

RETENTION = Retention(newest=3, age=timedelta(0), settle=timedelta(0))
ONCE = """
import sys
from datetime import timedelta
from pathlib import Path
from tests.integration.test_registry_clean import Rig
Rig(Path(sys.argv[1]), sys.argv[2]).cleaner.clean()
"""


@dataclass(frozen=True)
class Rig:
    """A registry of its own over a store of its own."""

    root: Path
    name: str

    @property
    def store(self) -> DirectoryStore:
        return DirectoryStore(self.root / "store")

    @property
    def cleaner(self) -> Cleaner:
        """Without any time of grace: only what is kept or being pushed is safe."""
        storage = Storage.at(Place(), self.root / "store")
        return Cleaner(self.store, storage, self.name, (), RETENTION, grace=timedelta(0))

    def image(self, text: str) -> ImageDigest:
        digest = push_artifact(
            self.name,
            "tv/www",
            media_type="text/plain",
            data=text.encode(),
            annotations={},
            tag=text.replace(" ", "-"),
        )
        return ImageDigest(repository=f"{self.name}/tv/www", digest=digest, size=1)

    def release(self, number: int, text: str) -> str:
        """A release of one image; its index entry is as old as its number is low."""
        with pushing(self.store, "a test"):
            record = Release(
                product="tv",
                revision=f"{number:040}",
                images={"www": self.image(text)},
                environments={},
            )
            digest = push_artifact(
                self.name,
                "tv/releases",
                media_type=MEDIA_TYPE,
                data=record.encode(),
                annotations={},
                tag=f"{number:012}",
            )
            index.add(self.store, "tv", digest, Revision(record.revision, "", "me"))
        return digest

    def point(self, environment: str, release: str, *history: str) -> None:
        pointer = Pointer(
            serial=1, release=release, history=history, updated=datetime.now(UTC), author="me"
        )
        self.store.put(pointer_key("tv", environment), pointer.encode())

    def pull(self, release: str) -> str:
        """All that a host would fetch: the release, its image, the image's layer."""
        data = pull_artifact(self.name, "tv/releases", release)
        found = decode(Object("", data, release), Release)
        return pull_artifact(self.name, "tv/www", found.images["www"].digest).decode()

    def pointed(self) -> set[str]:
        found = set()
        for key in self.store.list("products/tv/environments"):
            pointer = read(self.store, key, Pointer)
            found |= {pointer.release, *pointer.history} if pointer else set()
        return found


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        name = f"localhost:{probe.getsockname()[1]}"
    home = Home(tmp_path)
    serve.ensure(home, name)
    try:
        yield Rig(tmp_path, name)
    finally:
        serve.stop_all(home)


def size(rig: Rig) -> int:
    return len(Storage.at(Place(), rig.root / "store").inventory().blobs)


def test_what_nothing_keeps_goes_and_the_rest_is_whole(rig: Rig) -> None:
    """Given up first, removed with the next clean-up; asked for, it says what became of it."""
    own = push_artifact(
        rig.name, "airchain/host", media_type="text/plain", data=b"a host", annotations={}
    )
    runs_on = OwnImages(host=f"{rig.name}/airchain/host@{own}", edge="")
    rig.store.put(images_key("elsewhere", "prod"), runs_on.encode())
    made = [rig.release(n, f"image {n}") for n in range(40)]
    rig.point("prod", made[10], made[7], made[3])
    rig.point("qa", made[20])
    kept = {made[n] for n in (3, 7, 10, 20, 37, 38, 39)}
    before = size(rig)
    foreseen = rig.cleaner.survey()
    assert foreseen.given_up == 33
    first = rig.cleaner.clean()
    assert (first.given_up, first.manifests, size(rig)) == (33, 0, before)
    for release in made:
        rig.pull(release)
    second = rig.cleaner.clean()
    assert second.complete
    # Tags keep ten of the images; a release is a manifest and a layer, so is an image.
    assert second.manifests == 33 + 33 - len(set(range(30, 40)) - {37, 38, 39})
    assert second.bytes > 0
    assert size(rig) == before - second.blobs
    for n, release in enumerate(made):
        if release in kept:
            assert rig.pull(release) == f"image {n}"
        else:
            with pytest.raises(AirchainError):
                rig.pull(release)
            with pytest.raises(ReleaseError, match="cleaned up"):
                index.find(rig.store, "tv", release)
    third = rig.cleaner.clean()
    assert (third.manifests, third.blobs, third.complete) == (0, 0, True)
    assert pull_artifact(rig.name, "airchain/host", own) == b"a host", "another machine runs on it"


def test_what_was_removed_can_be_pushed_again(rig: Rig) -> None:
    """The registry does not believe that it still has it."""
    made = [rig.release(n, f"image {n}") for n in range(20)]
    for _ in range(2):
        rig.cleaner.clean()
    with pytest.raises(AirchainError):
        rig.pull(made[0])
    assert rig.release(0, "image 0") == made[0]
    assert rig.pull(made[0]) == "image 0"


@dataclass
class Traffic:
    """Pushes and pulls from several threads until `end`; what went wrong with them."""

    rig: Rig
    kept: list[str]
    end: float
    problems: list[str] = field(default_factory=list)
    pushed: list[tuple[str, str]] = field(default_factory=list)
    pulls: int = 0

    def push(self, worker: int) -> None:
        chance = random.Random(worker)
        for number in itertools.count(1000 * (worker + 1)):
            if time.monotonic() > self.end:
                return
            # Half of them are what an old release had, which may be going right now.
            text = f"image {chance.randrange(50)}" if chance.random() < 0.5 else f"image {number}"
            try:
                release = self.rig.release(number, text)
                self.rig.point(f"e{number}", release)
                self.rig.pull(release)
                self.pushed.append((release, text))
            except AirchainError as error:
                self.problems.append(f"push {number}: {error}")
            # A sweep gives way to every push: it needs moments in which nobody pushes.
            time.sleep(chance.random() / 2)

    def pull(self) -> None:
        while time.monotonic() < self.end:
            try:
                self.rig.pull(random.choice(self.kept))
                self.pulls += 1
            except AirchainError as error:
                self.problems.append(f"pull: {error}")


def test_pushes_and_pulls_go_on_while_it_is_cleaned(rig: Rig) -> None:
    """Among the pushes are such as find their layers there already, just when they go."""
    made = [rig.release(n, f"image {n}") for n in range(60)]
    rig.point("prod", made[59], *made[50:59])
    traffic = Traffic(rig, made[50:], time.monotonic() + 12)
    threads = [threading.Thread(target=traffic.push, args=(n,)) for n in range(3)]
    threads += [threading.Thread(target=traffic.pull) for _ in range(2)]
    for thread in threads:
        thread.start()
    removed = 0
    while time.monotonic() < traffic.end:
        removed += rig.cleaner.clean(within=5).manifests
    for thread in threads:
        thread.join()
    assert not traffic.problems
    assert removed >= 50
    assert traffic.pulls > 20
    assert len(traffic.pushed) > 20
    for release, text in traffic.pushed:
        assert rig.pull(release) == text
    for release in made[50:]:
        rig.pull(release)


def test_a_clean_up_that_is_killed_leaves_a_whole_registry(rig: Rig) -> None:
    """Wherever it was; the next one goes on. Pushes wait for its mark to expire, not longer."""
    made = [rig.release(n, f"image {n}") for n in range(80)]
    rig.point("prod", made[79], *made[70:79])
    rig.cleaner.clean()
    environment = {**os.environ, "PYTHONPATH": f"src:{Path.cwd()}"}
    for pause in (0.9, 1.0, 1.1, 1.3):
        once = subprocess.Popen(
            [sys.executable, "-c", ONCE, str(rig.root), rig.name], env=environment
        )
        time.sleep(pause)
        once.send_signal(signal.SIGKILL)
        once.wait()
        # As if its time were over: the mark would be waited for.
        rig.store.delete("collector/sweep")
        for release in made[70:]:
            rig.pull(release)
    done = rig.cleaner.clean()
    assert done.complete
    for release in rig.pointed():
        rig.pull(release)
    with Client(rig.name) as client:
        assert client.manifest("tv/releases", made[0]) is None
    inventory = Storage.at(Place(), rig.root / "store").inventory()
    assert set(inventory.links) <= set(inventory.blobs)
