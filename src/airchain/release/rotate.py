"""Replace a product's signing key while hosts serve and deployments go on.

    announce   a list with the old and the new key, signed by the old one
    adopt      this machine signs with the new key from now on
    sign anew  every release and pointer that verifies
    retire     a list with the new key alone, signed by the new one

Hosts that meet a key they do not know look at the lists first, so at no
moment do they refuse what is right. Killed at any moment and run again, it goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from airchain import locks
from airchain.errors import DeployError, ReleaseError, SignatureError
from airchain.files import write_whole
from airchain.progress import Progress
from airchain.release import index, keep, pointer
from airchain.release.keys import VARIABLE, Bundle, Keys, parse_bundle
from airchain.release.scope import Scope
from airchain.signing import PrivateKey, short
from airchain.store.records import (
    Pointer,
    ReleaseEntry,
    ReleaseSignature,
    Trust,
    pointer_key,
    signature_key,
    trust_key,
)
from airchain.trust import mark, opened, order, sign

# Deployments that go on meanwhile move a pointer a few times a second at most.
_ATTEMPTS = 50
_LOCK_TIMEOUT = 60.0


@dataclass(frozen=True)
class Rotated:
    """The new key, how much was signed anew, and what was left because it did not verify."""

    key: str
    number: int
    releases: int
    pointers: tuple[str, ...]
    left: tuple[str, ...]


def rotate(keys: Keys, progress: Progress) -> Rotated:
    """Replace the key, or finish a rotation that was cut short."""
    _refuse_elsewhere()
    with locks.alone(
        keys.folder / "rotation.lock",
        other=f"another `airchain keys rotate` of {keys.product}",
        timeout=_LOCK_TIMEOUT,
        progress=progress,
    ):
        return _Rotation(keys, progress).run()


def begin_anew(keys: Keys) -> Trust:
    """Make a key where the old one is lost. Hosts that run do not follow it: they are replaced.

    What was signed before counts no more: releases are made again, which signs them.
    """
    _refuse_elsewhere()
    bundle = keys.bundle()
    if bundle is not None and bundle.key.public in keys.trust().keys:
        raise ReleaseError(
            f"this machine has a key that counts, {short(bundle.key.public)}",
            where=keys.product,
            hint="`airchain keys rotate` replaces it, and hosts follow",
        )
    numbers = [keys.known_trust().number]
    numbers += [
        int(key.rpartition("/")[2])
        for key in keys.store.list(f"products/{keys.product}/trust")
        if key.rpartition("/")[2].isdigit()
    ]
    key = PrivateKey.generate()
    trust = Trust(number=max(numbers) + 1, keys=(key.public,))
    keys.save_bundle(Bundle(product=keys.product, private=key.text, trust=trust))
    keys.forget_pointers()
    keys.ensure()
    return trust


def _refuse_elsewhere() -> None:
    if os.environ.get(VARIABLE):
        raise ReleaseError(
            "keys are not replaced by who only borrows one",
            where=f"{VARIABLE} is set",
            hint="rotate on the machine that keeps the key, then export it anew",
        )


class _Rotation:
    """One run. Each step looks first whether it is done already."""

    def __init__(self, keys: Keys, progress: Progress) -> None:
        self._keys = keys
        self._progress = progress
        self._path = keys.folder / "next.json"
        self._new = self._next_key()

    def run(self) -> Rotated:
        """Take every step."""
        left: list[str] = []
        with self._progress.step(f"announce {short(self._new.public)}"):
            both = self._announce()
            self._adopt(both)
        with self._progress.step("sign releases anew") as step:
            releases = sum(self._release(e.digest, both, left) for e in self._entries())
            step.note(f"{releases} releases")
        with self._progress.step("sign pointers anew"):
            signed = [e for e in self._environments() if self._pointer(e, both, left)]
        with self._progress.step("retire the old key"):
            last = self._retire(both)
            self._adopt(last)
        # Of somebody who wrote with the old key until this moment; releases before what names them.
        releases += sum(self._release(e.digest, both, []) for e in self._entries())
        signed += [e for e in self._environments() if self._pointer(e, both, [])]
        self._path.unlink()
        pointers = tuple(dict.fromkeys(signed))
        return Rotated(self._new.public, last.number, releases, pointers, tuple(left))

    def _next_key(self) -> PrivateKey:
        try:
            data = self._path.read_bytes()
            return parse_bundle(data, self._keys.product, str(self._path)).key
        except FileNotFoundError:
            self._keys.private()  # Only who may sign may replace.
        key = PrivateKey.generate()
        made = Bundle(product=self._keys.product, private=key.text, trust=Trust())
        write_whole(self._path, made.encode(), mode=0o600)
        return key

    def _announce(self) -> Trust:
        trust = self._keys.trust()
        if self._new.public in trust.keys:
            return trust
        both = (*trust.keys, self._new.public)
        return self._publish(trust.number + 1, both, self._keys.private())

    def _retire(self, both: Trust) -> Trust:
        if both.keys == (self._new.public,):
            return both
        return self._publish(both.number + 1, (self._new.public,), self._new)

    def _publish(self, number: int, keys: tuple[str, ...], key: PrivateKey) -> Trust:
        trust = sign(Trust(number=number, keys=keys), key, "trust", self._keys.product)
        self._keys.store.create(trust_key(self._keys.product, number), trust.encode())
        return trust

    def _adopt(self, trust: Trust) -> None:
        self._keys.save_bundle(
            Bundle(product=self._keys.product, private=self._new.text, trust=trust)
        )

    def _entries(self) -> Iterator[ReleaseEntry]:
        yield from index.entries(self._keys.store, self._keys.product)

    def _environments(self) -> list[str]:
        return sorted(keep.environments(self._keys.store, self._keys.product))

    def _release(self, digest: str, both: Trust, left: list[str]) -> bool:
        """Sign a release anew; False where that is done or it does not verify."""
        key = signature_key(self._keys.product, digest)
        found = self._keys.store.get(key)
        try:
            if found is None:
                raise SignatureError("is not signed", where=key)
            what = ("release", self._keys.product)
            old = opened(found, ReleaseSignature, both.keys, *what)
            if old.digest != digest:
                raise SignatureError("is the signature of another release", where=key)
        except SignatureError as error:
            left.append(f"release {index.short(digest)}: {error}")
            return False
        if old.key == self._new.public:
            return False
        self._keys.store.put(key, sign(old, self._new, *what).encode())
        return True

    def _pointer(self, environment: str, both: Trust, left: list[str]) -> bool:
        """Sign a pointer anew, whoever moves it meanwhile."""
        scope = Scope(self._keys.store, self._keys.product, environment, self._keys)
        for _ in range(_ATTEMPTS):
            try:
                held = self._hold(scope, both)
                if held is None or held.pointer.key == self._new.public:
                    return False
                pointer.write(scope, held.pointer, held)
                return True
            except SignatureError as error:
                left.append(f"pointer of {environment}: {error}")
                return False
            except DeployError:
                continue  # A deployment went on in between.
        raise DeployError(
            f"the pointer was moved {_ATTEMPTS} times meanwhile",
            where=environment,
            hint="run `airchain keys rotate` again: it goes on from here",
        )

    def _hold(self, scope: Scope, both: Trust) -> pointer.Held | None:
        """The pointer, by either key; one from before the last that was seen is not signed anew."""
        found = scope.store.get(pointer_key(scope.product, scope.environment))
        if found is None:
            return None
        what = ("pointer", scope.product, scope.environment)
        now = opened(found, Pointer, both.keys, *what)
        last = scope.keys.memory(scope.environment).pointer
        if last is not None and order(now) < order(last):
            raise SignatureError("is older than one that was seen before", where=found.key)
        return pointer.Held(now, found.version, mark(found.data))
