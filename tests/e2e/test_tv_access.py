"""Whether everyone can use the pages: axe's rules of WCAG 2.2 AA, and how much has to arrive."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect
from tests.e2e.conftest import PORT, on_one_brand
from tests.support import raw
from tests.support.browser import BRANDS, LARGE, NARROW, WIDE, Visit, became
from tests.support.cli import ROOT

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RULES = [*WCAG, "best-practice"]
MOST = 150 * 1024
"""Bytes of the home page without pictures and typefaces, as they come over the wire."""
PAGES = ("/ko/", "/search/?q=the", "/account/sign-in/", "/account/sign-up/", "/account/reset/",
         "/nowhere/")  # fmt: skip


def complaints(page: Page, rules: list[str] = RULES) -> list[str]:
    """What axe finds wrong, with where and why."""
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def first_series(visit: Visit) -> str:
    path = visit.page.locator(".hero a.button").get_attribute("href")
    assert path is not None
    return path


def test_axe_has_nothing_to_say(visit: Visit) -> None:
    """About any page a stranger can see, in the brand's colours."""
    most_seen = home_series_player(visit)
    genre = visit.page.locator(".genres a").first.get_attribute("href")
    assert genre is not None
    assert_all_fit(visit, (*most_seen, genre, *PAGES))


@pytest.mark.parametrize("brand", [BRANDS[2]], ids=[BRANDS[2][0]])
@pytest.mark.parametrize("window", [NARROW], ids=["narrow"])
def test_axe_has_nothing_to_say_about_a_narrow_window(visit: Visit) -> None:
    """Of the brand whose titles are widest; the others' home pages are asked whether they fit."""
    assert_all_fit(visit, home_series_player(visit))


def home_series_player(visit: Visit) -> tuple[str, str, str]:
    """The addresses of the pages that are seen most; the home page is open afterwards."""
    visit.open()
    series = first_series(visit)
    visit.page.goto(visit.home + series)
    watch = visit.page.locator(".ways a.button").first.get_attribute("href")
    assert watch is not None
    visit.open()
    return "/", series, watch


def assert_all_fit(visit: Visit, paths: Sequence[str]) -> None:
    """Axe has nothing to say about these pages, and none is wider than the window."""
    said = {}
    for path in paths:
        visit.open(path)
        said[path] = complaints(visit.page)
        assert visit.overflow() <= 0, path
    assert {path: found for path, found in said.items() if found} == {}
    visit.forgive("status of 404")


@on_one_brand
def test_axe_has_nothing_to_say_to_who_is_signed_in(visit: Visit) -> None:
    """About the pages of an account, with a title on the list and one begun; and all of the site
    fits the smallest window and fills the largest."""
    visit.sign_up()
    page = visit.page
    visit.open()
    series = first_series(visit)
    visit.open(series)
    with page.expect_navigation():
        page.locator(".ways form button").click()
    begin(visit)
    begun = became(page, lambda: bool(visit.open("/continue/")) and resumed(page) == 1)
    assert begun, "nothing to continue"
    said: dict[str, list[str]] = {}
    for path in ("/account/", "/list/", "/continue/", "/device", "/", series):
        visit.open(path)
        said[path] = complaints(page) + misfits(visit)
    for path in ("/search/?q=the", "/nowhere/"):
        visit.open(path)
        said[path] = misfits(visit)
    assert {path: found for path, found in said.items() if found} == {}
    visit.forgive("status of 404")


def misfits(visit: Visit) -> list[str]:
    """The windows in which the page is wider than they are."""
    found = []
    for window in (NARROW, LARGE, WIDE):
        visit.page.set_viewport_size(window)
        if visit.overflow() > 0:
            found.append(f"{visit.overflow()} pixels wider than {window['width']}")
    return found


def resumed(page: Page) -> int:
    return page.locator("a.resume").count()


def begin(visit: Visit) -> None:
    """Watch so much of the title whose page is open that it is one to continue."""
    page = visit.page
    page.locator(".ways a.button").first.click()
    page.wait_for_url(re.compile(r"/watch/\d+/$"))
    visit.begun()
    with page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
        page.keyboard.press("4")
        page.keyboard.press("k")


