"""An evening on one machine, for locust: viewers arrive, look around, search, watch, and leave.

Browsers read pages and their pictures, apps ask the API; both play what has video, fetch its
segments as fast as a player does and report where they are. It asks this machine only, ends by
itself, and fails where a request failed.
"""

import os
import random
import re
import secrets
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import gevent
from locust import FastHttpUser, LoadTestShape, between, events, task
from locust.env import Environment

SECONDS = int(os.environ.get("EVENING_SECONDS", "120"))
VIEWERS = int(os.environ.get("EVENING_VIEWERS", "60"))
LONGEST, MOST = 3600, 2000
HERE = ("127.0.0.1", "::1", "localhost")
BRANDS = ("dramas.localhost", "documentaries.localhost", "horror.localhost")
# Share of the viewers who are there, in each part of the evening.
CURVE = (0.2, 0.5, 0.9, 1.0, 0.7, 0.3)
HEARTBEAT = 5.0
SEGMENT = 4.0
# Of those who begin to watch: how many segments until they have had enough.
WATCHED = (2, 10)
WORDS = ("the", "night", "sea", "house", "winter", "last", "river", "light", "secret", "island")
TITLE = re.compile(r'href="(/series/[a-z0-9-]+/)')
PICTURE = re.compile(r'src="(/art/[^"]+)"')


@events.init.add_listener
def bounded(environment: Environment, **_: Any) -> None:
    """Whoever asks for more, or for somebody else's machine, is told so."""
    host = urlsplit(environment.host or "").hostname
    if host not in HERE:
        raise SystemExit(f"this is for one's own machine, {' or '.join(HERE)}: --host names {host}")
    if not (0 < SECONDS <= LONGEST and 0 < VIEWERS <= MOST):
        raise SystemExit(f"an evening has 1 to {LONGEST} seconds and 1 to {MOST} viewers")


class Evening(LoadTestShape):
    """So many viewers at a time, and then none."""

    def tick(self) -> tuple[int, float] | None:
        part = int(self.get_run_time() / SECONDS * len(CURVE))
        if part >= len(CURVE):
            return None
        return max(1, round(VIEWERS * CURVE[part])), max(1.0, VIEWERS / 10)


class Viewer(FastHttpUser):
    """What browsers and apps have in common."""

    abstract = True
    wait_time = between(1, 6)
    network_timeout = connection_timeout = 10.0

    def on_start(self) -> None:
        self.brand = random.choice(BRANDS)
        self.binding = secrets.token_urlsafe(24)

    def get(self, address: str, name: str, **headers: str) -> str:
        """What is at the address, or nothing where that failed; locust counts it."""
        sent = {"Host": self.brand, "X-Playback-Key": self.binding, **headers}
        answer = self.client.get(address, name=name, headers=sent)
        return answer.text if answer.status_code == 200 and answer.text else ""

    def json(self, address: str, name: str) -> dict:
        headers = {"Host": self.brand, "Accept": "application/json"}
        answer = self.client.get(address, name=name, headers=headers)
        return answer.json() if answer.status_code == 200 else {}

    def watch(self, slug: str) -> None:
        """Play the first episode that may be played."""
        title = self.json(f"/api/v1/titles/{slug}", "title (API)")
        episodes = [e for season in title.get("seasons", ()) for e in season["episodes"]]
        allowed = [e for e in episodes if e["access"]["allowed"]]
        if allowed and (playback := self.begin(allowed[0]["id"])):
            self.play(playback)

    def begin(self, episode: int) -> dict:
        """Where its video is; nothing where it has none yet."""
        with self.client.post(
            f"/api/v1/playback/{episode}",
            name="begin to play",
            headers={"Host": self.brand, "X-Playback-Key": self.binding},
            catch_response=True,
        ) as answer:
            if answer.status_code == 200:
                return answer.json()
            # The catalogue has more titles than videos: being told so is no failure.
            if answer.status_code == 403 and answer.json().get("reason") == "no-video":
                answer.success()
        return {}

    def play(self, playback: dict) -> None:
        """Segments one after the other, and a report every few seconds."""
        master = self.get(playback["playlist"], "playlist")
        variants = lines(master)
        if not variants:
            return
        address = urljoin(playback["playlist"], random.choice(variants))
        segments = lines(self.get(address, "playlist"))
        position, reported = 0.0, 0.0
        for segment in segments[: random.randint(*WATCHED)]:
            self.get(urljoin(address, segment), "segment")
            gevent.sleep(SEGMENT)
            position += SEGMENT
            if position - reported >= HEARTBEAT:
                self.report(playback, position)
                reported = position
        self.report(playback, position)

    def report(self, playback: dict, position: float) -> None:
        duration, progress = playback["duration"], playback["progress"]
        self.client.put(
            progress["url"],
            name="heartbeat",
            json={"position": min(position, duration), "duration": duration},
            headers={"Host": self.brand, "Authorization": f"Bearer {progress['token']}"},
        )


class Browser(Viewer):
    """Reads pages."""

    weight = 3

    def on_start(self) -> None:
        super().on_start()
        self.titles: list[str] = []

    @task(4)
    def home(self) -> None:
        page = self.get("/", "home page")
        for picture in PICTURE.findall(page)[:6]:
            self.get(picture, "picture")
        self.titles = TITLE.findall(page) or self.titles

    @task(3)
    def series(self) -> None:
        if self.titles:
            self.get(random.choice(self.titles), "series page")

    @task(1)
    def search(self) -> None:
        self.get(f"/search/?q={quote(random.choice(WORDS))}", "search page")

    @task(2)
    def evening(self) -> None:
        if self.titles:
            self.watch(random.choice(self.titles).split("/")[2])


class App(Viewer):
    """Asks the API."""

    weight = 1

    def on_start(self) -> None:
        super().on_start()
        self.slugs: list[str] = []

    @task(2)
    def home(self) -> None:
        rows = self.json("/api/v1/home", "home (API)").get("rows", ())
        self.slugs = [item["slug"] for row in rows for item in row["items"]] or self.slugs

    @task(2)
    def browse(self) -> None:
        page = self.json("/api/v1/titles", "titles (API)")
        if page.get("next"):
            self.json(f"/api/v1/titles?cursor={page['next']}", "titles (API), next page")

    @task(1)
    def search(self) -> None:
        self.json(f"/api/v1/search?q={quote(random.choice(WORDS))}", "search (API)")

    @task(2)
    def evening(self) -> None:
        if self.slugs:
            self.watch(random.choice(self.slugs))


def lines(playlist: str) -> list[str]:
    """The addresses in a playlist."""
    return [line for line in playlist.splitlines() if line and not line.startswith("#")]
