"""Bring images onto this host, whole, before anything starts from them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from docker.api.client import APIClient
from docker.errors import APIError, DockerException, ImageNotFound

from airchain.errors import EngineError, PreflightError, RegistryError
from airchain.host.facts import Disk
from airchain.registry.client import Client
from airchain.store.records import ImageDigest

# A layer unpacks to about three times its compressed size, and lies beside it meanwhile.
_UNPACKED = 4
_BYTES_PER_INODE = 8192
_MARGIN_BYTES = 256 << 20
_MARGIN_INODES = 2000
_ATTEMPTS = 3
_PAUSE = 1.0
# An image's configuration is a few kilobytes.
_CONFIGURATION_LIMIT = 8 << 20


@dataclass(frozen=True)
class Content:
    """What an image consists of.

    `layers` pairs the digest of what a layer unpacks to with its compressed size
    in bytes, lowest first; `configuration` is the digest of the image's settings.
    """

    image: ImageDigest
    configuration: str
    layers: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Need:
    """What pulling takes from the disk."""

    bytes: int
    inodes: int


def need(contents: Iterable[Content], present: set[str]) -> Need:
    """What layers take that are not `present` on this host yet, with a margin."""
    missing = {d: size for c in contents for d, size in c.layers if d not in present}
    unpacked = sum(missing.values()) * _UNPACKED
    return Need(unpacked + _MARGIN_BYTES, unpacked // _BYTES_PER_INODE + _MARGIN_INODES)


def check_room(wanted: Need, disk: Disk) -> None:
    """Refuse to pull onto a disk that would run full."""
    if disk.bytes < wanted.bytes:
        raise PreflightError(
            f"disk is nearly full: {_mb(disk.bytes)} free, {_mb(wanted.bytes)} needed",
            where="/var/lib/docker",
            hint="give the hosts a larger disk, or free space on the machine that they run on",
        )
    if disk.inodes is not None and disk.inodes < wanted.inodes:
        raise PreflightError(
            f"disk is nearly out of inodes: {disk.inodes} free, {wanted.inodes} needed",
            where="/var/lib/docker",
            hint="many small files fill it; give the hosts a larger disk",
        )


def prepare(engine: APIClient, images: Sequence[ImageDigest], disk: Disk) -> None:
    """Pull what is missing, by digest, after seeing that there is room; verify each.

    Raises `PreflightError` before anything is written, `RegistryError` when
    the registry does not give what it should.
    """
    missing = [i for i in images if _inspect(engine, i.reference) is None]
    if not missing:
        return
    contents = [describe(i) for i in missing]
    check_room(need(contents, _layers_here(engine)), disk)
    with ThreadPoolExecutor(max_workers=3, thread_name_prefix="pull") as pool:
        for done in [pool.submit(_pull, engine, c) for c in contents]:
            done.result()


def describe(image: ImageDigest) -> Content:
    """Read the image's manifest and configuration from the registry."""
    registry, _, repository = image.repository.partition("/")
    with Client(registry) as client:
        manifest = client.manifest(repository, image.digest)
        if manifest is None:
            raise RegistryError("there is no such image", where=image.reference)
        raw = client.blob(repository, manifest.config.digest, limit=_CONFIGURATION_LIMIT)
    try:
        unpacked = json.loads(raw)["rootfs"]["diff_ids"]
        layers = tuple(zip(unpacked, (layer.size for layer in manifest.layers), strict=True))
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryError("not an image that can run", where=image.reference) from error
    return Content(image, manifest.config.digest, layers)


def user_of(engine: APIClient, reference: str) -> str:
    """The user that the image's own configuration names; empty for root."""
    found = _inspect(engine, reference)
    return str(found["Config"].get("User") or "") if found else ""


def _pull(engine: APIClient, content: Content) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _pull_once(engine, content)
            return
        except RegistryError:
            if attempt == _ATTEMPTS:
                raise
            time.sleep(_PAUSE * attempt)


def _pull_once(engine: APIClient, content: Content) -> None:
    image = content.image
    with _engine_errors(image.reference):
        for line in engine.pull(image.repository, tag=image.digest, stream=True, decode=True):
            if "error" in line:
                raise RegistryError(str(line["error"]), where=image.reference)
    verify(content, _inspect(engine, image.reference))


def verify(content: Content, found: dict[str, Any] | None) -> None:
    """See that the engine holds the very layers that the manifest promises."""
    layers = tuple(found["RootFS"]["Layers"] or ()) if found else None
    if layers != tuple(digest for digest, _ in content.layers):
        raise RegistryError(
            "the image is not whole after the pull",
            where=content.image.reference,
            hint="build and release it again: its blobs in the store may be damaged",
        )


def _inspect(engine: APIClient, reference: str) -> dict[str, Any] | None:
    with _engine_errors(reference):
        try:
            return dict(engine.inspect_image(reference))  # type: ignore[no-untyped-call]
        except ImageNotFound:
            return None


def _layers_here(engine: APIClient) -> set[str]:
    found = [_inspect(engine, i["Id"]) for i in engine.images()]
    return {layer for f in found if f for layer in f["RootFS"]["Layers"] or ()}


@contextmanager
def _engine_errors(where: str) -> Iterator[None]:
    """Failures of the engine, and of the registry behind it, as ours."""
    try:
        yield
    except APIError as error:
        raise RegistryError(str(error.explanation or error), where=where) from error
    except (DockerException, requests.RequestException) as error:
        raise EngineError(f"the engine of this host: {error}", where=where) from error


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