@on_one_brand
def test_the_page_of_the_network_leads_to_what_there_is(visit: Visit) -> None:
    """Axe has nothing to say about it, it fits, and each of its links is answered."""
    page = visit.page
    page.goto(f"http://localhost:{PORT}/")
    assert page.locator(".chooser li").count() == len(BRANDS)
    assert complaints(page) == []
    for window in (NARROW, LARGE):
        page.set_viewport_size(window)
        assert visit.overflow() <= 0
    links = {link.evaluate("link => link.href") for link in page.locator("a").all()}
    statuses = {link: page.goto(link) for link in links if "#" not in link}
    assert {link: a.status for link, a in statuses.items() if a and a.status != 200} == {}


@on_one_brand
def test_axe_has_nothing_to_say_about_bare_pages(visit: Visit) -> None:
    """What edge and nginx answer where no service does."""
    edge = ROOT / "src" / "airchain" / "fleet" / "image_edge"
    trace = raw.request(f"dramas.localhost:{PORT}", "/", "Accept: text/html", method="TRACE")
    bodies = {
        "away": (edge / "503.http").read_text().partition("\n\n")[2],
        "maintenance": (edge / "maintenance.html").read_text(),
        "refused": raw.send(PORT, trace).body,
    }
    page = visit.page
    for what, body in bodies.items():
        assert "<!doctype html>" in body, what
        page.set_content(body)
        for window in (NARROW, WIDE):
            page.set_viewport_size(window)
            assert visit.overflow() <= 0, what
            assert complaints(page) == [], what


@on_one_brand
def test_an_evening_by_keyboard_alone(visit: Visit) -> None:
    """Tab and Enter, from the way past the menu to a card, its series, the player and its
    settings; and from there to signing in."""
    email, password = visit.sign_up()
    page = visit.page
    page.context.clear_cookies()
    visit.open()
    visit.tab_to(".skip", 1)
    page.keyboard.press("Enter")
    visit.tab_to(".row a.card")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/series/[a-z0-9-]+/$"))
    visit.tab_to(".ways a.button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/watch/\d+/$"))
    visit.tab_to('[data-part="settings"]')
    page.keyboard.press("Enter")
    expect(page.locator('[data-part="settings-panel"]')).to_be_visible()
    expect(page.locator('[data-part="settings-panel"] :focus')).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator('[data-part="settings"]')).to_be_focused()
    visit.open()
    visit.tab_to(".tool-main")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/account/sign-in/"))
    visit.tab_to("[name=username]")
    page.keyboard.type(email)
    visit.tab_to("[name=password]", 1)
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(visit.home + "/")
    expect(page.locator(".tool-main")).to_have_text("Hana")
    visit.forgive("status of 404")


def test_the_home_page_is_light(visit: Visit) -> None:
    """Its HTML, styles and scripts, compressed; without pictures and typefaces."""
    sizes: dict[str, int] = {}

    def weigh(request: Request) -> None:
        if request.resource_type in {"document", "stylesheet", "script"}:
            sizes[request.url] = request.sizes()["responseBodySize"]

    visit.page.on("requestfinished", weigh)
    visit.open()
    assert len(sizes) >= 3
    assert sum(sizes.values()) < MOST, sizes


@pytest.mark.parametrize("window", [LARGE], ids=["large"])
def test_a_large_window_is_filled(visit: Visit) -> None:
    """Rows reach its edges, and nothing beyond them."""
    visit.open()
    assert visit.overflow() <= 0
    strip = visit.page.locator(".strip").first.bounding_box()
    assert strip is not None
    assert strip["width"] >= 1900


def test_results_come_as_one_types(visit: Visit) -> None:
    """And say how many there are; the address is that of the page of results."""
    visit.open("/search/")
    page = visit.page
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("the")
    expect(page.locator("#results a.card").first).to_be_visible()
    expect(page.locator("#results [role=status]")).not_to_be_empty()
    assert page.url.endswith("/search/?q=the")
