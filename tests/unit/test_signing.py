"""Signatures fit what was signed, where it was signed for, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airchain import signing
from airchain.errors import SignatureError
from airchain.signing import PrivateKey

KEY = PrivateKey.generate()
WHAT = ("pointer", "tv", "prod")
NAMES = st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(NAMES.filter(lambda name: name != "signature"), VALUES, max_size=4)


def test_a_key_can_be_written_out_and_read() -> None:
    """The same key signs the same; its name is its public half."""
    read = PrivateKey.parse(KEY.text)
    assert read.public == KEY.public
    assert read.sign(b"x") == KEY.sign(b"x")
    assert signing.is_public(KEY.public)
    assert signing.short(KEY.public) in KEY.public


def test_a_key_does_not_show_itself() -> None:
    """Not in a traceback, not in a log."""
    assert KEY.text not in f"{KEY!r} {KEY}"
    assert KEY.text.rpartition(":")[2] not in repr(KEY)


@pytest.mark.parametrize(
    "text", ["", "secret", "ed25519-private:", "ed25519-private:zz", "ed25519-private:" + "00" * 31]
)
def test_other_texts_are_no_keys(text: str) -> None:
    """Nothing but 32 bytes behind the right word."""
    with pytest.raises(ValueError):
        PrivateKey.parse(text)


@given(DOCUMENTS)
def test_any_document_can_be_signed(document: dict[str, Any]) -> None:
    """However its JSON is written and its members are ordered, the signature fits."""
    signature = KEY.sign(signing.payload(WHAT, document))
    written = json.dumps(dict(reversed(document.items())), indent=3).encode()
    read = signing.parse(written, "here")
    assert signing.fits(KEY.public, signing.payload(WHAT, read), signature)


@given(DOCUMENTS, DOCUMENTS)
def test_two_documents_have_two_payloads(one: dict[str, Any], other: dict[str, Any]) -> None:
    """What differs is signed differently."""
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (signing.payload(WHAT, one) == signing.payload(WHAT, other)) == same


@pytest.mark.parametrize(
    "what",
    [
        ("pointer", "tv", "qa"),
        ("pointer", "hello", "prod"),
        ("release", "tv", "prod"),
        ("pointer", "tvprod", ""),
        ("pointer", "tv"),
    ],
)
def test_a_signature_is_for_one_place(what: tuple[str, ...]) -> None:
    """Another environment, product or kind of document does not take it."""
    signature = KEY.sign(signing.payload(WHAT, {"serial": 1}))
    assert signing.fits(KEY.public, signing.payload(WHAT, {"serial": 1}), signature)
    assert not signing.fits(KEY.public, signing.payload(what, {"serial": 1}), signature)


@pytest.mark.parametrize("signature", ["", "00", "zz" * 64, "00" * 64, "é" * 128])
def test_what_is_no_signature_does_not_fit(signature: str) -> None:
    """It is refused, not a failure of ours."""
    assert not signing.fits(KEY.public, b"x", signature)


@pytest.mark.parametrize(
    "key", ["", "ed25519:", "ed25519:" + "zz" * 32, pytest.param(KEY.public + "00", id="longer")]
)
def test_what_is_no_key_verifies_nothing(key: str) -> None:
    """Whatever stands in its place."""
    assert not signing.fits(key, b"x", KEY.sign(b"x"))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"1", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_object_is_no_document(data: bytes) -> None:
    """The error says where it stands."""
    with pytest.raises(SignatureError, match="not a signed document") as caught:
        signing.parse(data, "products/tv/x")
    assert caught.value.where == "products/tv/x"
