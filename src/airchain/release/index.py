"""Our own index of releases: one small object each, so listing needs no registry catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from airchain.errors import Conflict, ReleaseError
from airchain.release.revision import Revision
from airchain.store import Store, clock
from airchain.store.many import side_by_side
from airchain.store.records import ReleaseEntry, read, releases_key

SHORT = 12


def short(digest: str) -> str:
    """A digest as people write it: the first twelve hexadecimal digits."""
    return digest.removeprefix("sha256:")[:SHORT]


def add(store: Store, product: str, digest: str, revision: Revision) -> ReleaseEntry:
    """Enter a release; one that is there already keeps its first time."""
    for key, entry in _listed(store, product, short(digest)):
        if entry.digest == digest:
            return _given_up(store, key, entry, None)
    created = clock.now(store)
    entry = ReleaseEntry(
        digest=digest,
        revision=revision.name,
        subject=revision.subject,
        created=created,
        author=revision.author,
    )
    key = f"{releases_key(product)}/{created:%Y%m%dT%H%M%S.%fZ}-{short(digest)}"
    try:
        store.create(key, entry.encode())
    except Conflict:  # made by another process within the same microsecond: the same release
        pass
    return entry


def entries(store: Store, product: str, *, pruned: bool = False) -> Sequence[ReleaseEntry]:
    """All releases, newest first; those that were given up only if `pruned`."""
    return _newest_first(e for _, e in _listed(store, product) if pruned or e.pruned is None)


def prune(store: Store, product: str, digests: Collection[str], when: datetime | None) -> None:
    """Give releases up as of `when`; None takes that back."""
    if digests:
        found = [(key, e) for key, e in _listed(store, product) if e.digest in digests]
        side_by_side(lambda one: _given_up(store, *one, when), found)


def _listed(store: Store, product: str, digits: str = "") -> list[tuple[str, ReleaseEntry]]:
    """All entries; with the first `digits` of a digest no others than those are read."""
    keys = store.list(releases_key(product))
    keys = [key for key in keys if key.rpartition("-")[2].startswith(digits)]
    found = side_by_side(lambda key: read(store, key, ReleaseEntry), keys)
    return [(key, entry) for key, entry in zip(keys, found, strict=True) if entry is not None]


def _newest_first(found: Iterable[ReleaseEntry]) -> list[ReleaseEntry]:
    return sorted(found, key=lambda e: e.created, reverse=True)


def _given_up(store: Store, key: str, entry: ReleaseEntry, when: datetime | None) -> ReleaseEntry:
    if entry.pruned == when:
        return entry
    changed = entry.model_copy(update={"pruned": when})
    store.put(key, changed.encode())
    return changed


def entry(store: Store, product: str, digest: str) -> ReleaseEntry | None:
    """The entry of exactly that release; None where it is not in the index."""
    listed = (e for _, e in _listed(store, product, short(digest)) if e.pruned is None)
    return next((e for e in listed if e.digest == digest), None)


def newest(store: Store, product: str) -> ReleaseEntry:
    """The release that was made last; `ReleaseError` before the first."""
    listed = entries(store, product)
    if not listed:
        raise ReleaseError(
            "no release was made yet", where=product, hint="`airchain release` makes one"
        )
    return listed[0]


def find(store: Store, product: str, name: str) -> ReleaseEntry:
    """The release whose digest or commit starts with `name`.

    Several releases of one commit (other settings, other base images) are
    resolved to the newest; several commits are an error.
    """
    wanted = name.removeprefix("sha256:")
    # Their keys name digests: only a commit has to be looked for in all of them.
    alike = _newest_first(e for _, e in _listed(store, product, wanted[:SHORT]))
    found = [e for e in alike if e.digest.removeprefix("sha256:").startswith(wanted)]
    found = found or [
        e for e in entries(store, product, pruned=True) if e.revision.startswith(wanted)
    ]
    found = [e for e in found if e.pruned is None] or found
    if not found:
        raise ReleaseError(
            f"no release named {name!r}",
            where=product,
            hint="`airchain releases` lists them; `airchain release` makes one of this commit",
        )
    if len({(e.revision, e.digest) for e in found}) > 1 and len({e.revision for e in found}) > 1:
        raise ReleaseError(
            f"{name!r} names several releases: {', '.join(short(e.digest) for e in found)}",
            where=product,
            hint="write more digits",
        )
    if found[0].pruned is not None:
        raise ReleaseError(
            f"release {short(found[0].digest)} was cleaned up on {found[0].pruned:%Y-%m-%d}",
            where=product,
            hint=f"make it again from its commit: git checkout {found[0].revision[:SHORT]}, then "
            "`airchain release`; `airchain releases` lists those that are kept",
        )
    return found[0]
