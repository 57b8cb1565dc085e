"""What integration tests share: the hello product, up with two hosts for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.cli import ROOT, Product, copy_product

PORT = 18081


@pytest.fixture(scope="session")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """hello's prod environment, up; under a name and ports of the tests' own."""
    folder: Path = tmp_path_factory.mktemp("products") / "hello"
    product = copy_product(
        ROOT / "examples" / "hello",
        folder,
        {
            "product: hello": "product: hello-test",
            "port: 8081": f"port: {PORT}",
            "port: 8082": f"port: {PORT + 1}",
            "health: /healthz": "health: {path: /healthz, within: 4}",
        },
    )
    try:
        product.airchain("up", "prod")
        yield product
    finally:
        product.airchain("down", "prod")
