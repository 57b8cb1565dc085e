"""Which releases the store keeps, for all environments of a product. Pure but for what is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from airchain.errors import StoreError
from airchain.store import Store
from airchain.store.many import side_by_side
from airchain.store.records import (
    OwnImages,
    Pointer,
    ReleaseEntry,
    Report,
    environment_key,
    images_key,
    pointer_key,
    read,
    report_key,
)


@dataclass(frozen=True)
class Retention:
    """What is kept beside what environments name: the `newest` releases, and younger ones.

    What was given up can be deployed no more, and goes `settle` later: whoever found
    the release just before has long since moved a pointer to it, or has failed.
    """

    newest: int = 20
    age: timedelta = timedelta(days=14)
    settle: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Verdict:
    """Releases (digests) of a product: `kept`, to be given up, to be taken back, to be removed."""

    kept: frozenset[str] = frozenset()
    give_up: frozenset[str] = frozenset()
    take_back: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()


def judge(
    entries: Iterable[ReleaseEntry], named: Collection[str], retention: Retention, now: datetime
) -> Verdict:
    """What becomes of each release. What environments name is kept, also where it is not listed.

    `kept` holds all whose images must stay: those that were given up are among them for a while.
    """
    newest_first = sorted(entries, key=lambda e: e.created, reverse=True)
    oldest = now - retention.age
    current = [e for e in newest_first if e.pruned is None]
    recent = {e.digest for e in current[: retention.newest]}
    recent |= {e.digest for e in current if e.created >= oldest}
    wanted = recent.union(named)
    given_up = [e for e in newest_first if e.pruned is not None and e.digest not in wanted]
    settling = {e.digest for e in given_up if e.pruned and now - e.pruned < retention.settle}
    give_up = frozenset(e.digest for e in current if e.digest not in wanted)
    return Verdict(
        kept=frozenset(wanted | settling | give_up),
        give_up=give_up,
        take_back=frozenset(
            e.digest for e in newest_first if e.pruned is not None and e.digest in wanted
        ),
        remove=frozenset(e.digest for e in given_up) - settling,
    )


def names(pointer: Pointer) -> set[str]:
    """The releases that a pointer names: what runs, what ran before, and before that."""
    return {d for d in (pointer.release, pointer.previous, *pointer.history) if d is not None}


def named(store: Store, product: str) -> set[str]:
    """The releases that environments of the product name, and those that their hosts run.

    Signatures do not matter here: what a forged pointer names is kept in vain, and what
    hosts go by stands in their reports.
    """
    found: set[str] = set()
    there = environments(store, product)
    said = [report_key(product, e, host) for e, hosts in there.items() for host in hosts]
    for pointer in side_by_side(
        lambda key: read(store, key, Pointer), [pointer_key(product, e) for e in there]
    ):
        found |= names(pointer) if pointer is not None else set()
    for report in side_by_side(lambda key: read(store, key, Report), said):
        if report is not None:
            found |= {d for d in (report.running, report.wanted, *report.prepared) if d}
    return found


def own_images(store: Store) -> set[str] | None:
    """References of Airchain's own images that environments run on, of whichever machine.

    None where some product's may not be read: then nobody knows all of them.
    """
    try:
        keys = [images_key(p, e) for p in products(store) for e in environments(store, p)]
        found = side_by_side(lambda key: read(store, key, OwnImages), keys)
    except StoreError:
        return None
    return {reference for own in found if own for reference in (own.host, own.edge)}


def environments(store: Store, product: str) -> dict[str, list[str]]:
    """The environments of a product and the hosts that have reported, as the store has them."""
    found: dict[str, list[str]] = {}
    above = environment_key(product, "x").removesuffix("x")
    for key in store.list(above.rstrip("/")):
        environment, _, rest = key.removeprefix(above).partition("/")
        hosts = found.setdefault(environment, [])
        if rest.startswith("hosts/") and rest.endswith("/report"):
            hosts.append(rest.split("/")[1])
    return found


def products(store: Store) -> Sequence[str]:
    """All products of the store."""
    return sorted({key.split("/")[1] for key in store.list("products")})
