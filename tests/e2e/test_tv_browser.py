"""What a viewer sees on every brand, in a real browser, through the edge.

`tv_edge` is the address of the running environment's edge, such as
`http://127.0.0.1:8080`; brands answer at their own domains on its port.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Route, expect
from tests.support.browser import MOST_SHIFT, NARROW, WIDE, Visit, became

TITLE = "The Long Quiet River of Winter and Glass"

on_both = pytest.mark.parametrize("window", [WIDE, NARROW], ids=["wide", "narrow"])


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


def test_every_picture_of_the_home_page_arrives_and_nothing_moves(visit: Visit) -> None:
    """Posters load as the viewer scrolls, in places that were kept for them."""
    visit.open()
    page = visit.page
    assert page.locator(".card img").count() >= 40
    assert visit.unloaded() == []
    assert visit.shift() <= MOST_SHIFT


@on_both
def test_fonts_that_come_late_move_nothing(
    visit: Visit, tv_edge: str, brand: tuple[str, str, str]
) -> None:
    """A slow line shows the page in the viewer's own fonts, and leaves it as it is.

    With a title that takes more lines in those than in the brand's.
    """
    page, held = visit.page, list[Route]()

    def titled(route: Route) -> None:
        body = ask(tv_edge, brand[0], "/").text
        body = re.sub(r'(<h2 id="hero"[^>]*>)[^<]*', rf"\g<1>{TITLE}", body)
        route.fulfill(content_type="text/html", body=body)

    page.route(visit.home + "/", titled)
    page.route("**/*.woff2", lambda route: held.append(route))
    page.goto(visit.home, wait_until="commit")
    expect(page.locator(".hero h2")).to_have_text(TITLE)
    painted = "performance.getEntriesByName('first-contentful-paint').length"
    assert became(page, lambda: bool(page.evaluate(painted))), "nothing is painted"
    assert held, "no fonts were asked for"
    page.unroute("**/*.woff2")
    for font in held:
        font.continue_()
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready.then(() => null)")
    assert visit.shift() <= MOST_SHIFT


@on_both
def test_a_series_is_one_click_away(visit: Visit) -> None:
    """A card leads to the series of its name, with its artwork and its episodes."""
    visit.open()
    page = visit.page
    # A film's page lists no episodes.
    cards = page.locator(".row").nth(1).locator("a.card").all()
    card = next(c for c in cards if kind(visit, str(c.get_attribute("href"))) == "series")
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


def kind(visit: Visit, href: str) -> str:
    """What the API calls the title of a card."""
    slug = href.rstrip("/").rpartition("/")[2]
    asked = "slug => fetch(`/api/v1/titles/${slug}`).then(answer => answer.json())"
    return str(visit.page.evaluate(asked, slug)["kind"])


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
    visit.forgive("status of 404")


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
