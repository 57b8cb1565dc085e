"""Clean the registry of a store: releases that nothing keeps, and all that only they need."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from airchain.errors import ReleaseError, StoreError
from airchain.registry import collect
from airchain.registry.client import Client
from airchain.registry.collect import Garbage, Keep, Manifest
from airchain.registry.pushes import Busy, host_name, sweeping
from airchain.registry.storage import Storage
from airchain.release import index, keep
from airchain.release.keep import Retention, Verdict
from airchain.store import Object, Store, clock
from airchain.store.many import Remembered, side_by_side
from airchain.store.records import Release, decode, signature_key, signatures_key

# Airchain's own images are a product like any other; no release names them.
OWN = "airchain"
# Pushes go before: so long a clean-up waits for a moment without any.
PATIENCE = 60.0
_PAUSE = 0.5


@dataclass(frozen=True)
class Cleaned:
    """What was cleaned up, or would be: counts, and bytes in the registry's storage.

    `given_up` releases can no longer be deployed; their bytes go with a later clean-up.
    `complete` is False where pushes or time left something for the next one. `left` says
    which products were left alone whole, and why: what they keep could not be read.
    """

    given_up: int = 0
    releases: int = 0
    manifests: int = 0
    blobs: int = 0
    bytes: int = 0
    complete: bool = True
    left: tuple[str, ...] = ()


class Cleaner:
    """Cleans one store. `own` images of Airchain are kept beside those that the store names."""

    def __init__(
        self,
        store: Store,
        storage: Storage,
        registry: str,
        own: Collection[str] = (),
        retention: Retention | None = None,
        grace: timedelta | None = None,
    ) -> None:
        self._store = store
        self._storage = storage
        self._registry = registry
        self._own = frozenset(_manifest(reference) for reference in own)
        self._retention = retention or Retention()
        self._grace = grace
        self._left: dict[str, str] = {}
        self._blobs = Remembered(storage.blob)
        self._named = Remembered(self._manifests)
        self._tags = Remembered(self._tagged)

    def survey(self) -> Cleaned:
        """What a clean-up would remove now; nothing is changed."""
        now = clock.now(self._store)
        verdicts = self._verdicts(now)
        found = self._garbage(verdicts, now)
        return Cleaned(
            given_up=sum(len(v.give_up) for v in verdicts.values()),
            releases=sum(len(v.remove) for v in verdicts.values()),
            manifests=len(found.manifests),
            blobs=len(found.blobs),
            bytes=found.bytes,
            left=self._left_alone(),
        )

    def clean(self, within: float = 600.0) -> Cleaned:
        """Remove batch after batch, letting pushes go before, for at most `within` seconds."""
        deadline = time.monotonic() + within
        # What takes long is read before pushes have to wait for it, and remembered.
        self.survey()
        total = Cleaned(complete=False)
        while not total.complete and time.monotonic() < deadline:
            try:
                total = self._batch(total, min(deadline, time.monotonic() + PATIENCE))
            except Busy:
                return total
            time.sleep(0 if total.complete else _PAUSE)
        return total

    def _batch(self, total: Cleaned, deadline: float) -> Cleaned:
        while True:
            try:
                with (
                    sweeping(self._store, f"clean-up on {host_name()}") as go_on,
                    Client(self._registry) as registry,
                ):
                    now = clock.now(self._store)
                    verdicts = self._verdicts(now)
                    given_up, releases = self._prune(verdicts, now)
                    found = self._garbage(verdicts, now)
                    done = collect.remove(found, self._storage, registry, go_on)
                return Cleaned(
                    total.given_up + given_up,
                    total.releases + releases,
                    total.manifests + done.manifests,
                    total.blobs + done.blobs,
                    total.bytes + done.bytes,
                    done.complete,
                    self._left_alone(),
                )
            except Busy:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)

    def _verdicts(self, now: datetime) -> dict[str, Verdict]:
        """What becomes of each product's releases; of none that cannot be read."""
        self._left.clear()
        found = {}
        for product in keep.products(self._store):
            try:
                entries = index.entries(self._store, product, pruned=True)
                named = keep.named(self._store, product)
            except StoreError as error:
                # Such as another product, for whoever has the rights to one.
                self._left[product] = str(error)
            else:
                found[product] = keep.judge(entries, named, self._retention, now)
        return found

    def _left_alone(self) -> tuple[str, ...]:
        return tuple(f"{product} ({why})" for product, why in self._left.items())

    def _prune(self, verdicts: dict[str, Verdict], now: datetime) -> tuple[int, int]:
        given_up = releases = 0
        for product, verdict in verdicts.items():
            index.prune(self._store, product, verdict.give_up, now)
            index.prune(self._store, product, verdict.take_back, None)
            given_up += len(verdict.give_up)
            there = self._store.list(signatures_key(product))
            gone = {signature_key(product, digest) for digest in verdict.remove}.intersection(there)
            side_by_side(self._store.delete, sorted(gone))
            releases += len(gone)
        return given_up, releases

    def _garbage(self, verdicts: dict[str, Verdict], now: datetime) -> Garbage:
        releases = self._named((p, digest) for p, v in verdicts.items() for digest in v.kept)
        others = keep.own_images(self._store)
        manifests = self._own.union(map(_manifest, others or ()), *releases.values())
        # Where not all users of our own images are known, all of them stay.
        kept = Keep(frozenset(verdicts) | ({OWN} if others is not None else set()), manifests)
        if self._grace is not None:
            kept = replace(kept, manifests_for=self._grace, blobs_for=self._grace)
        inventory = self._storage.inventory()
        # A tag that is pushed anew is another one.
        tagged = {tag: digest for (tag, _), digest in self._tags(inventory.tags.items()).items()}
        return collect.garbage(inventory, kept, tagged, self._blobs, now)

    def _tagged(self, tag: tuple[tuple[str, str], datetime]) -> str | None:
        return self._storage.tagged(*tag[0])

    def _manifests(self, named: tuple[str, str]) -> frozenset[Manifest] | None:
        """The release's own manifest and those of its images; None where it is not there."""
        product, digest = named
        raw = self._storage.blob(digest)
        if raw is None:
            return None
        repository = f"{product}/releases"
        try:
            (layer,) = json.loads(raw)["layers"]
            data = self._storage.blob(str(layer["digest"]))
            release = decode(Object(f"{repository}@{digest}", data or b"", digest), Release)
        except (ValueError, KeyError, TypeError, StoreError) as error:
            raise ReleaseError(
                "cannot be read, so what it needs is not known; nothing is removed",
                where=f"{repository}@{digest}",
                hint="the registry's storage is damaged: deploy another release, or make it again",
            ) from error
        images = {_manifest(image.reference) for image in release.images.values()}
        return frozenset({(repository, digest), *images})


def _manifest(reference: str) -> Manifest:
    """`REGISTRY/REPOSITORY@DIGEST` as repository and digest."""
    name, _, digest = reference.partition("@")
    return name.partition("/")[2], digest
