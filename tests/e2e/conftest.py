"""tv's prod environment, up for the whole run, under a name and a port of the tests' own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize, sync_playwright
from tests.support.browser import (
    BRANDS,
    CHROMIUM,
    FLAGS,
    OBSERVE_SHIFTS,
    WIDE,
    Visit,
    address,
    device,
)
from tests.support.cli import ROOT, Product, copy_product

PORT = 18080
TASK_LIMIT = 10
"""Seconds that a task of the queue may take; two and a half times that, and another has it."""
on_one_brand = pytest.mark.parametrize("brand", [BRANDS[0]], ids=[BRANDS[0][0]])
WRONG = re.compile(r'"level": ?"(warning|error)"')
OFTEN = 100_000
"""Requests of the API in a minute."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """For those who work on one test: bringing tv up takes longer than most of them."""
    parser.addoption("--keep-tv", action="store_true", help="leave tv up at the end")


@pytest.fixture(scope="session")
def tv(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product as `make demo` brings it up: two web hosts and one for workers."""
    product = copy_product(
        ROOT / "tv",
        tmp_path_factory.mktemp("products") / "tv",
        {
            "product: tv\n": "product: tv-test\n",
            "port: 8080,": f"port: {PORT},",
            # What a killed worker held goes to another after 25 s, not after five minutes; and
            # whoever tries the API out asks more often than an app does.
            "env: &site\n": "env: &site\n"
            f"      TASK_TIME_LIMIT: '{TASK_LIMIT}'\n"
            f"      API_LIMIT: '{OFTEN}'\n",
        },
    )
    try:
        product.airchain("up", "prod", timeout=1200)
        yield product
    finally:
        if not pytestconfig.getoption("--keep-tv"):
            product.airchain("down", "prod")


@pytest.fixture(scope="session")
def tv_edge(tv: Product) -> str:
    """Where the edge of that environment answers."""
    assert tv.hosts("prod")
    return f"http://127.0.0.1:{PORT}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=BRANDS, ids=[brand[0] for brand in BRANDS])
def brand(request: pytest.FixtureRequest) -> tuple[str, str, str]:
    found: tuple[str, str, str] = request.param
    return found


@pytest.fixture
def window() -> ViewportSize:
    """The size of the viewer's window, unless a test tries several."""
    return WIDE


@pytest.fixture
def visit(
    browser: Browser,
    tv: Product,
    tv_edge: str,
    brand: tuple[str, str, str],
    window: ViewportSize,
) -> Iterator[Visit]:
    """A new viewer at the brand; the test fails where the page complains."""
    context = device(browser, window)
    page = context.new_page()
    page.add_init_script(OBSERVE_SHIFTS)
    visit = Visit(page, address(tv_edge, brand[0]))
    page.on("console", visit.heard)
    page.on("pageerror", lambda error: visit.complain(str(error)))
    page.on("requestfailed", visit.failed)
    yield visit
    context.close()
    assert visit.complaints == [], errors(tv)


def errors(tv: Product) -> str:
    """The last that services wrote of what went wrong, also in tests before: causes of a 5xx."""
    lines = [
        f"{service} {line}"
        for service in ("django", "progress")
        for line in tv.airchain(
            "logs", "prod", service, "--lines", "400", check=False
        ).stdout.splitlines()
        if WRONG.search(line)
    ]
    return "\n".join(lines[-20:]) or "no service wrote of an error"
