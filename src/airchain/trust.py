"""Which keys count for a product, and what they have signed.

Keys change as the root of TUF does (The Update Framework, specification 1.0, 5.3): list number N
stands in the store, signed by a key of list N-1. Whoever knows one list finds
its way to the newest, and nobody can bring in a key without one that counts.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from airchain import signing
from airchain.errors import AirchainError, SignatureError, StoreError, UntrustedKey
from airchain.signing import PrivateKey, short
from airchain.store.base import Object, Store
from airchain.store.records import (
    Pointer,
    Record,
    ReleaseSignature,
    Signed,
    Trust,
    pointer_key,
    signature_key,
    trust_key,
)

# A key that was taken out of the list counts no longer than this on hosts that run, in seconds.
REFRESH = 5.0
# While keys are replaced, a pointer may be signed anew between two reads.
_LOOKS = 3

S = TypeVar("S", bound=Signed)


def sign(record: S, key: PrivateKey, *what: str) -> S:
    """The record with `key`'s name and signature; `what` as in `signing.payload`."""
    named = record.model_copy(update={"key": key.public, "signature": ""})
    document = signing.parse(named.encode(), what[0])
    return named.model_copy(update={"signature": key.sign(signing.payload(what, document))})


def opened(found: Object, kind: type[S], keys: Collection[str], *what: str) -> S:
    """The record in `found`, if one of `keys` signed it as `what`; else a `SignatureError`."""
    document = signing.parse(found.data, found.key)
    key, signature = document.get("key"), document.get("signature")
    if not (isinstance(key, str) and isinstance(signature, str) and key and signature):
        raise SignatureError(f"the {what[0]} is not signed", where=found.key)
    if key not in keys:
        raise UntrustedKey(
            f"the {what[0]} is signed by key {short(key)!r}, which is not trusted"
            f" (trusted: {', '.join(map(short, keys)) or 'none'})",
            where=found.key,
        )
    if not signing.fits(key, signing.payload(what, document), signature):
        raise SignatureError(
            f"the {what[0]}'s signature does not fit: it was changed after it was signed,"
            " or signed for another place",
            where=found.key,
        )
    try:
        # Written anew: what is read is what was verified, not what another parser makes of it.
        return kind.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise SignatureError(f"not a {kind.__name__}: {error}", where=found.key) from error


def newest(
    store: Store, product: str, trust: Trust, learn: Callable[[Trust], None] = lambda _: None
) -> Trust:
    """The list that the store leads to from `trust`, which is believed; `learn` is told each step.

    Raises `SignatureError` where the next one is not signed by a key of the one before.
    """
    # From no keys nothing leads on.
    while trust.keys and (found := store.get(trust_key(product, trust.number + 1))):
        following = opened(found, Trust, trust.keys, "trust", product)
        if following.number != trust.number + 1 or not following.keys:
            raise SignatureError(f"is not list {trust.number + 1} of keys", where=found.key)
        trust = following
        learn(trust)
    return trust


def verify_release(store: Store, product: str, digest: str, keys: Collection[str]) -> None:
    """See that one of `keys` signed the release; else a `SignatureError`."""
    found = store.get(signature_key(product, digest))
    if found is None:
        raise SignatureError(
            f"release {digest} is not signed",
            where=signature_key(product, digest),
            hint="`airchain release` signs it if it is still what the folder holds",
        )
    if opened(found, ReleaseSignature, keys, "release", product).digest != digest:
        raise SignatureError("is the signature of another release", where=found.key)


