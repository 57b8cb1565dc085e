"""Both kinds of store, empty."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from tests.support.faulty import Relay
from tests.support.s3 import Server

from airchain.store import DirectoryStore, Store
from airchain.store.s3 import S3Store

_NUMBERS = count()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server that speaks S3, on a port of its own."""
    with Server.run() as found:
        yield found


@pytest.fixture
def s3_store(server: Server) -> Iterator[S3Store]:
    """A store in a bucket of its own."""
    with Relay.run(server.url) as relay:
        yield S3Store(server.bucket(f"bucket-{next(_NUMBERS)}", relay.url), server.keys)


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Each kind in turn."""
    if request.param == "directory":
        return DirectoryStore(tmp_path)
    found: S3Store = request.getfixturevalue("s3_store")
    return found
