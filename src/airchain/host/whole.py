"""See that images are whole on this host, and make them so.

Files of a layer that are damaged are written again from the registry. Where the
engine's own records are, the image is removed, so that the next pull brings it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog
from docker.api.client import APIClient
from docker.errors import APIError

from airchain.errors import EngineError, PreflightError
from airchain.host.identity import Places
from airchain.host.proof import Damaged, Proofs, prove
from airchain.host.repair import repair
from airchain.host.storage import Layer, Storage, chains
from airchain.registry.client import Client, Descriptor

_NAMED = 3

log = structlog.get_logger()


class Inspector:
    """Proves layers, each once."""

    def __init__(self, engine: APIClient, places: Places) -> None:
        self._engine = engine
        self._spare = places.state.parent
        self._started = places.engine_pid
        self._proofs = Proofs(places.proofs)
        self.storage = Storage(places.images)

    def proven(self, diffs: Sequence[str]) -> bool:
        """Whether all layers of an image are here and proven."""
        run = self._run()
        layers = (self.storage.layer(c, d) for c, d in zip(chains(diffs), diffs, strict=True))
        return all(layer is not None and self._proofs.has(run, layer) for layer in layers)

    def forget(self, diffs: Sequence[str]) -> None:
        """Have all layers of an image proven anew."""
        for chain, diff in zip(chains(diffs), diffs, strict=True):
            if layer := self.storage.layer(chain, diff):
                self._proofs.forget(layer)

    def see_whole(
        self, image: str, repository: str, layers: Sequence[tuple[str, Descriptor]]
    ) -> tuple[str, ...]:
        """Prove the layers of `image` (`repository@digest`) that are not proven yet.

        `layers` pairs digests of archives with their blobs, lowest first; `repository`
        is as `Client` takes it. Returns the names of files that had to be written
        again. Raises `EngineError` where the image cannot be used as it is.
        """
        run = self._run()
        repaired: list[str] = []
        below: Layer | None = None
        diffs = [diff for diff, _ in layers]
        for chain, (diff, blob) in zip(chains(diffs), layers, strict=True):
            layer = self.storage.layer(chain, diff)
            if layer is None or not self.storage.mountable(layer, below):
                raise self._discard(image, chain, diff, "the engine's record of a layer")
            if not self._proofs.has(run, layer):
                repaired += self._prove(image, repository, layer, blob)
                self._proofs.add(run, layer)
            below = layer
        return tuple(repaired)

    def _prove(
        self, image: str, repository: str, layer: Layer, blob: Descriptor
    ) -> tuple[str, ...]:
        try:
            prove(layer)
        except Damaged as damage:
            if not damage.files:
                raise self._discard(image, layer.chain, layer.diff, str(damage)) from damage
            log.warning("damaged", image=image, layer=layer.diff, reason=str(damage))
        else:
            return ()
        try:
            repaired = self._repair(image, repository, layer, blob)
            prove(layer)
        except Damaged as damage:
            raise self._discard(image, layer.chain, layer.diff, str(damage)) from damage
        log.warning("repaired", image=image, layer=layer.diff, files=repaired)
        return repaired

    def _repair(
        self, image: str, repository: str, layer: Layer, blob: Descriptor
    ) -> tuple[str, ...]:
        registry, _, _ = image.partition("/")
        try:
            self._spare.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._spare) as archive:
                with Client(registry) as client:
                    client.save_blob(repository, blob.digest, archive)
                archive.seek(0)
                return repair(layer, archive)
        except OSError as error:
            raise PreflightError(
                f"a damaged layer cannot be repaired: {error.strerror}",
                where=image,
                hint="it is tried again by itself; free space on the host",
            ) from error

    def _discard(self, image: str, chain: str, diff: str, reason: str) -> EngineError:
        """Have the engine forget all images with the damaged layer that no container uses.

        It pulls nothing that it believes to have.
        """
        for listed in self._engine.images():
            found = self._engine.inspect_image(listed["Id"])  # type: ignore[no-untyped-call]
            if chain in chains(found["RootFS"]["Layers"] or ()):
                with suppress(APIError):  # A container uses it.
                    self._engine.remove_image(listed["Id"], force=len(listed["RepoTags"] or ()) > 1)
        stays = self.storage.layer(chain, diff) is not None
        return EngineError(
            f"the image is damaged on this host: {reason}",
            where=image,
            hint="a container that runs stands on the same layer: what serves goes on, but this "
            "host has to be replaced; end it, and its fleet gets a new one"
            if stays
            else "it was removed, and is pulled again by itself",
        )

    def _run(self) -> str:
        """A name for this run of the engine."""
        return engine_run(self._started)


def engine_run(pid_file: Path) -> str:
    """A name for the run of the engine that wrote the file when it started."""
    try:
        found = pid_file.stat()
        return f"{pid_file.read_text().strip()}-{found.st_mtime_ns}"
    except OSError:
        return "unknown"


def named(files: Sequence[str]) -> str:
    """The first few of many names."""
    shown = ", ".join(files[:_NAMED])
    return f"{shown} and {len(files) - _NAMED} more" if len(files) > _NAMED else shown
