"""Watching, in a real browser: a video plays, with subtitles, and goes on where one left off."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, Request, Response, Route, expect
from tests.e2e.conftest import on_one_brand
from tests.support.browser import PATIENCE, WIDE, Visit, became, device
from tests.support.viewer import Viewer

PLAYED = 2.0
"""Seconds of a programme that are proof enough."""
HOUR = 3600 * 1000
WRONG_CLOCK = """
const Right = Date;
globalThis.Date = class extends Right {
  constructor(...given) {
    given.length ? super(...given) : super(Right.now() + %d);
  }
  static now() {
    return Right.now() + %d;
  }
};
"""


def video(page: Page, expression: str) -> Any:
    return page.evaluate(f"(video => {expression})(document.querySelector('video'))")


def position(page: Page) -> float:
    return float(video(page, "video.currentTime"))


def plays(page: Page, since: float = 0.0) -> None:
    """Its time goes on, and no trouble is said."""
    on = became(page, lambda: position(page) > since + PLAYED)
    assert on, f"stands still at {position(page)} s"
    expect(page.locator(".player-trouble")).to_be_hidden()


def watch(visit: Visit) -> str:
    """From the home page into the player of the brand's first title; where that is."""
    visit.open()
    visit.page.locator(".hero a.button").click()
    visit.page.locator(".ways a.button").first.click()
    visit.page.wait_for_url(re.compile(r"/watch/\d+/$"))
    return visit.page.url.removeprefix(visit.home)


def new_position(visit: Visit) -> None:
    """The browser notes every answer of 404, also that nothing was watched here before."""
    visit.forgive("status of 404")


def test_a_video_plays_with_subtitles(visit: Visit) -> None:
    """Picture, time and words: by what the browser decoded, not by what the page says."""
    watch(visit)
    page = visit.page
    plays(page)
    assert video(page, "video.videoWidth") > 0
    assert video(page, "video.getVideoPlaybackQuality().totalVideoFrames") > 0
    expect(page.locator(".lines p").first).not_to_be_empty()
    page.locator('[data-part="time"]').hover()
    expect(page.locator(".player-thumbnail")).to_be_visible()
    page.locator('[data-part="settings"]').click()
    assert page.locator('[data-part="quality"] input').count() >= 4
    new_position(visit)


@on_one_brand
def test_the_player_is_led_by_keyboard(visit: Visit) -> None:
    """From the home page on, without a pointer: every command of the bar has its key."""
    visit.open()
    page = visit.page
    page.locator(".hero a.button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/series/"))
    page.locator(".ways a.button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/watch/"))
    plays(page)
    page.keyboard.press("Space")
    assert video(page, "video.paused")
    before = position(page)
    page.keyboard.press("l")
    assert position(page) == pytest.approx(before + 10)
    page.keyboard.press("ArrowLeft")
    assert position(page) == pytest.approx(before + 5)
    page.keyboard.press("3")
    assert abs(position(page) - 0.3 * float(video(page, "video.duration"))) < 0.5
    page.keyboard.press("m")
    assert video(page, "video.muted")
    page.keyboard.press("c")
    expect(page.locator(".lines p")).to_have_count(0)
    page.keyboard.press("f")
    full = became(page, lambda: bool(page.evaluate("!!document.fullscreenElement")))
    assert full, "no full screen"
    page.keyboard.press("f")
    panel = page.locator('[data-part="settings-panel"]')
    page.locator('[data-part="settings"]').focus()
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator('[data-part="settings"]')).to_be_focused()
    new_position(visit)


def test_a_title_goes_on_where_it_was_left_on_another_device(
    browser: Browser, visit: Visit
) -> None:
    """Of one account: what was watched here is offered there, from the same second."""
    email, password = visit.sign_up()
    page = visit.page
    path = watch(visit)
    plays(page)
    page.keyboard.press("4")
    plays(page, since=position(page))
    page.keyboard.press("k")
    left = position(page)
    new_position(visit)

    context = device(browser, WIDE)
    other = context.new_page()
    signing_in = {"username": email, "password": password}
    Visit(other, visit.home).send_form("/account/sign-in/", **signing_in)
    begun = other.locator(f'a.resume[href="{path}"]')
    offered = became(other, lambda: bool(other.reload()) and begun.count() == 1)
    assert offered, "nothing to continue"
    begun.click()
    near = became(other, lambda: position(other) >= left - 1)
    assert near, f"begins at {position(other)}, not {left} s"
    assert position(other) < left + PATIENCE
    context.close()


