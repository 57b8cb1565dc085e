"""What a registry's storage holds, read from the storage itself: a directory or a bucket.

A registry has no way to list manifests without a tag or blobs without a manifest, and
its catalogue is slow. The layout is that of CNCF Distribution, which has not changed
since its second version:

    blobs/sha256/AB/ABCD…/data
    repositories/R/_manifests/revisions/sha256/ABCD…/link
    repositories/R/_manifests/tags/T/current/link
    repositories/R/_layers/sha256/ABCD…/link
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore

from airchain.errors import StoreError
from airchain.registry import configuration
from airchain.spec.model import Storage as Place

_ROOT = f"{configuration.FOLDER}/docker/registry/v2"
_BLOB = re.compile(r"blobs/sha256/[0-9a-f]{2}/([0-9a-f]{64})/data")
_LINK = re.compile(
    r"repositories/(?P<repository>.+)/_(?:"
    r"manifests/revisions/sha256/(?P<revision>[0-9a-f]{64})"
    r"|manifests/tags/(?P<tag>[^/]+)/current"
    r"|layers/sha256/(?P<layer>[0-9a-f]{64})"
    r")/link"
)


@dataclass(frozen=True)
class Blob:
    """A blob's size in bytes and when it was written."""

    size: int
    written: datetime


@dataclass(frozen=True)
class Inventory:
    """All that is there at one time. Digests are written `sha256:…`.

    `revisions` are the manifests by repository and digest, `tags` those by repository
    and name, both with the time they were last pushed; `links` tells which repositories
    offer a blob.
    """

    blobs: Mapping[str, Blob] = field(default_factory=dict)
    revisions: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    tags: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    links: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Storage:
    """The part of a store that registries keep. Every method may raise `StoreError`."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    @classmethod
    def at(cls, place: Place, directory: Path) -> Storage:
        """The one at `place`, which is the folder `directory` where it names no bucket."""
        if place.s3 is not None:
            from airchain.store.s3 import client

            return cls(client(place.s3, None))
        directory.mkdir(parents=True, exist_ok=True)
        return cls(LocalStore(directory, automatic_cleanup=True))

    def inventory(self) -> Inventory:
        """One listing of everything."""
        blobs: dict[str, Blob] = {}
        revisions: dict[tuple[str, str], datetime] = {}
        tags: dict[tuple[str, str], datetime] = {}
        links: dict[str, set[str]] = {}
        try:
            found = [meta for page in obstore.list(self._objects, prefix=_ROOT) for meta in page]
        except (BaseError, OSError) as error:
            raise StoreError(f"cannot list: {error}", where="the registry's storage") from error
        for meta in found:
            path, written = str(meta["path"]).removeprefix(f"{_ROOT}/"), meta["last_modified"]
            if blob := _BLOB.fullmatch(path):
                blobs[f"sha256:{blob[1]}"] = Blob(int(meta["size"]), written)
            elif link := _LINK.fullmatch(path):
                repository = link["repository"]
                if link["revision"]:
                    revisions[repository, f"sha256:{link['revision']}"] = written
                elif link["tag"]:
                    tags[repository, link["tag"]] = written
                else:
                    links.setdefault(f"sha256:{link['layer']}", set()).add(repository)
        return Inventory(blobs, revisions, tags, {d: frozenset(r) for d, r in links.items()})

    def blob(self, digest: str) -> bytes | None:
        """A blob; None where there is none."""
        return self._get(_data(digest))

    def tagged(self, repository: str, tag: str) -> str | None:
        """The digest that a tag names; None where there is no such tag."""
        found = self._get(f"{_ROOT}/repositories/{repository}/_manifests/tags/{tag}/current/link")
        return None if found is None else found.decode().strip()

    def delete_blob(self, digest: str) -> None:
        """Remove a blob; none being there is fine."""
        try:
            obstore.delete(self._objects, _data(digest))
        except FileNotFoundError:
            pass
        except (BaseError, OSError) as error:
            raise StoreError(f"cannot remove: {error}", where=digest) from error

    def _get(self, path: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._objects, path).bytes())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise StoreError(f"cannot read: {error}", where=path) from error


def _data(digest: str) -> str:
    name = digest.removeprefix("sha256:")
    return f"{_ROOT}/blobs/sha256/{name[:2]}/{name}/data"
