"""What nginx and the edge answer themselves."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

import airchain.fleet
import airchain.host
from airchain.fleet import edge_config
from airchain.spec.model import Edge, Environment

NGINX = Path(airchain.host.__file__).parent / "image/rootfs/etc/nginx"
EDGE = Path(airchain.fleet.__file__).parent / "image_edge"
CLOSED = Environment(services={}, fleets={}, edge=Edge(maintenance=True))
# Where a page stands, and what its policy is said in.
PAGES = {
    NGINX / "answers.conf": (NGINX / "answers.conf").read_text(),
    EDGE / "maintenance.html": edge_config.render(CLOSED),
    EDGE / "503.http": (EDGE / "503.http").read_text(),
}


def test_every_page_is_known_here() -> None:
    """One that is added is checked like the others."""
    files = [path for folder in (NGINX, EDGE) for path in folder.rglob("*") if path.is_file()]
    assert {path for path in files if "<style>" in path.read_text()} == set(PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_allows_its_own_style_and_nothing_else(page: Path) -> None:
    """By its digest; a script that somebody slips in does not run."""
    styles = re.findall(r"<style>(.*?)</style>", page.read_bytes().decode(), re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in styles]
    policies = re.findall(r"default-src 'none'; (style-src [^\r\n\"]*)", PAGES[page])
    assert policies == [f"style-src 'sha256-{digest}'" for digest in digests]
    assert len(policies) == 1


def test_the_edges_own_page_is_as_long_as_it_says() -> None:
    """HAProxy sends the file as it is."""
    head, _, body = (EDGE / "503.http").read_bytes().partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")


def test_where_nothing_answers_the_edge_is_asked_to_look_further() -> None:
    """With the one status that it sends to another host, whatever stands in the text."""
    assert "error_page 405 413 429 502 504 " in (NGINX / "answers.conf").read_text()
    assert "return 502" in (NGINX / "airchain/site.conf").read_text()
    assert "retry-on conn-failure empty-response 502\n" in edge_config.render(CLOSED)
    assert "map $status $airchain_status { 502 503;" in (NGINX / "requests.conf").read_text()