@on_one_brand
@pytest.mark.parametrize("lost", ["/static/player/bar.*", "/api/v1/playback/*"])
def test_what_is_lost_on_the_way_is_fetched_again(visit: Visit, lost: str) -> None:
    """As when a telephone leaves the house while the page is loading."""
    broken = break_off(visit.page, lost, times=1)
    watch(visit)
    plays(visit.page)
    assert broken, "nothing was lost"
    visit.forgive("net::ERR_CONNECTION_RESET")
    new_position(visit)


@on_one_brand
@pytest.mark.parametrize("lost", ["/static/player/bar.*", "/static/vendor/hls.*"])
def test_a_player_that_does_not_arrive_says_so(visit: Visit, lost: str) -> None:
    """And can be asked for anew."""
    page = visit.page
    break_off(page, lost, times=3)
    watch(visit)
    trouble = page.locator(".player-trouble")
    expect(trouble).to_contain_text("We cannot be reached")
    trouble.locator(".trouble-again").click()
    plays(page)
    visit.forgive("net::ERR_CONNECTION_RESET")
    visit.forgive("Failed to fetch dynamically imported module")
    new_position(visit)


@on_one_brand
def test_a_device_without_a_network_begins_once_it_has_one(visit: Visit) -> None:
    """As the page promises it, and without a hand."""
    page = visit.page
    asked: list[Route] = []
    page.route("**/api/v1/playback/*", lambda route: asked.append(route))
    watch(visit)
    assert became(page, lambda: bool(asked)), "leave to play is not asked for"
    page.context.set_offline(True)
    asked[0].abort("internetdisconnected")
    page.unroute("**/api/v1/playback/*")
    expect(page.locator(".player-trouble")).to_contain_text("It goes on as soon as")
    page.context.set_offline(False)
    plays(page)
    visit.forgive("net::ERR_INTERNET_DISCONNECTED")
    new_position(visit)


def break_off(page: Page, what: str, times: int) -> list[str]:
    """Break off the first requests for what is at such a path; which those were."""
    broken: list[str] = []

    def answer(route: Route) -> None:
        if len(broken) == times:
            return route.continue_()
        broken.append(route.request.url)
        return route.abort("connectionreset")

    page.route(f"**{what}", answer)
    return broken


@on_one_brand
def test_what_comes_next_is_offered_at_the_end(visit: Visit, tv_edge: str) -> None:
    """The card over the last seconds names the next episode, and its key goes there."""
    viewer = Viewer(tv_edge, visit.home.removeprefix("http://"))
    slug, first, second = two_episodes(viewer)
    page = visit.page
    visit.open(f"/series/{slug}/")
    page.locator(f"[data-episode='{first['id']}'] a").click()
    plays(page)
    card = page.locator('[data-part="next"]')
    expect(card).to_be_hidden()
    page.keyboard.press("9")
    expect(card).to_be_visible()
    expect(card.locator(".next-label")).to_have_text("S1 E2")
    expect(card.locator(".next-title")).to_have_text(second["title"])
    page.keyboard.press("n")
    page.wait_for_url(f"{visit.home}/watch/{second['id']}/")
    plays(page)
    new_position(visit)


