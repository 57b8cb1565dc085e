"""An evening on tv: viewers come and go, and what is kept of pages on the hosts is right for each
of them, also at the second at which a licence ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import requests
from tests.e2e.conftest import PORT
from tests.support.cli import ROOT, Product
from tests.support.editor import ACCOUNT, Editor
from tests.support.probe import Answer, probe
from tests.support.viewer import Viewer
from tests.support.waiting import wait_until

HOST = f"dramas.localhost:{PORT}"
KOREA, ELSEWHERE = {"X-Viewer-Country": "KR"}, {"X-Viewer-Country": "US"}
SECONDS, VIEWERS = 25, 30
LASTS = timedelta(seconds=15)
"""How long the title may still be watched."""
LATE = 7.0
"""Seconds after the end for which nginx may still show what it keeps: one that it is fresh, five
while another is made, and one for a busy machine."""
KEPT = {"HIT", "STALE", "UPDATING"}


@contextmanager
def evening(edge: str) -> Iterator[None]:
    """The model of `make evening` in short, in which nothing may fail."""
    process = subprocess.Popen(
        [
            Path(sys.executable).with_name("locust"), "--headless", "--only-summary",
            "--host", edge, "--locustfile", ROOT / "tv" / "load" / "evening.py",
        ],
        env={**os.environ, "EVENING_SECONDS": str(SECONDS), "EVENING_VIEWERS": str(VIEWERS)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield
        said, _ = process.communicate(timeout=SECONDS + 40)
    finally:
        process.kill()
        process.wait(timeout=10)
    assert process.returncode == 0, said[-6000:]
    assert "heartbeat" in said
    assert "segment" in said


def test_a_licence_ends_in_the_middle_of_an_evening(tv: Product, tv_edge: str) -> None:
    """At its second the title is gone from home, its page, the API and search, and cannot be
    played; a country with another licence keeps it, and nobody's evening is disturbed."""
    viewer, editor = Viewer(tv_edge, HOST), Editor(tv_edge, HOST)
    assert editor.sign_in(ACCOUNT, tv.secret("prod", "EDITOR_PASSWORD")).ok
    slug, name, episode = film(viewer)
    places = {
        "home": "/",
        "page": f"/series/{slug}/",
        "home (API)": "/api/v1/home",
        "title (API)": f"/api/v1/titles/{slug}",
        "search": f"/search/?q={quote(name)}",
        "search (API)": f"/api/v1/search?q={quote(name)}",
    }

    def shown(where: dict[str, str]) -> set[str]:
        return {p for p, path in places.items() if shows(viewer.get(path, **where), slug)}

    with evening(tv_edge):
        editor.set_rights("film", slug, exclude="KR")
        wait_until(lambda: not shown(KOREA), "it is not to be seen in Korea")
        ends = datetime.now(UTC).replace(microsecond=0) + LASTS
        editor.add_rights("film", slug, ends, include="KR")
        wait_until(lambda: shown(KOREA) == {*places}, "it is everywhere in Korea", 12, pause=0.1)
        assert play(viewer, episode, KOREA) == 200
        began = time.monotonic() - time.time()
        with ExitStack() as stack:
            seen = {
                place: stack.enter_context(
                    probe(PORT, HOST, path, headers=KOREA, rate=10, workers=2)
                )
                for place, path in places.items()
            }
            time.sleep(max(0, ends.timestamp() - time.time()))
            assert play(viewer, episode, KOREA) == 403
            time.sleep(LATE + 1)
        assert shown(KOREA) == set()
        assert shown(ELSEWHERE) == {*places}
        assert play(viewer, episode, ELSEWHERE) == 200
        editor.set_rights("film", slug)
    # Both hosts, and what nginx keeps on them: whoever comes next compares lists.
    again = {*places}
    wait_until(lambda: all(shown(KOREA) == again for _ in range(4)), "it is everywhere again", 12)
    end = began + ends.timestamp()
    for place, got in seen.items():
        last = max(a.sent + a.seconds for a in got.answers if has(a, slug)) - end
        assert -1.5 < last < LATE, f"{place}: last shown {last:.1f} s after the end"
        assert any(a.sent > end + LATE for a in got.answers)
        assert {a.status for a in got.answers} <= {200, 404}, got.summary()


def film(viewer: Viewer) -> tuple[str, str, int]:
    """One that is on the home page of everyone, and can be played."""
    rows = viewer.get("/api/v1/home", **KOREA).json()["rows"]
    films = [item for row in rows for item in row["items"] if item["kind"] == "film"]
    here = viewer.get("/", **ELSEWHERE).text
    for item in films:
        title = viewer.get(f"/api/v1/titles/{item['slug']}", **ELSEWHERE)
        (episode,) = title.json()["seasons"][0]["episodes"] if title.ok else (None,)
        if episode and episode["video"] and episode["access"]["allowed"] and item["slug"] in here:
            return item["slug"], item["title"], episode["id"]
    raise AssertionError("no film can be played both in Korea and elsewhere")


def shows(answer: requests.Response, slug: str) -> bool:
    assert answer.status_code in {200, 404}, answer.text[:300]
    return answer.ok and slug in answer.text


def has(answer: Answer, slug: str) -> bool:
    return answer.status == 200 and slug in answer.body


def play(viewer: Viewer, episode: int, where: dict[str, str]) -> int:
    """The status with which one is let in to play it, or not."""
    headers = {"Host": HOST, "X-Playback-Key": "k" * 32, **where}
    url = f"{viewer.site}/api/v1/playback/{episode}"
    return requests.post(url, headers=headers, timeout=10).status_code


def test_each_country_has_answers_of_its_own(tv_edge: str) -> None:
    """Kept on the host, for one country and not for another."""
    viewer = Viewer(tv_edge, HOST)
    path, bodies = "/api/v1/titles?limit=97", dict[str, str]()
    for country in ("KR", "US", "KR", "US"):
        answers = [viewer.get(path, **{"X-Viewer-Country": country}) for _ in range(8)]
        assert {a.status_code for a in answers} == {200}
        assert {a.headers["X-Cache"] for a in answers} & KEPT, country
        assert {a.text for a in answers} == {bodies.setdefault(country, answers[0].text)}
    assert bodies["KR"] != bodies["US"]
