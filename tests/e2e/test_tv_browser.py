"""What a viewer sees on every brand, in a real browser, through the edge.

`tv_edge` is the address of the running environment's edge, such as
`http://127.0.0.1:8080`; brands answer at their own domains on its port.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.localhost 127.0.0.1",
]
# Domain, name, and the theme that its colours come from.
BRANDS = (
    ("dramas", "Lantern", "lantern"),
    ("documentaries", "Longview", "longview"),
    ("horror", "Nightjar", "nightjar"),
)
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 360, "height": 740}
on_both = pytest.mark.parametrize("window", [WIDE, NARROW], ids=["wide", "narrow"])
# Chromium counts what moves without the viewer's doing; 0.1 is called good, we want none.
MOST_SHIFT = 0.01
PATIENCE = 15.0
# A page that is left gives up its requests; a container that starts or ends somewhere on this
# machine is a new network interface to Chromium, which then breaks off connections.
FORGIVEN = ("net::ERR_ABORTED", "net::ERR_NETWORK_CHANGED")
OBSERVE_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput)
      window.shifts.push([entry.value, entry.sources.map((s) => s.node && s.node.className)]);
}).observe({ type: "layout-shift", buffered: true });
"""
SCROLL = """
async () => {
  for (const image of document.images) {
    image.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    await new Promise((done) => requestAnimationFrame(done));
  }
}
"""
UNLOADED = """
() => [...document.images].filter((i) => !(i.complete && i.naturalWidth > 0)).map((i) => i.src)
"""


@dataclass
class Visit:
    """A page of a brand, and what went wrong on it."""

    page: Page
    home: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Response:
        """Go to `path` and wait until everything of it is there."""
        response = self.page.goto(self.home + path, wait_until="networkidle")
        assert response is not None
        return response

    def heard(self, message: ConsoleMessage) -> None:
        """Keep what the console calls an error."""
        if message.type == "error":
            self.complain(message.text)

    def failed(self, request: Request) -> None:
        """Keep requests that got no answer."""
        self.complain(f"{request.url}: {request.failure}")

    def complain(self, text: str) -> None:
        """Note what is the site's fault."""
        if not any(cause in text for cause in FORGIVEN):
            self.complaints.append(text)

    def unloaded(self) -> list[str]:
        """Pictures that do not arrive, though the viewer scrolled to each of them."""
        self.page.evaluate(SCROLL)
        self.page.wait_for_load_state("networkidle")
        # `wait_for_function` would need what the site's security policy forbids.
        deadline = time.monotonic() + PATIENCE
        while (missing := self.page.evaluate(UNLOADED)) and time.monotonic() < deadline:
            self.page.wait_for_timeout(100)
        return list(missing)

    def shift(self) -> float:
        """How far things moved on their own, with their names in a failure."""
        shifts = self.page.evaluate("window.shifts")
        total = sum(value for value, _ in shifts)
        assert total <= MOST_SHIFT, shifts
        return float(total)

    def overflow(self) -> int:
        """Pixels that the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


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
    browser: Browser, tv_edge: str, brand: tuple[str, str, str], window: ViewportSize
) -> Iterator[Visit]:
    """A new viewer at the brand; the test fails where the page complains."""
    context = browser.new_context(viewport=window, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    page.add_init_script(OBSERVE_SHIFTS)
    visit = Visit(page, address(tv_edge, brand[0]))
    page.on("console", visit.heard)
    page.on("pageerror", lambda error: visit.complain(str(error)))
    page.on("requestfailed", visit.failed)
    yield visit
    context.close()
    assert visit.complaints == []


def address(edge: str, domain: str) -> str:
    return f"http://{domain}.localhost:{urlsplit(edge).port}"


def series(rows: Locator) -> str:
    """The path of the first series in `rows`."""
    path = rows.locator("a.card").first.get_attribute("href")
    assert path is not None
    assert re.fullmatch(r"/series/[a-z0-9-]+/", path)
    return path


@on_both
def test_the_home_page_shows_the_brand_and_its_programme(
    visit: Visit, brand: tuple[str, str, str]
) -> None:
    """Name, colours, hero and rows are the brand's own, and fit the window."""
    _, name, theme = brand
    assert visit.open().status == 200
    page = visit.page
    expect(page).to_have_title(re.compile(rf"^{name}: "))
    expect(page.locator(".wordmark")).to_have_text(re.compile(name))
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    expect(page.locator(".hero h2")).to_be_visible()
    expect(page.locator(".hero h2")).not_to_be_empty()
    expect(page.locator(".row h2").first).to_have_text("Trending now")
    assert page.locator(".row").count() >= 4
    assert page.locator(".row").first.locator("a.card").count() >= 12
    assert page.locator(".genres li").count() >= 5
    assert visit.overflow() <= 0


