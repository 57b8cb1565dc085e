"""The environment pointer: the one write that deploys. All writers sign it here."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from airchain.errors import Conflict, DeployError, SignatureError
from airchain.release.reports import reports
from airchain.release.scope import Scope
from airchain.store.base import Object
from airchain.store.records import Pointer, Report, pointer_key
from airchain.trust import mark

HISTORY = 10
# Others that only sign the pointer anew come in between once or twice, not for ever.
_ATTEMPTS = 5


@dataclass(frozen=True)
class Held:
    """A pointer as it was read, with the version that a change of it refers to.

    `mark` is the digest of its bytes, by which a host says that it refuses it.
    """

    pointer: Pointer
    version: str
    mark: str


def author() -> str:
    """Who moves the pointer, as others shall see it."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def hold(scope: Scope) -> Held | None:
    """The pointer, or None where nothing was ever deployed.

    Raises `SignatureError` where it is not signed by a key that counts, or is
    older than what this machine has seen.
    """
    found_there = scope.keys.read_pointer(scope.environment)
    if found_there is None:
        return None
    accepted, found = found_there
    return Held(accepted, found.version, mark(found.data))


def last_good(scope: Scope) -> Pointer | None:
    """The last pointer that verified: what hosts go by, whatever stands in the store now."""
    return scope.keys.follower(scope.environment).look()


def take_up(scope: Scope) -> tuple[Held | None, str | None]:
    """The pointer for a deployment to go on from, and what was wrong with it.

    One that does not verify, or was removed, gives way to the last good one
    that this machine has seen. Where it has seen none the environment begins anew:
    `write` puts the first pointer in its place.
    """
    try:
        held = hold(scope)
    except SignatureError as error:
        wrong: str | None = str(error)
    else:
        wrong = None
    last = scope.keys.memory(scope.environment).pointer
    if wrong is None and (held is not None or last is None):
        return held, None
    if last is None or not _signed(scope, last.release):
        return None, wrong or "the pointer was removed"
    found = scope.store.get(pointer_key(scope.product, scope.environment))
    try:
        held = _put(scope, last, last, found.version if found else None)
    except Conflict:
        raise _moved(hold(scope), scope) from None
    return held, wrong or "the pointer was removed"


def _signed(scope: Scope, release: str) -> bool:
    try:
        scope.keys.verify_release(release)
    except SignatureError:
        return False
    return True


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


def begin(
    before: Pointer | None, release: str, *, staged: bool, all_at_once: bool = False
) -> Pointer:
    """The pointer that starts a deployment.

    `staged` goes back on failure, and admits no host at first, or every one with
    `all_at_once`; otherwise there is nothing to lose. A deployment that stopped
    half-way proved nothing: hosts that are not admitted yet run what served before
    it, also those that it had admitted.
    """
    old = proven(before) if before else None
    served = (old, *before.history) if before and old else ()
    staged = staged and old not in (None, release)
    return Pointer(
        serial=before.serial + 1 if before else 1,
        release=release,
        previous=old if staged else None,
        history=tuple(dict.fromkeys(r for r in served if r != release))[:HISTORY],
        admitted=() if staged and not all_at_once else None,
        trial=release != old,
        updated=datetime.now(UTC),
        author=author(),
    )


def proven(pointer: Pointer) -> str:
    """The last release that was seen through on all hosts, or the first one there was."""
    return pointer.previous if pointer.trial and pointer.previous else pointer.release


def settle(pointer: Pointer) -> Pointer:
    """The same deployment, seen through: from now on it is what others go back to."""
    return pointer.model_copy(update={"trial": False, "updated": datetime.now(UTC)})


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
    """Sign `new` and write it in place of what was held.

    Another writer in between is an error, unless it only signed the same pointer anew.
    """
    if held is None:
        first = new.model_copy(update={"serial": _unused_serial(scope)})
        try:
            return _put(scope, first, None, _version_to_give_way(scope))
        except Conflict:
            raise _moved(hold(scope), scope) from None
    for _ in range(_ATTEMPTS):
        try:
            return _put(scope, new, held.pointer, held.version)
        except Conflict:
            now = hold(scope)
            if now is None or not same(now.pointer, held.pointer):
                raise _moved(now, scope) from None
            held = now
    raise _moved(held, scope)


def require(scope: Scope, held: Held) -> None:
    """See that the pointer is still the one that is held; another one is an error."""
    now = hold(scope)
    if now is None or not (now.version == held.version or same(now.pointer, held.pointer)):
        raise _moved(now, scope)


def require_accepted(held: Held, said: Iterable[Report]) -> None:
    """See that no host refuses the pointer that is held; else a `DeployError` with its words."""
    for report in said:
        if report.refused == held.mark:
            raise DeployError(
                f"the host does not accept the pointer: {report.error}",
                where=f"host {report.host}",
                hint="it serves what it served before; a host that knows none of these keys has to"
                " be replaced: `airchain keys show`",
            )


def same(one: Pointer, other: Pointer) -> bool:
    """Whether two pointers say the same, whoever signed them and how often."""
    signing = {"step": 0, "key": "", "signature": ""}
    return one.model_copy(update=signing) == other.model_copy(update=signing)


def _put(scope: Scope, new: Pointer, old: Pointer | None, version: str | None) -> Held:
    """Sign `new` as the next step after `old` and write it over `version`."""
    key = pointer_key(scope.product, scope.environment)
    step = old.step + 1 if old and old.serial == new.serial else 0
    new = scope.keys.sign_pointer(scope.environment, new.model_copy(update={"step": step}))
    data = new.encode()
    if version is None:
        version = scope.store.create(key, data)
    else:
        version = scope.store.replace(key, data, version)
    scope.keys.follower(scope.environment).judge(Object(key, data, version))
    return Held(new, version, mark(data))


def _version_to_give_way(scope: Scope) -> str | None:
    """The version of a pointer that does not verify; None where there is no pointer at all."""
    found = scope.store.get(pointer_key(scope.product, scope.environment))
    try:
        now = hold(scope)
    except SignatureError:
        return found.version if found else None
    if now is not None:
        raise _moved(now, scope)
    return None


def _unused_serial(scope: Scope) -> int:
    """One that is later than what this machine and the hosts have seen: they refuse others."""
    last = scope.keys.memory(scope.environment).pointer
    return max([last.serial if last else 0, *(r.serial for r in reports(scope))]) + 1


def _moved(now: Held | None, scope: Scope) -> DeployError:
    return DeployError(
        f"another deployment moved the pointer meanwhile ({now.pointer.author})"
        if now
        else "the pointer was removed meanwhile",
        where=str(scope),
        hint="`airchain status` shows where it stands; run `deploy` again to go on from there",
    )