def mark(data: bytes) -> str:
    """The digest by which a host names an object that it refuses."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def order(pointer: Pointer) -> tuple[int, int]:
    """What must grow from one pointer of an environment to the next."""
    return pointer.serial, pointer.step


class Memory(Record):
    """What one follower has come to believe: the newest list of keys, the last good pointer."""

    trust: Trust = Trust()
    pointer: Pointer | None = None


@dataclass(frozen=True)
class Refusal:
    """Why an object was not accepted, and what to do; `mark` where it is a pointer."""

    text: str
    hint: str | None = None
    mark: str | None = None

    @classmethod
    def of(cls, error: AirchainError, mark: str | None = None) -> Refusal:
        """The refusal that an error stands for."""
        return cls(str(error), error.hint, mark)


class Follower:
    """Follows the pointer of one environment and the keys of its product.

    It believes its memory, what a trusted key signed, and nothing older than
    what it has seen. What it refuses stands in `refusal`, and changes nothing.
    Safe to use from several threads.
    """

    def __init__(
        self,
        store: Store,
        product: str,
        environment: str,
        memory: Memory,
        save: Callable[[Memory], None],
    ) -> None:
        self._store = store
        self._product = product
        self._environment = environment
        self._memory = memory
        self._save = save
        self._key = pointer_key(product, environment)
        self._lock = threading.RLock()
        self._looked = float("-inf")
        self._judged: tuple[str, int] | None = None
        self._pointer_refusal: Refusal | None = None
        self._trust_refusal: Refusal | None = None

    @property
    def trust(self) -> Trust:
        """The newest list of keys."""
        return self._memory.trust

    @property
    def pointer(self) -> Pointer | None:
        """The last pointer that was accepted."""
        return self._memory.pointer

    @property
    def refusal(self) -> Refusal | None:
        """What was wrong at the last look."""
        return self._pointer_refusal or self._trust_refusal

    def look(self) -> Pointer | None:
        """The last good pointer, after a look at the store. Raises `StoreError` where it fails."""
        self.read()
        return self.pointer

    def read(self) -> Object | None:
        """What stands in the store in the pointer's place, judged. Raises `StoreError`."""
        for _ in range(_LOOKS):
            # Keys first: what is read after them is not signed by a key from before them.
            with self._lock:
                self._follow_keys()
            found = self._store.get(self._key)
            if self.judge(found):
                break
        return found

    def judge(self, found: Object | None) -> bool:
        """Accept the object as the newest pointer, or say in `refusal` why not.

        False where it is refused and was not before.
        """
        with self._lock:
            if found is not None:
                return self._judge(found)
            self._pointer_refusal = self._judged = None
            if self.pointer is not None:
                gone = SignatureError("the pointer was removed", where=self._key, hint=self._hint)
                self._pointer_refusal = Refusal.of(gone)
            return True

    def verify_release(self, digest: str) -> None:
        """See that the release was signed by a key that counts; else a `SignatureError`."""
        try:
            verify_release(self._store, self._product, digest, self.trust.keys)
        except UntrustedKey:
            with self._lock:
                self._follow_keys(now=True)
            verify_release(self._store, self._product, digest, self.trust.keys)

    def _judge(self, found: Object) -> bool:
        if self._judged == (found.version, self.trust.number):
            return True
        try:
            self._accept(self._open(found))
            self._pointer_refusal = None
        except SignatureError as error:
            error.hint = error.hint or self._hint
            self._pointer_refusal = Refusal.of(error, mark(found.data))
        self._judged = (found.version, self.trust.number)
        return self._pointer_refusal is None

    @property
    def _hint(self) -> str:
        return (
            f"`airchain deploy {self._environment}` writes a good one;"
            " find out who else can write to the store"
        )

    def _open(self, found: Object) -> Pointer:
        what = ("pointer", self._product, self._environment)
        try:
            return opened(found, Pointer, self.trust.keys, *what)
        except UntrustedKey:
            # The list may have changed this very moment.
            self._follow_keys(now=True)
            return opened(found, Pointer, self.trust.keys, *what)

    def _accept(self, new: Pointer) -> None:
        old = self.pointer
        if new == old:
            return
        if old is not None and order(new) <= order(old):
            raise SignatureError(
                f"the pointer is not later than the last one: deployment {new.serial}"
                f" step {new.step} after deployment {old.serial} step {old.step}",
                where=self._key,
            )
        self._remember(self._memory.model_copy(update={"pointer": new}))

    def _follow_keys(self, *, now: bool = False) -> None:
        if not now and time.monotonic() - self._looked < REFRESH:
            return
        self._looked = time.monotonic()
        try:
            newest(self._store, self._product, self.trust, self._learn)
            self._trust_refusal = None
        except (SignatureError, StoreError) as error:
            self._trust_refusal = Refusal.of(error)

    def _learn(self, trust: Trust) -> None:
        self._remember(self._memory.model_copy(update={"trust": trust}))

    def _remember(self, memory: Memory) -> None:
        self._save(memory)
        self._memory = memory
