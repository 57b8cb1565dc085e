"""Bring images onto this host, whole, before anything starts from them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import requests
import structlog
import urllib3
from docker.api.client import APIClient
from docker.errors import APIError, DockerException, ImageNotFound

from airchain.errors import AirchainError, EngineError, RegistryError, StoreDamaged
from airchain.host import facts, room
from airchain.host.identity import Places
from airchain.host.room import Coming
from airchain.host.storage import chains
from airchain.host.wanted import require_wanted
from airchain.host.whole import Inspector
from airchain.registry.client import RESTORE, Client, Descriptor
from airchain.store.records import ImageDigest

# An image's configuration is a few kilobytes.
_CONFIGURATION_LIMIT = 8 << 20
# Where the size cannot be read from the layer itself: it unpacks to about three times its own.
_UNPACKED = 4
# More than this cannot be packed into a gzip stream of that size.
_MOST_UNPACKED = 1032
_GZIP_END = 4
_REMEMBERED = 64

log = structlog.get_logger()


@dataclass(frozen=True)
class Content:
    """What an image consists of.

    `layers` pairs the digest of the archive that a layer is with the blob that
    holds it, lowest first; `configuration` is the digest of the image's settings,
    and the engine's name for the image.
    """

    image: ImageDigest
    configuration: str
    layers: tuple[tuple[str, Descriptor], ...]

    @property
    def repository(self) -> str:
        """The repository without the registry's name."""
        return self.image.repository.partition("/")[2]

    @property
    def diffs(self) -> tuple[str, ...]:
        """Digests of the layers' archives."""
        return tuple(diff for diff, _ in self.layers)


class Images:
    """The images of this host."""

    def __init__(self, engine: APIClient, places: Places) -> None:
        self._engine = engine
        self._places = places
        self._inspector = Inspector(engine, places)
        self._known: dict[str, Content] = {}

    def prepare(self, images: Sequence[ImageDigest], still_wanted: Callable[[], bool]) -> None:
        """Have every image here, proven to be whole; pull what is missing, by digest.

        Raises `Superseded` as soon as they are not `still_wanted`, `PreflightError`
        where there is no room for them, `RegistryError` when the registry does not give
        what it should, `EngineError` when the engine of this host fails, or holds an
        image that is damaged.
        """
        doubtful = [i for i in images if not self._proven(i)]
        if not doubtful:
            return
        contents = [self._describe(i) for i in doubtful]
        missing = [c for c in contents if self._inspect(c.image.reference) is None]
        if missing:
            self._check_room(missing)
            with ThreadPoolExecutor(max_workers=3, thread_name_prefix="pull") as pool:
                for done in [pool.submit(self._pull, c.image, still_wanted) for c in missing]:
                    done.result()
        for content in contents:
            require_wanted(still_wanted, content.image.reference)
            self._see_whole(content)

    def look_again(self, images: Sequence[ImageDigest]) -> tuple[str, ...]:
        """Prove these images anew; return the names of files that had to be written again."""
        repaired: list[str] = []
        for content in [self._describe(i) for i in images]:
            self._inspector.forget(content.diffs)
            repaired += self._see_whole(content)
        return tuple(repaired)

    def user_of(self, reference: str) -> str:
        """The user that the image's own configuration names; empty for root."""
        found = self._inspect(reference)
        return str(found["Config"].get("User") or "") if found else ""

    def _proven(self, image: ImageDigest) -> bool:
        content = self._known.get(image.reference)
        found = self._inspect(image.reference) if content else None
        return (
            content is not None
            and found is not None
            and found["Id"] == content.configuration
            and self._inspector.proven(content.diffs)
        )

    def _describe(self, image: ImageDigest) -> Content:
        if image.reference not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[image.reference] = describe(image)
        return self._known[image.reference]

    def _check_room(self, missing: Sequence[Content]) -> None:
        coming: list[Coming] = []
        for content in missing:
            registry, _, _ = content.image.repository.partition("/")
            with Client(registry) as client:
                for chain, (diff, blob) in zip(chains(content.diffs), content.layers, strict=True):
                    if self._inspector.storage.layer(chain, diff) is None:
                        size = _size(client, content, blob)
                        coming.append(Coming(chain, blob.size, size))
        names = [c.image.reference for c in missing]
        room.check_room(room.need(coming), facts.disk(self._places.images), names)

    def _pull(self, image: ImageDigest, still_wanted: Callable[[], bool]) -> None:
        require_wanted(still_wanted, image.reference)
        with engine_errors(image.reference):
            lines = self._engine.pull(image.repository, tag=image.digest, stream=True, decode=True)
            # Several times a second the engine says how far it is. It ends a pull that
            # nobody listens to any more.
            with closing(lines):
                for line in lines:
                    require_wanted(still_wanted, image.reference)
                    if "error" in line:
                        raise cause(str(line["error"]), image.reference)

    def _see_whole(self, content: Content) -> tuple[str, ...]:
        reference = content.image.reference
        found = self._inspect(reference)
        if not is_right(content, found):
            if found:
                with suppress(APIError):  # A container uses it.
                    self._engine.remove_image(reference, force=True)
            raise EngineError(
                "the engine does not hold what the image's manifest names",
                where=reference,
                hint="it is pulled again by itself",
            )
        with engine_errors(reference):
            return self._inspector.see_whole(reference, content.repository, content.layers)

    def _inspect(self, reference: str) -> dict[str, Any] | None:
        with engine_errors(reference):
            try:
                return dict(self._engine.inspect_image(reference))  # type: ignore[no-untyped-call]
            except ImageNotFound:
                return None


