"""A viewer's browser, Debian's Chromium, and what goes wrong on the pages it visits."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
)

# The same engine without the parts that draw windows: a quarter less of the processor.
CHROMIUM = "/usr/bin/chromium-headless-shell"
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
LARGE: ViewportSize = {"width": 1920, "height": 1080}
# Chromium counts what moves without the viewer's doing; 0.1 is called good, we want none.
MOST_SHIFT = 0.01
PATIENCE = 15.0
# A page that is left gives up its requests; a container that starts or ends somewhere on this
# machine is a new network interface to Chromium, which then breaks off connections.
NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"
FORGIVEN = ("net::ERR_ABORTED", NETWORK_CHANGED)
TRIES = 3
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
    broken_off: bool = False
    """Whether a request was, as the networks of this machine changed."""

    def open(self, path: str = "/") -> Response:
        """Go to `path` and wait until everything of it is there; of a video, its beginning.

        Once more, where the machine's networks changed meanwhile: what broke off is not the site's.
        """
        for _ in range(TRIES):
            self.broken_off, known = False, len(self.complaints)
            try:
                response = self.page.goto(self.home + path)
                assert response is not None
                self.settled()
            except (Error, AssertionError) as error:
                if not self.broken_off and NETWORK_CHANGED not in str(error):
                    raise
            else:
                if not self.broken_off:
                    return response
            del self.complaints[known:]
        raise AssertionError(f"{self.home}{path}: networks changed in each of {TRIES} tries")

    def settled(self) -> None:
        """Wait until everything of the page is there; of a video, its beginning."""
        if self.page.locator(".player").count():
            self.begun()
        else:
            self.page.wait_for_load_state("networkidle")

    def begun(self) -> None:
        """Wait until the page's video has begun, or stands ready to."""
        expect(self.page.locator(".player.busy")).to_have_count(0, timeout=PATIENCE * 1000)

    def send_form(self, path: str, **values: str) -> None:
        """Open a page with a form, fill it in and send it; that leads home."""
        self.open(path)
        for name, value in values.items():
            self.page.locator(f"[name={name}]").fill(value)
        self.page.locator("main form button").click()
        self.page.wait_for_url(self.home + "/")

    def sign_up(self) -> tuple[str, str]:
        """Make an account; its address and password."""
        email, password = f"{secrets.token_hex(6)}@example.com", secrets.token_urlsafe(15)
        new = {"email": email, "name": "Hana", "password1": password, "password2": password}
        self.send_form("/account/sign-up/", **new)
        return email, password

    def tab_to(self, selector: str, most: int = 60) -> Locator:
        """Press the tabulator until what answers to the selector has the focus, and is in view."""
        focused = self.page.locator(f"{selector}:focus")
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if focused.count():
                expect(focused).to_be_in_viewport()
                return focused
        raise AssertionError(f"{most} times Tab, and never at {selector}")

    def heard(self, message: ConsoleMessage) -> None:
        """Keep what the console calls an error."""
        if message.type == "error":
            self.complain(f"{message.text} {message.location.get('url', '')}".rstrip())

    def failed(self, request: Request) -> None:
        """Keep requests that got no answer."""
        self.broken_off |= request.failure == NETWORK_CHANGED
        self.complain(f"{request.url}: {request.failure}")

    def complain(self, text: str) -> None:
        """Note what is the site's fault."""
        if not any(cause in text for cause in FORGIVEN):
            self.complaints.append(text)

    def forgive(self, cause: str) -> None:
        """Forget what the browser itself notes of an answer that was expected."""
        self.complaints[:] = [text for text in self.complaints if cause not in text]

    def unloaded(self) -> list[str]:
        """Pictures that do not arrive, though the viewer scrolled to each of them."""
        self.page.evaluate(SCROLL)
        self.page.wait_for_load_state("networkidle")
        became(self.page, lambda: not self.page.evaluate(UNLOADED))
        return list(self.page.evaluate(UNLOADED))

    def shift(self) -> float:
        """How far things moved on their own, with their names in a failure."""
        shifts = self.page.evaluate("window.shifts")
        total = sum(value for value, _ in shifts)
        assert total <= MOST_SHIFT, shifts
        return float(total)

    def overflow(self) -> int:
        """Pixels that the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def device(browser: Browser, window: ViewportSize) -> BrowserContext:
    """A browser with a window of that size that knows nothing yet."""
    context = browser.new_context(viewport=window, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE * 1000)
    return context


def became(page: Page, true: Callable[[], bool]) -> bool:
    """Whether it was so in time; the page goes on meanwhile.

    `wait_for_function` would need what the site's security policy forbids.
    """
    deadline = time.monotonic() + PATIENCE
    while not (so := true()) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    return so


def address(edge: str, domain: str) -> str:
    return f"http://{domain}.localhost:{urlsplit(edge).port}"
