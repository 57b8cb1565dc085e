"""tv's prod environment, up for the whole run, under a name and a port of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.cli import ROOT, Product, copy_product

PORT = 18080
TASK_LIMIT = 10
"""Seconds that a task of the queue may take; two and a half times that, and another has it."""


@pytest.fixture(scope="session")
def tv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product as `make demo` brings it up: two web hosts and one for workers."""
    product = copy_product(
        ROOT / "tv",
        tmp_path_factory.mktemp("products") / "tv",
        {
            "product: tv\n": "product: tv-test\n",
            "port: 8080,": f"port: {PORT},",
            # What a killed worker held goes to another after 25 s, not after five minutes.
            "env: &site {": f"env: &site {{TASK_TIME_LIMIT: '{TASK_LIMIT}', ",
        },
    )
    try:
        product.airchain("up", "prod", timeout=1200)
        yield product
    finally:
        product.airchain("down", "prod")


@pytest.fixture(scope="session")
def tv_edge(tv: Product) -> str:
    """Where the edge of that environment answers."""
    assert tv.hosts("prod")
    return f"http://127.0.0.1:{PORT}"
