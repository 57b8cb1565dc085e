"""What a clean-up looks at, and when; what it decides is tested with what decides it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from airchain.errors import StoreError
from airchain.registry.client import digest_of
from airchain.registry.pushes import MARK, Notice
from airchain.registry.storage import Inventory, Storage
from airchain.release import index
from airchain.release.clean import Cleaner
from airchain.release.keep import Retention
from airchain.release.revision import Revision
from airchain.spec.model import Storage as Place
from airchain.store import DirectoryStore, clock
from airchain.store.records import ImageDigest, OwnImages, Release, images_key, read

LAYOUT = "registry/docker/registry/v2"
RETENTION = Retention(newest=2, age=timedelta(0), settle=timedelta(0))


class Rig:
    """A store whose registry holds releases, each of one image, as files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = DirectoryStore(root)

    def blob(self, data: bytes) -> str:
        digest = digest_of(data)
        name = digest.removeprefix("sha256:")
        self.store.put(f"{LAYOUT}/blobs/sha256/{name[:2]}/{name}/data", data)
        return digest

    def manifest(self, repository: str, tag: str, data: bytes) -> str:
        layers = [{"digest": self.blob(data)}]
        digest = self.blob(json.dumps({"layers": layers}).encode())
        folder, name = f"{LAYOUT}/repositories/{repository}/_manifests", digest[len("sha256:") :]
        self.store.put(f"{folder}/revisions/sha256/{name}/link", digest.encode())
        self.store.put(f"{folder}/tags/{tag}/current/link", digest.encode())
        return digest

    def release(self, product: str, number: int) -> str:
        text = f"image {number}"
        image = self.manifest(f"{product}/www", f"i{number}", text.encode())
        record = Release(
            product=product,
            revision=f"{number:040}",
            images={"www": ImageDigest(repository=f"r:1/{product}/www", digest=image, size=1)},
            environments={},
        )
        digest = self.manifest(f"{product}/releases", f"r{number}", record.encode())
        index.add(self.store, product, digest, Revision(record.revision, "", "me"))
        return digest

    def cleaner(self, storage: type[Storage] = Storage) -> Cleaner:
        """Nothing that is old enough to go: no registry is asked for anything."""
        return Cleaner(self.store, storage.at(Place(), self.root), "localhost:1", (), RETENTION)

    @property
    def pushes_wait(self) -> bool:
        mark = read(self.store, MARK, Notice)
        return mark is not None and mark.expires > clock.now(self.store)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_what_never_changes_is_read_before_pushes_have_to_wait(rig: Rig) -> None:
    """However much there is of it. What was pushed in between is read then."""
    for number in range(5):
        rig.release("tv", number)
    waited_for: list[str] = []
    late: list[str] = []

    class Watched(Storage):
        def blob(self, digest: str) -> bytes | None:
            if rig.pushes_wait:
                waited_for.append(digest)
            return super().blob(digest)

        def tagged(self, repository: str, tag: str) -> str | None:
            if rig.pushes_wait:
                waited_for.append(tag)
            return super().tagged(repository, tag)

        def inventory(self) -> Inventory:
            found = super().inventory()
            if not late:
                late.append(rig.manifest("tv/www", "late", b"late"))
            return found

    done = rig.cleaner(Watched).clean()
    assert (done.given_up, done.complete) == (3, True)
    assert sorted(waited_for) == sorted([*late, "late"])


def test_a_product_that_cannot_be_read_is_left_alone(rig: Rig) -> None:
    """Others are cleaned; what it has is kept whole, and it is said which it is and why."""
    for number in range(5):
        rig.release("tv", number)
        rig.release("shop", number)
    own = OwnImages(host=f"localhost:1/airchain/host@sha256:{1:064}", edge=f"r@sha256:{2:064}")
    rig.store.put(images_key("shop", "prod"), own.encode())

    class Partly(DirectoryStore):
        def get(self, key: str) -> object:  # type: ignore[override]
            if key.startswith("products/shop/"):
                raise StoreError("AccessDenied", where=key)
            return super().get(key)

    rig.store = Partly(rig.root)
    done = rig.cleaner().clean()
    assert done.given_up == 3
    (left,) = done.left
    assert left.startswith("shop (products/shop/releases/")
    assert left.endswith(": AccessDenied)")
    assert rig.cleaner().survey().left == done.left
