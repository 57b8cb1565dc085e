"""Replacing the key while hosts look on, and being cut short anywhere."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.keys import keys_in, scope_in

from airchain import files, trust
from airchain.errors import ReleaseError, SignatureError
from airchain.paths import Home
from airchain.progress import Silent
from airchain.release import index, keys, pointer, rotate
from airchain.release.keys import VARIABLE, Keys, parse_bundle
from airchain.release.revision import Revision
from airchain.release.scope import Scope
from airchain.store import DirectoryStore
from airchain.store.records import ReleaseSignature, pointer_key, signature_key, trust_key
from airchain.trust import Follower, Memory

RELEASES = ("sha256:" + "a" * 64, "sha256:" + "b" * 64)
ENVIRONMENTS = ("prod", "qa")


class Cut(BaseException):
    """The process is killed."""


class Fragile(DirectoryStore):
    """Dies at write number `at`, before or after it is done."""

    def __init__(self, root: Path, at: int, *, after: bool) -> None:
        super().__init__(root)
        self.left, self.after = at, after

    def write(self, what: Callable[..., str], *given: Any) -> str:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Cut
        done = what(*given)
        if self.left == 0:
            raise Cut
        return done

    def put(self, key: str, data: bytes) -> str:
        return self.write(super().put, key, data)


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    """Two releases and two environments, each with a pointer."""
    store = DirectoryStore(tmp_path)
    for number, digest in enumerate(RELEASES):
        keys_in(store).sign_release(digest)
        index.add(store, "p", digest, Revision(f"{number}", "", ""))
    for environment in ENVIRONMENTS:
        scope = Scope(store, "p", environment, keys_in(store))
        pointer.write(scope, pointer.begin(None, RELEASES[0], staged=False), None)
    return store


@pytest.fixture(autouse=True)
def _lists_are_looked_at_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "REFRESH", 0.0)


def hosts(store: DirectoryStore) -> list[Follower]:
    """One per environment, with what a provider gave it before the rotation."""
    known = keys_in(store)
    return [
        Follower(store, "p", e, Memory(trust=known.known_trust()), lambda _: None)
        for e in ENVIRONMENTS
    ]


def judge(store: DirectoryStore, followers: list[Follower], name: str) -> None:
    """Every host accepts the pointer, its release and no key but the new one."""
    for follower in followers:
        found = follower.look()
        assert found is not None
        assert follower.refusal is None
        assert found.key == name
        for digest in RELEASES:
            follower.verify_release(digest)
        assert follower.trust.keys == (name,)
    mine = keys_in(store)
    assert mine.private().public == name
    assert not (mine.folder / "next.json").exists()


def test_hosts_follow_and_nothing_is_lost(store: DirectoryStore) -> None:
    """All is signed anew; the pointers say what they said."""
    followers = hosts(store)
    before = [f.look() for f in followers]
    done = rotate.rotate(keys_in(store), Silent())
    assert (done.number, done.releases, done.pointers, done.left) == (3, 2, ("prod", "qa"), ())
    judge(store, followers, done.key)
    judge(store, hosts(store), done.key)
    for old, follower in zip(before, followers, strict=True):
        assert old is not None
        assert follower.pointer is not None
        assert pointer.same(old, follower.pointer)


@pytest.mark.parametrize("refresh", [0.0, 3600.0])
def test_hosts_refuse_nothing_meanwhile(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch, refresh: float
) -> None:
    """They look all the time; at the lists of keys always, or only where they have to."""
    monkeypatch.setattr(trust, "REFRESH", refresh)
    followers, end = hosts(store), threading.Event()
    refused: list[str] = []

    def look(follower: Follower) -> None:
        while not end.is_set():
            follower.look()
            follower.verify_release(RELEASES[1])
            if refusal := follower.refusal:
                refused.append(refusal.text)

    threads = [threading.Thread(target=look, args=(f,)) for f in followers]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            done = rotate.rotate(keys_in(store), Silent())
    finally:
        end.set()
        for thread in threads:
            thread.join()
    assert refused == []
    judge(store, hosts(store), done.key)


def test_a_deployment_goes_on_meanwhile(store: DirectoryStore) -> None:
    """It signs with whatever key is this machine's now, and is not told of another driver."""
    scope, end = scope_in(store), threading.Event()
    errors: list[Exception] = []

    def drive() -> None:
        try:
            held = pointer.hold(scope)
            assert held is not None
            number = 0
            while not end.is_set():
                number += 1
                pointer.require(scope, held)
                held = pointer.write(scope, pointer.admit(held.pointer, (f"h{number}",)), held)
                end.wait(0.005)
        except Exception as error:  # noqa: BLE001 - told by the test itself
            errors.append(error)

    driver = threading.Thread(target=drive)
    driver.start()
    try:
        done = [rotate.rotate(keys_in(store), Silent()) for _ in range(3)]
    finally:
        end.set()
        driver.join()
    assert errors == []
    judge(store, hosts(store), done[-1].key)


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_write_it_goes_on(store: DirectoryStore, after: bool) -> None:
    """Hosts follow at every moment, and the second run ends what the first began."""
    for at in range(1, 30):
        followers = hosts(store)
        fragile = Fragile(store.root, at, after=after)
        try:
            rotate.rotate(Keys(keys_home(store), fragile, "p"), Silent())
        except Cut:
            cut = True
        else:
            cut = False
        for follower in followers:
            follower.look()
            assert follower.refusal is None
            follower.verify_release(RELEASES[0])
        if not cut:
            assert at > 6  # Two lists, two releases, two pointers.
            return
        done = rotate.rotate(keys_in(store), Silent())
        judge(store, followers, done.key)
    pytest.fail("it never came to an end")


