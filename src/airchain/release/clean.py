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
from airchain.store.records import Release, decode, signature_key

# Airchain's own images are a product like any other; no release names them.
OWN = "airchain"
# Pushes go before: so long a clean-up waits for a moment without any.
PATIENCE = 60.0
_PAUSE = 0.5


@dataclass(frozen=True)
class Cleaned:
    """What was cleaned up, or would be: counts, and bytes in the registry's storage.

    `given_up` releases can no longer be deployed; their bytes go with a later clean-up.
    `complete` is False where pushes or time left something for the next one.
    """

    given_up: int = 0
    releases: int = 0
    manifests: int = 0
    blobs: int = 0
    bytes: int = 0
    complete: bool = True


class Cleaner:
    """Cleans one store. `own` are references of Airchain's own images that are in use."""

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
        )

    def clean(self, within: float = 600.0) -> Cleaned:
        """Remove batch after batch, letting pushes go before, for at most `within` seconds."""
        deadline = time.monotonic() + within
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
                )
            except Busy:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)

    def _verdicts(self, now: datetime) -> dict[str, Verdict]:
        return {
            product: keep.judge(
                index.entries(self._store, product, pruned=True),
                keep.named(self._store, product),
                self._retention,
                now,
            )
            for product in keep.products(self._store)
        }

    def _prune(self, verdicts: dict[str, Verdict], now: datetime) -> tuple[int, int]:
        given_up = releases = 0
        for product, verdict in verdicts.items():
            index.prune(self._store, product, verdict.give_up, now)
            index.prune(self._store, product, verdict.take_back, None)
            given_up += len(verdict.give_up)
            for digest in verdict.remove:
                key = signature_key(product, digest)
                releases += self._store.get(key) is not None
                self._store.delete(key)
        return given_up, releases

    def _garbage(self, verdicts: dict[str, Verdict], now: datetime) -> Garbage:
        manifests = set(self._own)
        for product, verdict in verdicts.items():
            for digest in verdict.kept:
                manifests |= self._manifests(product, digest)
        kept = Keep(frozenset({OWN, *verdicts}), frozenset(manifests))
        if self._grace is not None:
            kept = replace(kept, manifests_for=self._grace, blobs_for=self._grace)
        inventory = self._storage.inventory()
        tagged = {tag: self._storage.tagged(*tag) or "" for tag in inventory.tags}
        return collect.garbage(inventory, kept, tagged, self._storage.blob, now)

    def _manifests(self, product: str, digest: str) -> set[Manifest]:
        """The release's own manifest and those of its images; nothing where it is not there."""
        raw = self._storage.blob(digest)
        if raw is None:
            return set()
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
        return {(repository, digest), *images}


def _manifest(reference: str) -> Manifest:
    """`REGISTRY/REPOSITORY@DIGEST` as repository and digest."""
    name, _, digest = reference.partition("@")
    return name.partition("/")[2], digest
