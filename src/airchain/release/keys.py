"""A product's signing key on the machine that releases, and what this machine believes.

    HOME/keys/P/key.json             Bundle    the private key; what `airchain keys export` prints
    HOME/keys/P/trust.json           Trust     the newest list of keys that the store led to
    HOME/keys/P/environments/E.json  Pointer   the last good pointer of each environment

`AIRCHAIN_SIGNING_KEY_FILE` names a bundle to use instead of the first, such as CI's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from airchain.errors import Conflict, ReleaseError, SignatureError
from airchain.files import write_whole
from airchain.paths import Home
from airchain.signing import PrivateKey, short
from airchain.store import Object, Store
from airchain.store.records import (
    Pointer,
    Record,
    ReleaseSignature,
    Trust,
    decode,
    signature_key,
    trust_key,
)
from airchain.trust import Follower, Memory, newest, order, sign, verify_release

VARIABLE = "AIRCHAIN_SIGNING_KEY_FILE"
R = TypeVar("R", bound=Record)


class Bundle(Record):
    """A private key and the list of keys that its holder believes: all that signing takes."""

    product: str
    private: str
    trust: Trust

    @property
    def key(self) -> PrivateKey:
        """The private key; a text that is none is a `ValueError`."""
        return PrivateKey.parse(self.private)


class Keys:
    """The keys of one product, as this machine has and knows them."""

    def __init__(self, home: Home, store: Store, product: str) -> None:
        self.product = product
        self.store = store
        self.folder = home.keys(product)
        self._followers: dict[str, Follower] = {}

    def ensure(self) -> str | None:
        """Make the product's key where it has none yet; return the name of one made now."""
        made = None
        if self.bundle() is None:
            if self.store.get(trust_key(self.product, 1)) is not None:
                raise self._elsewhere()
            key = PrivateKey.generate()
            trust = Trust(number=1, keys=(key.public,))
            if self._create(Bundle(product=self.product, private=key.text, trust=trust)):
                made = key.public
        try:
            self._publish()
        except Conflict:
            if made:  # Another machine was first.
                (self.folder / "key.json").unlink()
            raise self._elsewhere() from None
        return made

    def bundle(self) -> Bundle | None:
        """The private key that this machine has; None where it has none."""
        given = os.environ.get(VARIABLE)
        path = Path(given) if given else self.folder / "key.json"
        try:
            return parse_bundle(path.read_bytes(), self.product, str(path))
        except FileNotFoundError:
            if given:
                raise ReleaseError("there is no such file", where=f"{VARIABLE}={given}") from None
            return None
        except OSError as error:
            raise ReleaseError(f"cannot be read: {error}", where=str(path)) from error

    def private(self) -> PrivateKey:
        """The key to sign with; a `ReleaseError` where there is none, or it does not count."""
        bundle = self.bundle()
        if bundle is None:
            raise self._elsewhere()
        trust = self.trust()
        self._compare(trust)
        if bundle.key.public not in trust.keys:
            raise ReleaseError(
                f"this machine's signing key {short(bundle.key.public)} is not trusted any more"
                f" (trusted: {', '.join(map(short, trust.keys))})",
                where=self.product,
                hint="it was replaced by `airchain keys rotate`: run `airchain keys export` where"
                " that was done and `airchain keys import` here (CI: replace its secret)",
            )
        return bundle.key

    def trust(self) -> Trust:
        """The newest list of keys, followed from what this machine believes."""
        trust = newest(self.store, self.product, self.known_trust())
        self._save_trust(trust)
        return trust

    def follower(self, environment: str) -> Follower:
        """What follows the pointer of `environment`, with this machine's memory."""
        if environment not in self._followers:

            def save(memory: Memory) -> None:
                self._save(environment, memory)

            memory = self.memory(environment)
            self._followers[environment] = Follower(
                self.store, self.product, environment, memory, save
            )
        return self._followers[environment]

    def memory(self, environment: str) -> Memory:
        """What this machine believes by now; the store is not asked."""
        pointer = _read(self._pointer_path(environment), Pointer)
        return Memory(trust=self.known_trust(), pointer=pointer)

    def read_pointer(self, environment: str) -> tuple[Pointer, Object] | None:
        """The pointer and the object it stands in; None where there is none.

        One that does not verify is a `SignatureError`.
        """
        follower = self.follower(environment)
        found = follower.read()
        if found is None:
            return None
        refusal = follower.refusal
        if (refusal and refusal.mark) or follower.pointer is None:
            text, hint = (refusal.text, refusal.hint) if refusal else ("is no pointer", None)
            raise SignatureError(text, hint=hint)
        return follower.pointer, found

    def sign_pointer(self, environment: str, pointer: Pointer) -> Pointer:
        """The pointer with a signature."""
        return sign(pointer, self.private(), "pointer", self.product, environment)

    def sign_release(self, digest: str) -> None:
        """Sign the release, unless it bears a signature that counts."""
        key = self.private()
        try:
            verify_release(self.store, self.product, digest, self.trust().keys)
        except SignatureError:
            signed = sign(ReleaseSignature(digest=digest), key, "release", self.product)
            self.store.put(signature_key(self.product, digest), signed.encode())

    def verify_release(self, digest: str) -> None:
        """See that a key that counts signed the release; else a `SignatureError`."""
        verify_release(self.store, self.product, digest, self.trust().keys)

    def take(self, bundle: Bundle) -> None:
        """Sign with this key from now on.

        A `ReleaseError` where it does not count, or would replace one that does.
        """
        trust = newest(self.store, self.product, bundle.trust)
        if bundle.key.public not in trust.keys:
            raise ReleaseError(
                f"key {short(bundle.key.public)} does not count any more",
                where=self.product,
                hint="`airchain keys export` on the machine that rotated last",
            )
        mine = self.bundle()
        if mine and mine.key.public in trust.keys and mine.key.public != bundle.key.public:
            raise ReleaseError(
                f"this machine has a key that counts, {short(mine.key.public)}",
                where=self.product,
            )
        self.save_bundle(bundle.model_copy(update={"trust": trust}))
        self._publish()

    def save_bundle(self, bundle: Bundle) -> None:
        """Keep `bundle` as this machine's key, whatever it had."""
        self._make_folder()
        write_whole(self.folder / "key.json", bundle.encode(), mode=0o600)
        self._save_trust(bundle.trust)

    def forget_pointers(self) -> None:
        """Forget which pointers were good: of a key that counts no more."""
        for path in (self.folder / "environments").glob("*.json"):
            path.unlink(missing_ok=True)

    def _create(self, bundle: Bundle) -> bool:
        """Keep a new key, unless another process has just made one."""
        self._make_folder()
        mine = self.folder / f"key.json.{os.getpid()}"
        write_whole(mine, bundle.encode(), mode=0o600)
        try:
            os.link(mine, self.folder / "key.json")
        except FileExistsError:
            return False
        finally:
            mine.unlink()
        return True

    def _publish(self) -> None:
        """Show in the store that the product has a key, so that no other machine makes one."""
        trust = self.known_trust()
        key = trust_key(self.product, trust.number)
        bundle = self.bundle()
        if bundle is None or self.store.get(key) is not None:
            return
        # The first list is signed by its own key: nothing was before it.
        signed = trust if trust.signature else sign(trust, bundle.key, "trust", self.product)
        self.store.create(key, signed.encode())

    def _compare(self, trust: Trust) -> None:
        """See that the store's list is ours: two machines may each have made a key of their own."""
        key = trust_key(self.product, trust.number)
        shown = self.store.get(key)
        if shown is not None and decode(shown, Trust).keys != trust.keys:
            raise ReleaseError(
                "the store lists other keys of the product than this machine believes",
                where=key,
                hint="import the key that the others use: `airchain keys import`;"
                " where somebody altered the list, remove that object and deploy again",
            )

    def _elsewhere(self) -> ReleaseError:
        return ReleaseError(
            "this machine has no signing key of the product",
            where=self.product,
            hint="run `airchain keys export` on the machine that has it and `airchain keys import`"
            f" here, or name the exported file in {VARIABLE};"
            " `airchain keys rotate --lost` begins anew where it is lost",
        )

    def known_trust(self) -> Trust:
        """The newest list that this machine believes; the store is not asked."""
        bundle = self.bundle()
        known = [t for t in (_read(self.folder / "trust.json", Trust),) if t is not None]
        known += [bundle.trust] if bundle else []
        return max(known, key=lambda t: t.number, default=Trust())

    def _save_trust(self, trust: Trust) -> None:
        saved = _read(self.folder / "trust.json", Trust)
        if trust.keys and (saved is None or saved.number < trust.number):
            self._make_folder()
            write_whole(self.folder / "trust.json", trust.encode(), mode=0o600)

    def _save(self, environment: str, memory: Memory) -> None:
        self._save_trust(memory.trust)
        path = self._pointer_path(environment)
        saved = _read(path, Pointer)
        if memory.pointer and (saved is None or order(saved) < order(memory.pointer)):
            self._make_folder()
            write_whole(path, memory.pointer.encode(), mode=0o600)

    def _pointer_path(self, environment: str) -> Path:
        return self.folder / "environments" / f"{environment}.json"

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for private in (self.folder, self.folder.parent):
            private.chmod(0o700)


def parse_bundle(data: bytes, product: str, where: str) -> Bundle:
    """The bundle that `airchain keys export` printed; anything else is a `ReleaseError`."""
    try:
        bundle = Bundle.model_validate_json(data)
        public = bundle.key.public
    except ValueError:
        # Not told further: the parser's error shows what it read, and that may be the key.
        raise ReleaseError("is not what `airchain keys export` prints", where=where) from None
    if bundle.product != product:
        raise ReleaseError(
            f"is the signing key {short(public)} of {bundle.product}, not of {product}", where=where
        )
    return bundle


def _read(path: Path, kind: type[R]) -> R | None:
    """What was remembered; nothing where there is nothing, or it is damaged."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
