"""The environment pointer: the one write that deploys."""

from __future__ import annotations

import getpass
import socket
from dataclasses import dataclass
from datetime import UTC, datetime

from airchain.errors import Conflict, DeployError
from airchain.release.scope import Scope
from airchain.store.records import Pointer, decode, pointer_key

HISTORY = 10


@dataclass(frozen=True)
class Held:
    """A pointer as it was read, with the version that a change of it refers to."""

    pointer: Pointer
    version: str


def author() -> str:
    """Who moves the pointer, as others shall see it."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def hold(scope: Scope) -> Held | None:
    """The pointer, or None where nothing was ever deployed."""
    found = scope.store.get(pointer_key(scope.product, scope.environment))
    return None if found is None else Held(decode(found, Pointer), found.version)


def before(scope: Scope) -> str:
    """The digest that a rollback goes to; `DeployError` where there is none."""
    held = hold(scope)
    if held is None or not held.pointer.history:
        raise DeployError(
            "no release was deployed before this one",
            where=str(scope),
            hint="`airchain releases` lists releases; `airchain deploy` brings one",
        )
    return held.pointer.history[0]


def begin(before: Pointer | None, release: str, *, staged: bool) -> Pointer:
    """The pointer that starts a deployment.

    `staged` admits no host at first, and goes back on failure; otherwise there is
    nothing to lose. A deployment that stopped half-way proved nothing: hosts that
    are not admitted yet run what served before it, also those that it had admitted.
    """
    old = proven(before) if before else None
    served = (old, *before.history) if before and old else ()
    staged = staged and old not in (None, release)
    return Pointer(
        serial=before.serial + 1 if before else 1,
        release=release,
        previous=old if staged else None,
        history=tuple(dict.fromkeys(r for r in served if r != release))[:HISTORY],
        admitted=() if staged else None,
        updated=datetime.now(UTC),
        author=author(),
    )


def proven(pointer: Pointer) -> str | None:
    """The last release that all hosts were let run."""
    return pointer.release if pointer.admitted is None else pointer.previous


def back(failed: Pointer, old: str) -> Pointer:
    """The pointer that takes a failed deployment back: its release never served."""
    fields = begin(failed, old, staged=False).model_dump()
    fields["history"] = tuple(r for r in failed.history if r != old)
    return Pointer(**fields)


def again(pointer: Pointer) -> Pointer:
    """The same deployment under a new serial, so that hosts which failed try it again."""
    return pointer.model_copy(
        update={"serial": pointer.serial + 1, "updated": datetime.now(UTC), "author": author()}
    )


def admit(pointer: Pointer, hosts: tuple[str, ...] | None) -> Pointer:
    """The same deployment, with these hosts on the new release (None: all)."""
    return pointer.model_copy(update={"admitted": hosts, "updated": datetime.now(UTC)})


def write(scope: Scope, new: Pointer, held: Held | None) -> Held:
    """Write `new` in place of what was held; another writer in between is an error."""
    key = pointer_key(scope.product, scope.environment)
    try:
        if held is None:
            version = scope.store.create(key, new.encode())
        else:
            version = scope.store.replace(key, new.encode(), held.version)
    except Conflict as error:
        raise _moved(hold(scope), scope) from error
    return Held(new, version)


def require(scope: Scope, held: Held) -> None:
    """See that the pointer is still the one that is held; another one is an error."""
    now = hold(scope)
    if now is None or now.version != held.version:
        raise _moved(now, scope)


def _moved(now: Held | None, scope: Scope) -> DeployError:
    return DeployError(
        f"another deployment moved the pointer meanwhile ({now.pointer.author})"
        if now
        else "the pointer was removed meanwhile",
        where=str(scope),
        hint="`airchain status` shows where it stands; run `deploy` again to go on from there",
    )