def two_episodes(viewer: Viewer) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A series, and the first two of its episodes, both free and with a video."""
    for item in viewer.ask("/titles?kind=series")["items"]:
        season, *_ = viewer.ask(f"/titles/{item['slug']}")["seasons"]
        both = [e for e in season["episodes"][:2] if e["video"] and e["access"]["allowed"]]
        if len(both) == 2 and season["number"] == 1:
            return item["slug"], both[0], both[1]
    raise AssertionError("no series has two episodes to play")


@on_one_brand
@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])
def test_a_position_is_kept_though_the_device_has_a_wrong_clock(visit: Visit, off: int) -> None:
    """Also where a device with a right one was told of before."""
    page = visit.page
    page.add_init_script(WRONG_CLOCK % (off, off))
    with page.expect_response(re.compile("/api/v1/playback/")) as begun:
        watch(visit)
    plays(page)
    page.keyboard.press("k")
    playback = begun.value.json()
    progress, duration = playback["progress"], playback["duration"]
    edge = {"url": visit.home + progress["url"],
            "headers": {"Authorization": f"Bearer {progress['token']}"}}  # fmt: skip
    put = requests.put(json={"position": 1.5, "duration": duration}, timeout=10, **via(edge))
    assert put.status_code == 202, put.text

    with page.expect_request(tells) as told:
        page.keyboard.press("4")
    answer = told.value.response()
    assert answer is not None
    assert answer.status == 202, answer.text()
    here = pytest.approx(position(page), abs=0.2)
    # A host that was not told itself hears of it within a second or so.
    known = became(page, lambda: requests.get(timeout=10, **via(edge)).json()["position"] == here)
    assert known, "the position is not kept"
    new_position(visit)


def tells(request: Request) -> bool:
    """Whether it reports a position."""
    return request.method == "PUT" and "/api/v1/progress/" in request.url


def is_position(answer: Response) -> bool:
    """Whether it says where the viewer left off."""
    asked = answer.request.method == "GET" and "/api/v1/progress/" in answer.url
    return asked and answer.status == 200


@on_one_brand
def test_an_outage_as_playing_begins_leaves_the_old_position(visit: Visit) -> None:
    """The programme plays from its beginning meanwhile, and nothing is told that would take the old
    position's place; once that is known, the programme goes on there."""
    page = visit.page
    with page.expect_response(re.compile("/api/v1/playback/")) as begun:
        path = watch(visit)
    progress = begun.value.json()["progress"]
    edge = {"url": visit.home + progress["url"],
            "headers": {"Authorization": f"Bearer {progress['token']}"}}  # fmt: skip
    plays(page)
    page.keyboard.press("k")
    page.keyboard.press("4")
    left = position(page)
    assert became(page, lambda: known_everywhere(edge, left)), "the position is not kept"
    visit.open()

    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    away = re.compile("/api/v1/progress/")
    page.route(away, lambda route: route.fulfill(status=503, headers={"Retry-After": "1"}))
    page.goto(visit.home + path)
    plays(page)
    page.keyboard.press("k")
    assert position(page) < left
    # Whoever pauses tells it at once; that takes its way through the browser.
    page.wait_for_timeout(500)
    assert not [request.url for request in sent if tells(request)]

    # It asks ever more seldom.
    with page.expect_response(is_position, timeout=45_000):
        page.unroute(away)
    near = became(page, lambda: abs(position(page) - left) < 0.5)
    assert near, f"stands at {position(page)} s, not where it was left, at {left} s"
    with page.expect_request(tells) as again:
        page.keyboard.press("ArrowLeft")
    answer = again.value.response()
    assert answer is not None
    assert answer.status == 202, answer.text()
    assert became(page, lambda: known_everywhere(edge, position(page))), "nothing is told any more"
    visit.forgive("status of 503")
    new_position(visit)


def known_everywhere(edge: dict[str, Any], position: float) -> bool:
    """Whichever host is asked: one that was not told itself hears of it within a second or so."""
    answers = [requests.get(timeout=10, **via(edge)) for _ in range(8)]
    return all(a.ok and abs(a.json()["position"] - position) < 0.2 for a in answers)


def via(what: dict[str, Any]) -> dict[str, Any]:
    """For a library that does not look up `*.localhost` as browsers do."""
    scheme, _, rest = what["url"].partition("://")
    host, _, path = rest.partition("/")
    port = host.partition(":")[2]
    return {
        "url": f"{scheme}://127.0.0.1:{port}/{path}",
        "headers": {"Host": host, **what["headers"]},
    }


@on_one_brand
def test_who_signs_out_leaves_no_key_behind(visit: Visit) -> None:
    """Neither of the account nor of what was watched before: the next one there is a stranger."""
    page = visit.page
    watch(visit)
    plays(page)
    assert "eyJ" in kept(page), "nothing is kept that could be left behind"
    visit.sign_up()
    watch(visit)
    plays(page)
    page.keyboard.press("k")
    visit.open("/account/")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url(visit.home + "/")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert "eyJ" not in kept(page)
    assert not [c for c in page.context.cookies() if c["name"] == "tv_session"]
    new_position(visit)


def kept(page: Page) -> str:
    """All that pages have kept in the browser; a token begins with `eyJ`."""
    return str(page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"))


@on_one_brand
def test_a_series_and_its_player_speak_korean(visit: Visit) -> None:
    """What is read, and what is read out, but for names and what is marked as English."""
    visit.open("/ko/")
    page = visit.page
    page.locator(".hero a.button").click()
    page.wait_for_url(re.compile(r"/ko/series/"))
    visit.page.wait_for_load_state("networkidle")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    assert (
        foreign(
            page, ".ways .button, #episodes, .length, .facts span:last-child, dt, .tool:not([lang])"
        )
        == []
    )
    page.locator(".ways a.button").first.click()
    page.wait_for_url(re.compile(r"/ko/watch/\d+/$"))
    plays(page)
    page.locator('[data-part="settings"]').click()
    assert foreign(page, ".player-bar [aria-label]:not([lang])") == []
    assert (
        foreign(page, ".player-panel legend, #speed label:nth-of-type(2), #settings-panel label")
        == []
    )
    new_position(visit)


def foreign(page: Page, selector: str) -> list[str]:
    """Texts and labels without Hangul; `720p` is no word."""
    found = page.locator(selector).evaluate_all(
        "all => all.map((e) => e.getAttribute('aria-label') || e.textContent)"
    )
    assert found, selector
    return [t for t in found if re.search("[A-Za-z]{2}", t) and not re.search("[가-힣]", t)]
