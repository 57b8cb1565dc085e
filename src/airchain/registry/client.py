"""Read and write a registry over HTTP: manifests, blobs, artifacts.

`name` is the registry's name (`localhost:5050`), `repository` the path within
it (`tv/www`). Digests are checked on every read. Hosts use this module too, so
it needs nothing but `requests`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any

import requests

from airchain.errors import Missing, RegistryError, StoreDamaged

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
EMPTY_CONFIG = b"{}"
EMPTY_MEDIA_TYPE = "application/vnd.oci.empty.v1+json"
TIMEOUT = 30.0
CHUNK = 1 << 20
# What to do where the registry's storage is damaged. Pushing alone does nothing: it looks at names.
RESTORE = "the store is damaged: restore the object, or make the image anew and release it"
# An artifact is one JSON document; more than this is not one of ours.
ARTIFACT_LIMIT = 64 << 20


@dataclass(frozen=True)
class Descriptor:
    """A blob as a manifest names it; `size` in bytes."""

    media_type: str
    digest: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """A manifest as the registry keeps it: `raw` hashes to `digest`."""

    digest: str
    media_type: str
    raw: bytes

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The parsed JSON object."""
        parsed: Any = _json(self.raw, self.digest)
        if not isinstance(parsed, dict) or "config" not in parsed:
            raise RegistryError("not the manifest of an image or artifact", where=self.digest)
        return parsed

    @cached_property
    def config(self) -> Descriptor:
        """The configuration; its digest is the image's ID."""
        return _descriptor(self.document["config"], self.digest)

    @cached_property
    def layers(self) -> tuple[Descriptor, ...]:
        """The layers, lowest first."""
        return tuple(_descriptor(layer, self.digest) for layer in self.document.get("layers", ()))

    @property
    def size(self) -> int:
        """Bytes that a pull transfers: configuration and compressed layers."""
        return self.config.size + sum(layer.size for layer in self.layers)


class Client:
    """One registry. Every method may raise `RegistryError`."""

    def __init__(self, name: str, *, timeout: float = TIMEOUT) -> None:
        self.name = name
        self._timeout = timeout
        self._session = requests.Session()
        # The name resolves to loopback: no proxy of the environment may come between.
        self._session.trust_env = False

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def answers(self) -> bool:
        """Whether a registry answers at the name."""
        try:
            return self._request("GET", "/v2/", ok=(200,)).status_code == 200
        except RegistryError:
            return False

    def resolve(self, repository: str, reference: str) -> str | None:
        """The digest that a tag (or digest) stands for; None where there is none."""
        found = self.manifest(repository, reference)
        return None if found is None else found.digest

    def manifest(self, repository: str, reference: str) -> Manifest | None:
        """The manifest of a tag or digest, verified; None where there is none."""
        response = self._request(
            "GET",
            f"/v2/{repository}/manifests/{reference}",
            ok=(200, 404),
            headers={"Accept": f"{OCI_MANIFEST}, {DOCKER_MANIFEST}"},
        )
        if response.status_code == 404:
            return None
        raw = response.content
        digest = digest_of(raw)
        if reference.startswith("sha256:") and digest != reference:
            raise _mismatch(f"{repository}@{reference}", digest)
        return Manifest(digest, response.headers.get("Content-Type", ""), raw)

    def put_manifest(self, repository: str, reference: str, raw: bytes, media_type: str) -> str:
        """Store a manifest under a tag or its own digest, and return the digest."""
        self._request(
            "PUT",
            f"/v2/{repository}/manifests/{reference}",
            ok=(201,),
            data=raw,
            headers={"Content-Type": media_type},
        )
        return digest_of(raw)

    def blob(self, repository: str, digest: str, *, limit: int) -> bytes:
        """A blob of at most `limit` bytes, verified."""
        where = f"{repository}@{digest}"
        data = bytearray()
        for chunk in self._chunks(repository, digest):
            data += chunk
            if len(data) > limit:
                raise RegistryError(f"the blob is larger than {limit} bytes", where=where)
        if (found := digest_of(bytes(data))) != digest:
            raise _mismatch(where, found)
        return bytes(data)

    def save_blob(self, repository: str, digest: str, file: IO[bytes]) -> None:
        """Write a blob of any size into `file`, verified once all of it is there."""
        content = hashlib.sha256()
        for chunk in self._chunks(repository, digest):
            content.update(chunk)
            file.write(chunk)
        if (found := f"sha256:{content.hexdigest()}") != digest:
            raise _mismatch(f"{repository}@{digest}", found)

    def blob_end(self, repository: str, blob: Descriptor, count: int) -> bytes:
        """The last `count` bytes of a blob; they are not verified, but its size is.

        Raises `StoreDamaged` where the store holds none of it, or a part.
        """
        where = f"{repository}@{blob.digest}"
        path = f"/v2/{repository}/blobs/{blob.digest}"
        wanted = {"Range": f"bytes={blob.size - count}-{blob.size - 1}"}
        # Of a refusal only the headers can be trusted: it promises the blob's length, too.
        response = self._request("GET", path, ok=(206, 404, 416), headers=wanted, stream=True)
        with response:
            size = response.headers.get("Content-Range", "").rpartition("/")[2]
            if response.status_code == 206 and size == str(blob.size):
                return response.content
        found = f"{size} bytes" if size.isdecimal() else "nothing"
        raise StoreDamaged(
            f"the store holds {found} of the {blob.size} bytes of a layer",
            where=where,
            hint=RESTORE,
        )

    def has_blob(self, repository: str, digest: str) -> bool:
        """Whether the repository holds the blob."""
        path = f"/v2/{repository}/blobs/{digest}"
        return self._request("HEAD", path, ok=(200, 404)).status_code == 200

    def delete_manifest(self, repository: str, digest: str) -> None:
        """Remove a manifest and the tags that name it; none being there is fine."""
        self._request("DELETE", f"/v2/{repository}/manifests/{digest}", ok=(202, 404))

    def delete_blob(self, repository: str, digest: str) -> None:
        """Let the repository no longer offer a blob; its bytes stay where they are."""
        self._request("DELETE", f"/v2/{repository}/blobs/{digest}", ok=(202, 404))

    def put_blob(self, repository: str, data: bytes) -> str:
        """Store bytes, unless they are there already, and return their digest."""
        digest = digest_of(data)
        if not self.has_blob(repository, digest):
            self._upload(repository, digest, data)
        return digest

    def _upload(self, repository: str, digest: str, data: bytes) -> None:
        begun = self._request("POST", f"/v2/{repository}/blobs/uploads/", ok=(202,))
        location = begun.headers["Location"]
        separator = "&" if "?" in location else "?"
        self._request(
            "PUT",
            f"{location}{separator}digest={digest}",
            ok=(201,),
            data=data,
            headers={"Content-Type": "application/octet-stream"},
        )

    def _chunks(self, repository: str, digest: str) -> Iterator[bytes]:
        path = f"/v2/{repository}/blobs/{digest}"
        with self._request("GET", path, ok=(200, 404), stream=True) as response:
            if response.status_code == 404:
                where = f"{repository}@{digest}"
                raise Missing("the store holds nothing of it", where=where, hint=RESTORE)
            try:
                yield from response.iter_content(CHUNK)
            except requests.RequestException as error:
                raise self._failure(error) from error

    def _request(
        self, method: str, path: str, *, ok: tuple[int, ...], **more: Any
    ) -> requests.Response:
        url = path if path.startswith("http") else f"http://{self.name}{path}"
        try:
            response = self._session.request(method, url, timeout=self._timeout, **more)
        except requests.RequestException as error:
            raise self._failure(error) from error
        if response.status_code not in ok:
            text = response.text[:500].strip()
            raise RegistryError(
                f"{method} answered {response.status_code}: {text}"
                if text
                else f"{method} answered {response.status_code}",
                where=url,
            )
        return response

    def _failure(self, error: Exception) -> RegistryError:
        return RegistryError(f"the registry does not answer: {error}", where=self.name)


