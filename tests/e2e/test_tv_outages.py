"""Each backing service of tv stops while people watch: what they still get, and that it all comes
back by itself with nothing lost."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest
import requests
from tests.e2e.conftest import PORT
from tests.support.cli import Product
from tests.support.probe import Seen, probe
from tests.support.viewer import Player, Viewer
from tests.support.waiting import wait_until

HOST = f"dramas.localhost:{PORT}"
AWAY = 4.0
"""Seconds that a service is away, beside what stopping and starting takes."""
SOON = 15.0
"""Seconds within which a viewer is told that something is away."""
BACK = 30.0
"""Seconds within which all is well after a service has been started."""
ACCOUNT = "viewer@tv.localhost"


@dataclass(frozen=True)
class Crowd:
    """Those who are there: strangers, somebody who is signed in, and a device that plays."""

    tv: Product
    stranger: Viewer
    member: Viewer
    player: Player
    segment: str
    series: str
    episode: int

    @contextmanager
    def load(self) -> Iterator[Mapping[str, Seen]]:
        """All of them ask, until left; what each kind of request got."""
        cookies = "; ".join(f"{c.name}={c.value}" for c in self.member.browser.cookies)
        player = self.player
        said = {**player.bearer, "Content-Type": "application/json"}
        with ExitStack() as stack:

            def ask(path: str, rate: float, **more: object) -> Seen:
                return stack.enter_context(probe(PORT, HOST, path, rate=rate, **more))  # type: ignore[arg-type]

            yield {
                "home page": ask("/", 30),
                "series page": ask(f"/series/{self.series}/", 10),
                "titles": ask("/api/v1/titles", 10),
                "segment": ask(self.segment, 10, headers=player.headers),
                # One after another, as a device does: one that another has overtaken is refused.
                "heartbeat": ask(
                    player.position_path,
                    10,
                    method="PUT",
                    headers=said,
                    body=player.heartbeat(7),
                    workers=1,
                ),
                "home page, signed in": ask("/", 3, headers={"Cookie": cookies}, workers=3),
            }

    @contextmanager
    def without(self, service: str) -> Iterator[None]:
        """Stop the service, and start it again at the end."""
        product = self.tv.json("spec", "show")["product"]
        container = f"airchain_{product}_prod_{service}"
        self.tv.docker("stop", "--time=5", container)
        try:
            yield
        finally:
            self.tv.docker("start", container)

    def begin_to_play(self) -> requests.Response:
        """Ask for leave to play, as a device that is new."""
        return requests.post(
            f"{self.stranger.site}/api/v1/playback/{self.episode}",
            headers={"Host": HOST, "X-Playback-Key": "k" * 32},
            timeout=30,
        )

    def unseen(self) -> requests.Response:
        """A page that nobody has asked for: no cache has it."""
        return self.stranger.get(f"/watch/{random.randrange(1_000_000, 2_000_000)}/")

    def is_known(self) -> bool:
        """Whether the page of who is signed in says so."""
        return "/account/sign-in/" not in self.member.get("/").text


@pytest.fixture(scope="module")
def crowd(tv: Product, tv_edge: str) -> Crowd:
    stranger, member = Viewer(tv_edge, HOST), Viewer(tv_edge, HOST)
    assert member.sign_in(ACCOUNT, tv.secret("prod", "VIEWER_PASSWORD")).ok
    title, episode = stranger.watchable()
    player = stranger.watch(episode["id"])
    segment = player.segment(player.variants()[0])
    found = Crowd(tv, stranger, member, player, segment, title["slug"], episode["id"])
    assert found.is_known()
    return found


def goes_on(seen: Mapping[str, Seen]) -> None:
    """Nobody was refused anything, and nobody waited long."""
    failed = {what: got.summary() for what, got in seen.items() if got.failures}
    assert failed == {}
    slow = {
        w: got.summary() for w, got in seen.items() if max(a.seconds for a in got.answers) > SOON
    }
    assert slow == {}
    assert min(len(got.answers) for got in seen.values()) >= AWAY


def refused(answer: requests.Response) -> requests.Response:
    """Told at once that this is away, and when to come again."""
    assert answer.status_code == 503, f"{answer.status_code} {answer.text[:300]}"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.elapsed.total_seconds() < SOON
    return answer


def until(true: Callable[[], bool], what: str) -> None:
    wait_until(true, what, seconds=BACK, pause=0.5)


def test_without_the_database(crowd: Crowd) -> None:
    """What is in caches goes on, and so do segments and heartbeats; what is not is away for a
    moment. Who is signed in still is afterwards."""
    new = Viewer(crowd.stranger.site, HOST)
    form = {**new.form("/account/sign-in/"), "username": "who@example.com", "password": "x"}
    with crowd.load() as seen:
        with crowd.without("mysql"):
            said = refused(crowd.begin_to_play()).json()
            assert said["status"] == 503
            page = refused(crowd.unseen())
            assert "We will be right back" in page.text
            assert "We will be right back" in refused(new.send("/account/sign-in/", form)).text
            time.sleep(AWAY)
        until(lambda: crowd.begin_to_play().ok, "one can begin to play")
        until(lambda: crowd.unseen().status_code == 404, "pages that no cache has are back")
        until(crowd.is_known, "who is signed in is known again")
    goes_on(seen)


def test_without_the_cache(crowd: Crowd) -> None:
    """Nobody notices: all of it is made anew, and one can sign in."""
    new = Viewer(crowd.stranger.site, HOST)
    with crowd.load() as seen:
        with crowd.without("redis"):
            assert crowd.begin_to_play().ok
            assert crowd.unseen().status_code == 404
            assert crowd.is_known()
            assert new.sign_in(ACCOUNT, crowd.tv.secret("prod", "VIEWER_PASSWORD")).ok
            time.sleep(AWAY)
        time.sleep(1)
    goes_on(seen)


def test_without_sessions(crowd: Crowd) -> None:
    """Everyone is a stranger who browses and watches; the page to sign in says what is away.
    Afterwards everyone is who they were."""
    new = Viewer(crowd.stranger.site, HOST)
    password = crowd.tv.secret("prod", "VIEWER_PASSWORD")
    form = {**new.form("/account/sign-in/"), "username": ACCOUNT, "password": password}
    with crowd.load() as seen:
        with crowd.without("sessions"):
            page = refused(new.send("/account/sign-in/", form))
            assert "Accounts are away for a moment" in page.text
            assert crowd.begin_to_play().ok
            assert not crowd.is_known()
            time.sleep(AWAY)
        until(crowd.is_known, "who was signed in is signed in")
        until(lambda: new.send("/account/sign-in/", form).ok, "one can sign in")
    goes_on(seen)


def test_without_the_table_of_positions(crowd: Crowd) -> None:
    """Heartbeats are taken and wait: afterwards each host reads back every one of them, and what
    was told before. What waits nowhere is not known meanwhile, and is said so."""
    before = [crowd.stranger.watch(crowd.episode) for _ in range(3)]
    during = [crowd.stranger.watch(crowd.episode) for _ in range(10)]
    for number, player in enumerate(before):
        assert player.tell(number + 1).status_code == 202
    until(lambda: all(stored(p, n + 1) for n, p in enumerate(before)), "positions are stored")
    asked = []
    with crowd.load() as seen:
        with crowd.without("dynamodb"):
            for number, player in enumerate(during):
                assert player.tell(number + 0.5).status_code == 202
                asked.append(crowd.member.get("/").headers["X-Request-Id"])
            refused(crowd.stranger.watch(crowd.episode).told())
            assert crowd.begin_to_play().ok
            time.sleep(AWAY)
        until(lambda: all(stored(p, n + 1) for n, p in enumerate(before)), "what was is there")
        until(lambda: all(stored(p, n + 0.5) for n, p in enumerate(during)), "nothing is lost")
    goes_on(seen)
    names = in_every_log(crowd.tv, asked)
    assert names, f"none of {asked} is in the logs of nginx, django and progress"


def stored(player: Player, position: float) -> bool:
    """Whether both hosts know it: one may have it waiting, the other has it from the table."""
    answers = [player.told() for _ in range(8)]
    hosts = {a.headers["X-Served-By"] for a in answers}
    return len(hosts) == 2 and all(a.ok and a.json()["position"] == position for a in answers)


def in_every_log(tv: Product, requests: list[str]) -> set[str]:
    """Those of the requests that nginx, the site and progress each wrote of, by the same name."""
    product = tv.json("spec", "show")["product"]
    found = set(requests)
    nginx = "".join(
        tv.docker("exec", f"airchain_{product}_prod_{host['name']}",
                  "journalctl", "--identifier=access", "--output=cat", "--since=-2min")
        for host in tv.hosts("prod")
    )  # fmt: skip
    said = [nginx]
    for service in ("django", "progress"):
        lines = tv.json("logs", "prod", service, "-n", "3000")
        said.append("\n".join(line["text"] for line in lines))
    return {name for name in found if all(json.dumps(name) in text for text in said)}


def test_without_the_queue(crowd: Crowd) -> None:
    """Nobody notices. What waited in the queue is done afterwards."""
    words = ("python3", "manage.py", "drill", "--tasks=6", "--seconds=3")
    with crowd.load() as seen:
        tasks = crowd.tv.airchain("exec", "prod", "worker", "--", *words).stdout.split()
        assert len(tasks) == 6
        with crowd.without("sqs"):
            assert crowd.begin_to_play().ok
            assert crowd.unseen().status_code == 404
            assert undone(crowd.tv, tasks), "all was done before the queue stopped"
            time.sleep(AWAY)
        until(lambda: crowd.begin_to_play().ok, "one can begin to play")
    goes_on(seen)
    wait_until(lambda: not undone(crowd.tv, tasks), "what waited is done", 90, pause=1)


def undone(tv: Product, tasks: list[str]) -> list[str]:
    """Of these tasks those that no worker has done."""
    lines = tv.json("logs", "prod", "worker", "-n", "500")
    said = "\n".join(line["text"] for line in lines)
    return [task for task in tasks if f"drill {task} is done" not in said]