def keys_home(store: DirectoryStore) -> Home:
    return Home(store.root / "home")


def test_killed_at_any_file_it_goes_on(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for what it writes on this machine."""
    real = files.write_whole
    for at in range(1, 40):
        left = [at]

        def fragile(*given: Any, left: list[int] = left, **more: Any) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Cut
            real(*given, **more)

        with monkeypatch.context() as patch:
            patch.setattr(keys, "write_whole", fragile)
            patch.setattr(rotate, "write_whole", fragile)
            try:
                rotate.rotate(Keys(keys_home(store), store, "p"), Silent())
            except Cut:
                pass
            else:
                assert at > 4
                return
        followers = hosts(store)
        done = rotate.rotate(keys_in(store), Silent())
        judge(store, followers, done.key)
    pytest.fail("it never came to an end")


def test_a_colleague_is_told_and_imports(store: DirectoryStore) -> None:
    """The old key is refused by name; what is exported after the rotation is taken."""
    first = keys_in(store)
    bundle = first.bundle()
    assert bundle is not None
    colleague = Keys(Home(store.root / "colleague"), store, "p")
    colleague.take(bundle)
    rotate.rotate(first, Silent())
    with pytest.raises(ReleaseError, match="is not trusted any more") as caught:
        colleague.private()
    assert "airchain keys import" in (caught.value.hint or "")
    new = first.bundle()
    assert new is not None
    colleague.take(parse_bundle(new.encode(), "p", "stdin"))
    assert colleague.private().public == first.private().public


def test_who_borrows_a_key_does_not_replace_it(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CI has no business with it."""
    monkeypatch.setenv(VARIABLE, str(keys_in(store).folder / "key.json"))
    with pytest.raises(ReleaseError, match="only borrows"):
        rotate.rotate(keys_in(store), Silent())


def test_what_does_not_verify_is_left(store: DirectoryStore) -> None:
    """A rotation makes nothing good that was not: neither altered nor replayed."""
    scope = scope_in(store)
    old = store.get(pointer_key("p", "prod"))
    held = pointer.hold(scope)
    assert old is not None
    assert held is not None
    pointer.write(scope, pointer.begin(held.pointer, RELEASES[1], staged=False), held)
    store.put(pointer_key("p", "prod"), old.data)
    store.put(pointer_key("p", "qa"), b"{}")
    store.put(signature_key("p", RELEASES[0]), b"{}")
    done = rotate.rotate(keys_in(store), Silent())
    assert (done.releases, done.pointers) == (1, ())
    assert len(done.left) == 3
    with pytest.raises(SignatureError):
        keys_in(store).verify_release(RELEASES[0])


def test_what_a_colleague_releases_until_the_end_counts(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release signed with the old key, just before that counts no more, is signed anew too."""
    old, late, create = keys_in(store).private(), "sha256:" + "c" * 64, DirectoryStore.create

    def last_moment(self: DirectoryStore, key: str, data: bytes) -> str:
        if key == trust_key("p", 3):
            signed = trust.sign(ReleaseSignature(digest=late), old, "release", "p")
            self.put(signature_key("p", late), signed.encode())
            index.add(self, "p", late, Revision("c", "subject", "colleague"))
        return create(self, key, data)

    monkeypatch.setattr(DirectoryStore, "create", last_moment)
    assert rotate.rotate(keys_in(store), Silent()).releases == 3
    keys_in(store).verify_release(late)


def test_a_lost_key_begins_anew(store: DirectoryStore) -> None:
    """New hosts know it; hosts that run say that they do not, and stay with what they have."""
    followers = hosts(store)
    good = [f.look() for f in followers]
    with pytest.raises(ReleaseError, match="has a key that counts"):
        rotate.begin_anew(keys_in(store))
    (keys_in(store).folder / "key.json").unlink()
    with pytest.raises(ReleaseError, match="has no signing key"):
        Keys(keys_home(store), store, "p").ensure()
    rotate.begin_anew(Keys(keys_home(store), store, "p"))
    scope = scope_in(store, RELEASES[1])
    held, wrong = pointer.take_up(scope)
    assert held is None
    assert "is not trusted" in (wrong or "")
    pointer.write(scope, pointer.begin(None, RELEASES[1], staged=False), None)
    (new, _) = hosts(store)
    found = new.look()
    assert found is not None
    assert new.refusal is None
    assert [f.look() for f in followers] == good
    assert followers[0].refusal is not None
