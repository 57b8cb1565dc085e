"""What a host or a driver accepts from a store that others can write to."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airchain import signing
from airchain import trust as trusts
from airchain.errors import SignatureError, UntrustedKey
from airchain.signing import PrivateKey
from airchain.store import DirectoryStore, Object
from airchain.store.records import (
    Pointer,
    ReleaseSignature,
    Trust,
    pointer_key,
    signature_key,
    trust_key,
)
from airchain.trust import Follower, Memory, newest, opened, sign, verify_release

KEY, OTHER, THIRD = (PrivateKey.generate() for _ in range(3))
FIRST = Trust(number=1, keys=(KEY.public,))
WHAT = ("pointer", "p", "prod")
WHERE = pointer_key("p", "prod")
DIGEST = "sha256:" + "ab" * 32


def pointer(serial: int = 2, step: int = 0, release: str = DIGEST, **more: Any) -> Pointer:
    now = datetime(2026, 11, 23, 1, 2, 3, 456, tzinfo=UTC)
    fields: dict[str, Any] = {"admitted": ("web-1",), "updated": now, "author": "me", **more}
    return Pointer(serial=serial, step=step, release=release, **fields)


def signed(key: PrivateKey = KEY, what: tuple[str, ...] = WHAT, **more: Any) -> bytes:
    return sign(pointer(**more), key, *what).encode()


def changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(signed()), **fields}).encode()


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path)


def follow(
    store: DirectoryStore, trust: Trust = FIRST, last: Pointer | None = None
) -> tuple[Follower, list[Memory]]:
    saved: list[Memory] = []
    return Follower(store, "p", "prod", Memory(trust=trust, pointer=last), saved.append), saved


def test_what_was_signed_is_accepted_and_remembered(store: DirectoryStore) -> None:
    """The pointer as it was written, fields and all; a second look changes nothing."""
    store.put(WHERE, signed())
    follower, saved = follow(store)
    found = follower.look()
    assert found is not None
    assert (found.serial, found.admitted, found.key) == (2, ("web-1",), KEY.public)
    assert follower.look() == found
    assert follower.refusal is None
    assert [m.pointer for m in saved] == [found]
    assert Memory.model_validate_json(saved[0].encode()) == saved[0]


def test_fields_of_a_newer_airchain_do_not_break_the_signature(store: DirectoryStore) -> None:
    """The document is verified, not what this version knows of it."""
    document = {**json.loads(pointer().encode()), "key": KEY.public, "wave": 3}
    document["signature"] = KEY.sign(signing.payload(WHAT, document))
    store.put(WHERE, json.dumps(document).encode())
    follower, _ = follow(store)
    assert follower.look() is not None
    assert follower.refusal is None


REFUSED: dict[str, tuple[bytes, str]] = {
    "another release in it": (changed(release="sha256:" + "cd" * 32), "signature does not fit"),
    "all hosts admitted": (changed(admitted=None), "signature does not fit"),
    "a higher serial": (changed(serial=99), "signature does not fit"),
    "a field more": (changed(surprise=1), "signature does not fit"),
    "the signature of another pointer": (
        changed(signature=json.loads(signed(serial=3))["signature"]),
        "signature does not fit",
    ),
    "another key's name": (changed(key=OTHER.public), "is not trusted"),
    "signed by another key": (signed(OTHER), "is not trusted"),
    "signed for another environment": (signed(what=("pointer", "p", "qa")), "does not fit"),
    "signed for another product": (signed(what=("pointer", "q", "prod")), "does not fit"),
    "not signed": (pointer().encode(), "is not signed"),
    "signature empty": (changed(signature=""), "is not signed"),
    "signature a number": (changed(signature=1), "is not signed"),
    "key a list": (changed(key=[KEY.public]), "is not signed"),
    "cut off": (signed()[:-20], "not a signed document"),
    "empty": (b"", "not a signed document"),
    "a list": (b"[]", "not a signed document"),
    "not text": (b"\xff\x00", "not a signed document"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_altered_is_refused_and_the_last_good_one_stays(
    store: DirectoryStore, case: str
) -> None:
    """With its reason, the object's name and its digest; and no more once it is right again."""
    data, why = REFUSED[case]
    store.put(WHERE, signed(serial=1))
    follower, _ = follow(store)
    good = follower.look()
    store.put(WHERE, data)
    assert follower.look() == good
    refusal = follower.refusal
    assert refusal is not None
    assert why in refusal.text
    assert WHERE in refusal.text
    assert "airchain deploy prod" in (refusal.hint or "")
    assert refusal.mark == trusts.mark(data)
    store.put(WHERE, signed())
    right = follower.look()
    assert right is not None
    assert right.serial == 2
    assert follower.refusal is None


