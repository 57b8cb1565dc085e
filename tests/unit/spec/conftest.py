"""A small specification that is right, to be broken in one place per test."""

from __future__ import annotations

from pathlib import Path

import pytest

GOOD = """\
product: shop
images:
  debian:
    bootstrap: {packages: [python3]}
  www:
    build: www
services:
  web:
    image: www
    kind: web
    port: 8000
    health: /healthz
routes:
  - {path: /, to: web}
environments:
  dev:
    fleets:
      web: {services: [web]}
"""
DOCKERFILE = "ARG IMAGES\nFROM ${IMAGES}/debian\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A product's folder whose airchain.yaml is right."""
    (tmp_path / "airchain.yaml").write_text(GOOD)
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "Dockerfile").write_text(DOCKERFILE)
    return tmp_path