def push_artifact(
    name: str,
    repository: str,
    *,
    media_type: str,
    data: bytes,
    annotations: Mapping[str, str],
    tag: str | None = None,
) -> str:
    """Store `data` as an OCI artifact of one layer and return its manifest's digest.

    The same data, media type and annotations give the same digest.
    """
    with Client(name) as client:
        config = client.put_blob(repository, EMPTY_CONFIG)
        layer = client.put_blob(repository, data)
        raw = artifact_manifest(media_type, config, layer, len(data), annotations)
        digest = client.put_manifest(repository, digest_of(raw), raw, OCI_MANIFEST)
        if tag is not None:
            client.put_manifest(repository, tag, raw, OCI_MANIFEST)
        return digest


def pull_artifact(name: str, repository: str, digest: str) -> bytes:
    """The data of an artifact; manifest and layer are verified against their digests."""
    where = f"{name}/{repository}@{digest}"
    with Client(name) as client:
        manifest = client.manifest(repository, digest)
        if manifest is None:
            raise Missing("there is no such artifact", where=where, hint=RESTORE)
        if len(manifest.layers) != 1:
            raise RegistryError(f"holds {len(manifest.layers)} layers, not 1", where=where)
        return client.blob(repository, manifest.layers[0].digest, limit=ARTIFACT_LIMIT)


def artifact_manifest(
    media_type: str, config: str, layer: str, size: int, annotations: Mapping[str, str]
) -> bytes:
    """The canonical bytes of an artifact's manifest."""
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        # Distribution before 3.0 knows no artifactType of its own: the config's type says it.
        "config": {"mediaType": EMPTY_MEDIA_TYPE, "digest": config, "size": len(EMPTY_CONFIG)},
        "artifactType": media_type,
        "layers": [{"mediaType": media_type, "digest": layer, "size": size}],
        "annotations": dict(sorted(annotations.items())),
    }
    return json.dumps(document, separators=(",", ":")).encode()


def digest_of(data: bytes) -> str:
    """`sha256:` and the hash of the bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _descriptor(found: Any, where: str) -> Descriptor:
    try:
        return Descriptor(str(found["mediaType"]), str(found["digest"]), int(found["size"]))
    except (KeyError, TypeError, ValueError) as error:
        raise RegistryError("the manifest is malformed", where=where) from error


def _json(raw: bytes, where: str) -> object:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise RegistryError("the manifest is not JSON", where=where) from error


def _mismatch(where: str, found: str) -> StoreDamaged:
    return StoreDamaged(
        f"the content does not match its digest: it hashes to {found}",
        where=where,
        hint="the registry's storage is damaged: push the image or release again",
    )