@pytest.mark.parametrize("case", REFUSED)
def test_a_host_that_knows_no_pointer_accepts_none_of_them(
    store: DirectoryStore, case: str
) -> None:
    """It has nothing to run, and says why."""
    store.put(WHERE, REFUSED[case][0])
    follower, saved = follow(store)
    assert follower.look() is None
    assert follower.refusal is not None
    assert saved == []


@given(st.data())
def test_no_byte_can_be_changed(data: st.DataObject) -> None:
    """Whatever is changed, either the same pointer is read or none."""
    raw = bytearray(signed())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.integers(0, 255))
    try:
        found = opened(Object(WHERE, bytes(raw), ""), Pointer, FIRST.keys, *WHAT)
    except SignatureError:
        return
    assert found == opened(Object(WHERE, signed(), ""), Pointer, FIRST.keys, *WHAT)


@pytest.mark.parametrize(
    ("serial", "step", "release", "accepted"),
    [
        (5, 3, DIGEST, True),  # the very same
        (5, 4, DIGEST, True),
        (6, 0, DIGEST, True),
        (5, 2, DIGEST, False),
        (4, 9, DIGEST, False),
        (5, 3, "sha256:" + "cd" * 32, False),
    ],
)
def test_nothing_older_is_accepted(
    store: DirectoryStore, serial: int, step: int, release: str, accepted: bool
) -> None:
    """Deployment and step only grow; two different ones with the same number are no growth."""
    last = sign(pointer(5, 3), KEY, *WHAT)
    store.put(WHERE, signed(serial=serial, step=step, release=release))
    follower, _ = follow(store, last=last)
    found = follower.look()
    assert (follower.refusal is None) == accepted
    if not accepted:
        assert found == last
        assert "not later than the last one" in (follower.refusal or trusts.Refusal("")).text


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_the_order_never_turns_back(tries: list[tuple[int, int]]) -> None:
    """In whatever order old pointers are shown again."""
    follower = Follower(Nowhere(), "p", "prod", Memory(trust=FIRST), lambda _: None)
    highest: tuple[int, int] | None = None
    for serial, step in tries:
        data = signed(serial=serial, step=step)
        follower.judge(Object(WHERE, data, trusts.mark(data)))
        highest = max(highest or (serial, step), (serial, step))
        assert follower.pointer is not None
        assert trusts.order(follower.pointer) == highest