@on_both
def test_every_picture_of_the_home_page_arrives_and_nothing_moves(visit: Visit) -> None:
    """Posters load as the viewer scrolls, in places that were kept for them."""
    visit.open()
    page = visit.page
    assert page.locator(".card img").count() >= 40
    assert visit.unloaded() == []
    assert visit.shift() <= MOST_SHIFT


@on_both
def test_a_series_is_one_click_away(visit: Visit) -> None:
    """A card leads to the series of its name, with its artwork and its episodes."""
    visit.open()
    page = visit.page
    card = page.locator(".row").nth(1).locator("a.card").first
    title = card.locator("img").get_attribute("alt")
    assert title
    card.click()
    page.wait_for_url(re.compile(r"/series/[a-z0-9-]+/$"), wait_until="networkidle")
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator("#episodes")).to_have_text("Episodes")
    assert page.locator("li.episode").count() >= 1
    expect(page.locator("li.episode h3").first).not_to_be_empty()
    expect(page.locator("li.episode .length").first).to_have_text(re.compile(r"^\d+ min$"))
    assert visit.unloaded() == []
    assert visit.overflow() <= 0
    assert visit.shift() <= MOST_SHIFT


def test_what_was_watched_is_remembered(visit: Visit) -> None:
    """An episode marked by keyboard stays so after a reload: the progress service keeps it."""
    visit.open()
    visit.open(series(visit.page.locator(".row").first))
    button = visit.page.locator("li.episode button.watched").first
    expect(button).to_contain_text("Mark watched")
    button.focus()
    visit.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_be_focused()
    visit.page.reload(wait_until="networkidle")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_contain_text("Watched")


def test_it_can_be_used_by_keyboard(visit: Visit) -> None:
    """The first stop of the tabulator is the way past the menu."""
    visit.open()
    visit.page.keyboard.press("Tab")
    focused = visit.page.locator(":focus")
    expect(focused).to_have_text("Skip to content")
    expect(focused).to_be_in_viewport()
    visit.page.keyboard.press("Enter")
    expect(visit.page).to_have_url(re.compile("#main$"))


def test_a_row_is_turned_to_its_end_by_keyboard(visit: Visit) -> None:
    """The button that has nothing more to show says so, and keeps the keyboard's place."""
    visit.open()
    on = visit.page.locator(".row").first.locator("[data-turn='1']")
    on.focus()
    for _ in range(20):
        if on.get_attribute("aria-disabled") == "true":
            break
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_timeout(200)
    expect(on).to_have_attribute("aria-disabled", "true")
    expect(on).to_be_focused()


def test_what_is_not_on_is_said_so(visit: Visit) -> None:
    """A series that does not exist gets a page of the brand, with the way back."""
    assert visit.open("/series/no-such-series/").status == 404
    expect(visit.page.locator("h1")).to_have_text("Not on the schedule")
    visit.page.locator("a.button").click()
    expect(visit.page.locator(".hero h2")).to_be_visible()
    # The browser itself notes every answer of 404.
    assert all("404" in complaint for complaint in visit.complaints)
    visit.complaints.clear()


def test_brands_show_only_what_is_theirs(tv_edge: str) -> None:
    """A drama is not on the documentary site, though both are one code base and catalogue."""
    home = ask(tv_edge, "dramas", "/").text
    paths = re.findall(r'href="(/series/[a-z0-9-]+/)"', home)
    assert len(set(paths)) >= 20
    assert ask(tv_edge, "dramas", paths[0]).status_code == 200
    assert ask(tv_edge, "documentaries", paths[0]).status_code == 404


@pytest.mark.parametrize("path", ["/", "/api/v1/progress/a-viewer"])
def test_at_least_two_hosts_serve(tv_edge: str, path: str) -> None:
    """Requests reach more than one host, for the site and for the microservice."""
    hosts = {ask(tv_edge, "dramas", path).headers.get("X-Served-By") for _ in range(40)}
    assert len(hosts) >= 2
    assert None not in hosts


def ask(edge: str, domain: str, path: str) -> requests.Response:
    """A request as a browser would send it, on a connection of its own."""
    port = urlsplit(edge).port
    headers = {"Host": f"{domain}.localhost:{port}", "Connection": "close"}
    return requests.get(edge + path, headers=headers, timeout=10)