def describe(image: ImageDigest) -> Content:
    """Read the image's manifest and configuration from the registry; both are verified."""
    registry, _, repository = image.repository.partition("/")
    with Client(registry) as client:
        manifest = client.manifest(repository, image.digest)
        if manifest is None:
            raise RegistryError("there is no such image", where=image.reference, hint=RESTORE)
        raw = client.blob(repository, manifest.config.digest, limit=_CONFIGURATION_LIMIT)
    try:
        diffs = json.loads(raw)["rootfs"]["diff_ids"]
        layers = tuple(zip(diffs, manifest.layers, strict=True))
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryError("not an image that can run", where=image.reference) from error
    return Content(image, manifest.config.digest, layers)


def _size(client: Client, content: Content, blob: Descriptor) -> int:
    try:
        return unpacked(client, content.repository, blob)
    except StoreDamaged as error:
        # Whoever reads it knows images, and not the layers of which they are made.
        raise StoreDamaged(
            f"a layer is damaged in the store: {error.message}: {blob.digest}",
            where=content.image.reference,
            hint=error.hint,
        ) from error


def unpacked(client: Client, repository: str, blob: Descriptor) -> int:
    """The size of the archive that a layer's blob holds, in bytes.

    A gzip stream ends with it, modulo 4 GiB; only that end is read.
    """
    if blob.media_type.endswith("tar"):
        return blob.size
    if not blob.media_type.endswith("gzip") or blob.size < _GZIP_END:
        return blob.size * _UNPACKED
    size = int.from_bytes(client.blob_end(repository, blob, _GZIP_END), "little")
    while size < blob.size // 2:
        size += 1 << 32
    return min(size, blob.size * _MOST_UNPACKED)


def is_right(content: Content, found: Mapping[str, Any] | None) -> bool:
    """Whether the engine has the very configuration and layers that the manifest names.

    Its name for an image is the digest of the configuration: user, entry point and all.
    """
    return (
        found is not None
        and found["Id"] == content.configuration
        and tuple(found["RootFS"]["Layers"] or ()) == content.diffs
    )


def cause(text: str, image: str) -> AirchainError:
    """What the engine's message about a failed pull means, and what to do. Pure."""
    if "no space left on device" in text:
        return room.ran_full(image)
    if "verification failed" in text:
        return StoreDamaged(f"a layer is damaged in the store: {text}", where=image, hint=RESTORE)
    if "connection re" in text or text.endswith("EOF") or "deadline exceeded" in text:
        return RegistryError(
            f"the registry of this host broke off: {text}",
            where=image,
            hint="it is tried again by itself; on the host, "
            "`journalctl -u airchain-registry` says more",
        )
    return RegistryError(text, where=image)


@contextmanager
def engine_errors(where: str) -> Iterator[None]:
    """Failures of the engine, and of the registry behind it, as ours."""
    try:
        yield
    except APIError as error:
        raise cause(str(error.explanation or error), where) from error
    except (
        DockerException,
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        ValueError,
    ) as error:
        raise EngineError(
            f"the engine of this host broke off: {error}",
            where=where,
            hint="it is tried again by itself; on the host, `journalctl -u docker` says more",
        ) from error