class Nowhere(DirectoryStore):
    """A store without anything in it."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere/at/all"))


def test_a_pointer_that_is_gone_is_missed(store: DirectoryStore) -> None:
    """It is said, and the last one counts; before the first one nothing is wrong."""
    follower, _ = follow(store)
    assert follower.look() is None
    assert follower.refusal is None
    store.put(WHERE, signed())
    good = follower.look()
    store.delete(WHERE)
    assert follower.look() == good
    assert "was removed" in (follower.refusal or trusts.Refusal("")).text


def link(store: DirectoryStore, number: int, by: PrivateKey, *keys: PrivateKey) -> None:
    made = Trust(number=number, keys=tuple(k.public for k in keys))
    store.put(trust_key("p", number), sign(made, by, "trust", "p").encode())


def test_a_running_host_follows_new_keys(store: DirectoryStore) -> None:
    """It finds them at the moment that it needs them, over several lists, and forgets old ones."""
    store.put(WHERE, signed())
    follower, _ = follow(store)
    follower.look()
    link(store, 2, KEY, KEY, OTHER)
    link(store, 3, OTHER, THIRD)
    store.put(WHERE, signed(THIRD, step=1))
    found = follower.look()
    assert found is not None
    assert found.key == THIRD.public
    assert follower.refusal is None
    assert follower.trust.number == 3
    store.put(WHERE, signed(KEY, step=2))
    assert follower.look() == found
    assert "is not trusted" in (follower.refusal or trusts.Refusal("")).text


def test_a_key_that_was_taken_out_counts_no_more(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nothing else made the host look: within a few seconds."""
    store.put(WHERE, signed())
    follower, _ = follow(store)
    good = follower.look()
    link(store, 2, KEY, OTHER)
    assert follower.look() == good
    assert follower.refusal is None
    monkeypatch.setattr(trusts, "REFRESH", 0)
    assert follower.look() == good
    assert follower.refusal is not None


def listed(number: int, product: str) -> bytes:
    made = Trust(number=number, keys=(OTHER.public,))
    return sign(made, KEY, "trust", product).encode()


BAD_LISTS: dict[str, Callable[[DirectoryStore], object]] = {
    "signed by a key of its own": lambda s: link(s, 2, OTHER, OTHER),
    "without keys": lambda s: link(s, 2, KEY),
    "of another number": lambda s: s.put(trust_key("p", 2), listed(3, "p")),
    "of another product": lambda s: s.put(trust_key("p", 2), listed(2, "q")),
    "cut off": lambda s: s.put(trust_key("p", 2), b'{"number": 2'),
}


@pytest.mark.parametrize("case", BAD_LISTS)
def test_nobody_brings_in_a_key_without_one_that_counts(store: DirectoryStore, case: str) -> None:
    """A list that does not follow from the last is refused; the last one counts."""
    store.put(WHERE, signed())
    BAD_LISTS[case](store)
    with pytest.raises(SignatureError):
        newest(store, "p", FIRST)
    follower, _ = follow(store)
    assert follower.look() is not None
    assert follower.trust == FIRST
    refusal = follower.refusal
    assert refusal is not None
    assert trust_key("p", 2) in refusal.text
    assert refusal.mark is None


def put_signature(
    store: DirectoryStore,
    key: PrivateKey = KEY,
    product: str = "p",
    digest: str = DIGEST,
    at: str = DIGEST,
) -> None:
    record = sign(ReleaseSignature(digest=digest), key, "release", product)
    store.put(signature_key("p", at), record.encode())


def test_a_signed_release_is_accepted(store: DirectoryStore) -> None:
    """By any of the keys that count."""
    put_signature(store)
    verify_release(store, "p", DIGEST, (OTHER.public, KEY.public))


def test_other_releases_are_refused(store: DirectoryStore) -> None:
    """Unsigned, by another key, of another product, or with another release's signature."""
    with pytest.raises(SignatureError, match="is not signed"):
        verify_release(store, "p", DIGEST, FIRST.keys)
    put_signature(store, key=OTHER)
    with pytest.raises(UntrustedKey):
        verify_release(store, "p", DIGEST, FIRST.keys)
    put_signature(store, product="q")
    with pytest.raises(SignatureError, match="does not fit"):
        verify_release(store, "p", DIGEST, FIRST.keys)
    put_signature(store, digest="sha256:" + "00" * 32)
    with pytest.raises(SignatureError, match="another release"):
        verify_release(store, "p", DIGEST, FIRST.keys)


def test_a_release_by_a_key_that_just_came_is_accepted(store: DirectoryStore) -> None:
    """The follower looks at the lists before it refuses."""
    follower, _ = follow(store)
    follower.look()
    link(store, 2, KEY, KEY, OTHER)
    put_signature(store, key=OTHER)
    follower.verify_release(DIGEST)
    put_signature(store, key=THIRD)
    with pytest.raises(UntrustedKey):
        follower.verify_release(DIGEST)
