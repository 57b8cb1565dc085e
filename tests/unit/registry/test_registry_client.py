"""Manifests and artifacts, and what a damaged registry leads to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from airchain.errors import RegistryError
from airchain.registry.client import (
    OCI_MANIFEST,
    Client,
    Manifest,
    artifact_manifest,
    digest_of,
    pull_artifact,
)

CONFIG = {"mediaType": "c", "digest": "sha256:c", "size": 10}
LAYERS = [{"mediaType": "l", "digest": f"sha256:{n}", "size": n} for n in (100, 200)]


class Answers(BaseHTTPRequestHandler):
    """A registry that says what the test wants it to say."""

    bodies: dict[str, bytes]

    def do_GET(self) -> None:
        body = self.bodies.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def registry() -> Iterator[tuple[str, dict[str, bytes]]]:
    Answers.bodies = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.server_port}", Answers.bodies
    server.shutdown()
    thread.join()
    server.server_close()


def manifest(data: bytes) -> bytes:
    return artifact_manifest(
        "t", digest_of(b"{}"), digest_of(data), len(data), {"b": "2", "a": "1"}
    )


def test_size_is_what_a_pull_transfers() -> None:
    """Configuration and layers count."""
    raw = json.dumps({"config": CONFIG, "layers": LAYERS}).encode()
    found = Manifest("sha256:x", OCI_MANIFEST, raw)
    assert found.size == 310
    assert found.config.digest == "sha256:c"
    assert [layer.digest for layer in found.layers] == ["sha256:100", "sha256:200"]


@pytest.mark.parametrize(
    "raw", [b"[]", b"{}", b"{", b'{"config": 1}', b'{"config": {"size": "x"}}']
)
def test_a_malformed_manifest_is_named(raw: bytes) -> None:
    """Whatever the registry answers, the error is ours."""
    with pytest.raises(RegistryError):
        _ = Manifest("sha256:x", OCI_MANIFEST, raw).size


def test_an_artifact_is_the_same_bytes_every_time() -> None:
    """The order of annotations does not matter."""
    one = artifact_manifest("t", "sha256:c", "sha256:l", 3, {"b": "2", "a": "1"})
    two = artifact_manifest("t", "sha256:c", "sha256:l", 3, {"a": "1", "b": "2"})
    assert one == two
    assert json.loads(one)["layers"] == [{"mediaType": "t", "digest": "sha256:l", "size": 3}]


def test_an_artifact_is_read_by_digest(registry: tuple[str, dict[str, bytes]]) -> None:
    """Manifest first, then its layer."""
    name, bodies = registry
    raw = manifest(b"data")
    bodies[f"/v2/p/releases/manifests/{digest_of(raw)}"] = raw
    bodies[f"/v2/p/releases/blobs/{digest_of(b'data')}"] = b"data"
    assert pull_artifact(name, "p/releases", digest_of(raw)) == b"data"


def test_an_altered_manifest_is_refused(registry: tuple[str, dict[str, bytes]]) -> None:
    """A manifest that does not hash to its name is not used."""
    name, bodies = registry
    raw = manifest(b"data")
    bodies[f"/v2/p/releases/manifests/{digest_of(raw)}"] = raw + b" "
    with pytest.raises(RegistryError, match="does not match its digest"):
        pull_artifact(name, "p/releases", digest_of(raw))


def test_an_altered_blob_is_refused(registry: tuple[str, dict[str, bytes]]) -> None:
    """Nor is a layer."""
    name, bodies = registry
    raw = manifest(b"data")
    bodies[f"/v2/p/releases/manifests/{digest_of(raw)}"] = raw
    bodies[f"/v2/p/releases/blobs/{digest_of(b'data')}"] = b"date"
    with pytest.raises(RegistryError, match="does not match its digest"):
        pull_artifact(name, "p/releases", digest_of(raw))


def test_a_large_blob_is_not_read_to_its_end(registry: tuple[str, dict[str, bytes]]) -> None:
    """The limit is the caller's."""
    name, bodies = registry
    bodies[f"/v2/p/blobs/{digest_of(b'12345')}"] = b"12345"
    with Client(name) as client, pytest.raises(RegistryError, match="larger than 4 bytes"):
        client.blob("p", digest_of(b"12345"), limit=4)


def test_what_is_not_there_is_none_or_an_error(registry: tuple[str, dict[str, bytes]]) -> None:
    """A tag may be missing; a release that somebody names may not."""
    name, _ = registry
    with Client(name) as client:
        assert client.resolve("p/www", "latest") is None
    with pytest.raises(RegistryError, match="no such artifact"):
        pull_artifact(name, "p/releases", digest_of(b""))


def test_a_silent_registry_is_named() -> None:
    """Nothing listens on port 1."""
    with Client("127.0.0.1:1", timeout=1) as client:
        assert not client.answers()
        with pytest.raises(RegistryError, match=r"127\.0\.0\.1:1: the registry does not answer"):
            client.resolve("p", "latest")
