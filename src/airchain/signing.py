"""Ed25519 signatures over JSON documents, and the keys that make them.

A public key is named by itself, `ed25519:` and 64 hexadecimal digits, as a
digest names content. What is signed is the document without its signature, in
one canonical form, behind a line that says what it is and for whom, so that no
signature fits in another place. Who may sign what is the business of `airchain.trust`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from airchain.errors import SignatureError

_NAME = "ed25519:"
_PRIVATE = "ed25519-private:"
_PUBLIC = re.compile(_NAME + "[0-9a-f]{64}")
# One way to write each, so that equal is equal.
_SIGNATURE = re.compile("[0-9a-f]{128}")
_SHORT = 12


class PrivateKey:
    """A private key. `public` is its name; its own text never appears by accident."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new key, from the operating system's randomness."""
        return cls(SigningKey.generate())

    @classmethod
    def parse(cls, text: str) -> PrivateKey:
        """The key that `text` wrote out; anything else is a `ValueError`."""
        if not text.startswith(_PRIVATE):
            raise ValueError(f"a private key begins with {_PRIVATE}")
        seed = bytes.fromhex(text.removeprefix(_PRIVATE))
        if len(seed) != 32:
            raise ValueError(f"a private key has 32 bytes, this has {len(seed)}")
        return cls(SigningKey(seed))

    @property
    def text(self) -> str:
        """The key written out: whoever has it can sign."""
        return _PRIVATE + bytes(self._key).hex()

    @property
    def public(self) -> str:
        """The public key, which is also the key's name."""
        return _NAME + bytes(self._key.verify_key).hex()

    def sign(self, payload: bytes) -> str:
        """The signature of `payload`, as 128 hexadecimal digits."""
        return self._key.sign(payload).signature.hex()

    def __repr__(self) -> str:
        return f"PrivateKey({short(self.public)})"


def is_public(text: str) -> bool:
    """Whether `text` is a public key."""
    return _PUBLIC.fullmatch(text) is not None


def short(public: str) -> str:
    """A public key as people write it: the first twelve hexadecimal digits."""
    return public.removeprefix(_NAME)[:_SHORT]


def fits(public: str, payload: bytes, signature: str) -> bool:
    """Whether `signature` is that of `payload` by the key `public`."""
    if not (is_public(public) and _SIGNATURE.fullmatch(signature)):
        return False
    try:
        key = VerifyKey(bytes.fromhex(public.removeprefix(_NAME)))
        key.verify(payload, bytes.fromhex(signature))
    except (BadSignatureError, ValueError):
        return False
    return True


def payload(what: tuple[str, ...], document: Mapping[str, Any]) -> bytes:
    """The bytes that are signed.

    `what` is the kind of document and the names that it is for, such as
    `("pointer", "tv", "prod")`. Names hold no NUL, so two of them are never alike.
    """
    kind, *names = what
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    parts = [f"airchain {kind} v1", *names, canonical(unsigned)]
    return "\0".join(parts).encode()


def canonical(document: Mapping[str, Any]) -> str:
    """One form for every way to write the same JSON object."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def parse(data: bytes, where: str) -> dict[str, Any]:
    """The JSON object in `data`; anything else is a `SignatureError`."""
    try:
        document = json.loads(data)
    # Brackets by the thousand are no document either.
    except (ValueError, RecursionError) as error:
        raise SignatureError(f"is not a signed document: {error}", where=where) from error
    if not isinstance(document, dict):
        raise SignatureError("is not a signed document: no JSON object", where=where)
    return document
