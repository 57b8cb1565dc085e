"""From a file to a video that plays, through tv's queue and workers, with a worker killed on the
way; and a file of which nothing can be made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import PORT
from tests.support.browser import BRANDS, PATIENCE, Visit
from tests.support.cli import Product
from tests.support.editor import ACCOUNT
from tests.support.viewer import Player, Viewer
from tests.support.waiting import wait_until

HOST = f"horror.localhost:{PORT}"
FILM = "/dev/shm/film.mp4"
LETTER = "/dev/shm/letter.mp4"
RENDITIONS = {"144p", "240p", "360p"}
# So long that the largest rendition takes some seconds, and small enough for /dev/shm.
MAKE_FILM = (
    "ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=640x360:r=25:d=24 "
    f"-f lavfi -i sine=f=440:d=24 -c:v libx264 -preset ultrafast {FILM}"
)
AS_IF_QUEUED = """
new MutationObserver((_, observer) => {
  const bar = document.querySelector("progress");
  if (!bar) return;
  observer.disconnect();
  bar.dataset.underWay = "";
  window.wasQueued = true;
  document.querySelector(".field-state .readonly").textContent = "Queued";
}).observe(document, { childList: true, subtree: true });
"""
MINUTE = """
import time
from django.core.management import call_command
from django.utils.timezone import now
from playback.models import Step
oldest = Step.objects.filter(state="running", job__state="encoding").earliest("due")
print(Step.objects.filter(pk=oldest.pk).update(due=now()), "expired")
time.sleep(0.1)
call_command("reap_media")
"""


@dataclass(frozen=True)
class Works:
    """Where videos are made."""

    tv: Product

    @property
    def host(self) -> str:
        (host,) = self.tv.hosts("prod", "workers")
        return str(host["name"])

    def container(self) -> str | None:
        """The worker that encodes, while there is one: another one after each start."""
        words = ("ps", "--quiet", "--no-trunc", "--filter", "name=-media-")
        return self.tv.docker_on(self.host, *words) or None

    def run(self, *words: str) -> str:
        """What a command prints in its container."""
        return self.tv.airchain("exec", "prod", "media", "--", *words).stdout

    def answers(self) -> bool:
        """Whether a command can be run in it: its host has said by now that it runs."""
        return not self.tv.airchain("exec", "prod", "media", "--", "true", check=False).returncode

    def manage(self, *words: str) -> str:
        return self.run("python3", "manage.py", *words)

    def encodes(self, container: str) -> bool:
        """Whether it is making a rendition just now."""
        lines = self.tv.docker_on(self.host, "top", container, "-o", "pid,args")
        return bool(re.search(r"ffmpeg .*\d+p\.m3u8", lines))

    def kill(self, container: str) -> None:
        """Every process of it, at once."""
        self.tv.docker_on(self.host, "kill", "--signal=KILL", container)


@pytest.fixture(scope="module")
def works(tv: Product) -> Works:
    return Works(tv)


@pytest.fixture(scope="module")
def viewer(tv_edge: str) -> Viewer:
    return Viewer(tv_edge, HOST)


def test_a_film_is_published_though_its_worker_is_killed(works: Works, viewer: Viewer) -> None:
    """SIGKILL in the middle of a rendition: another worker does it, and the episode plays the new
    video, each rendition of it once."""
    # Not the first one: that is what other tests watch.
    _, episode = viewer.watchable(1)
    before = asset(viewer.watch(episode["id"]))
    killed = works.container()
    assert killed
    works.run("sh", "-c", MAKE_FILM)
    said = works.manage("ingest", FILM, f"--episode={episode['id']}")
    assert said.startswith("job ")
    wait_until(lambda: works.encodes(killed), "a rendition is being made", 30, pause=0.05)
    works.kill(killed)
    assert asset(viewer.watch(episode["id"])) == before
    wait_until(lambda: works.container() not in (None, killed), "another worker is there")
    wait_until(works.answers, "another worker answers")
    a_minute_passes(works)

    def published() -> bool:
        return asset(viewer.watch(episode["id"])) == f"episode-{episode['id']}"

    wait_until(published, "the episode plays the new video", 90, pause=0.5)
    player = viewer.watch(episode["id"])
    assert player.playback["duration"] == pytest.approx(24, abs=0.5)
    variants = player.variants()
    assert sorted(urlsplit(v).path.rpartition("/")[2] for v in variants) == sorted(
        f"{name}.m3u8" for name in RENDITIONS
    )
    for variant in variants:
        segments = player.listed(variant)
        assert len(segments) == 6
        assert player.fetch(segments[0]).status_code == 200
        assert player.fetch(segments[-1]).status_code == 200
    assert player.fetch(player.playback["thumbnails"]).status_code == 200


def asset(player: Player) -> str:
    """What plays: the folder that is named in the address of its playlist."""
    return str(player.playback["playlist"]).split("/")[4]


def a_minute_passes(works: Works) -> None:
    """A dead worker's lease runs out (the oldest: the new worker has one of its own), and the cron
    comes by that looks for such. Both are done here, for `make test` cannot wait for it."""
    said = works.manage("shell", "-c", MINUTE).split("\n")
    assert "1 expired" in said
    assert any(re.match("[1-9] taken up", line) for line in said), said


@pytest.mark.parametrize("brand", [BRANDS[2]], ids=[BRANDS[2][0]])
def test_a_letter_is_no_film(works: Works, viewer: Viewer, visit: Visit) -> None:
    """It fails with its reason, in the command and on the editors' pages; what played, plays.

    An editor who waits at the job's page sees it.
    """
    _, episode = viewer.watchable()
    before = asset(viewer.watch(episode["id"]))
    works.run("sh", "-c", f"yes 'Dear editor,' | head -n 200 > {LETTER}")
    words = ("exec", "prod", "media", "--", "python3", "manage.py", "ingest", LETTER)
    done = works.tv.airchain(*words, f"--episode={episode['id']}", "--wait=60", check=False)
    assert done.returncode != 0
    reason = "This is not a video that can be read"
    assert reason in done.stdout + done.stderr
    editor, password = Viewer(viewer.site, HOST), works.tv.secret("prod", "EDITOR_PASSWORD")
    assert editor.sign_in(ACCOUNT, password).ok
    jobs = editor.get("/admin/playback/job/?q=letter.mp4").text
    assert reason in jobs
    assert 'class="field-state">Failed<' in jobs
    assert asset(viewer.watch(episode["id"])) == before

    visit.send_form("/account/sign-in/", username=ACCOUNT, password=password)
    visit.page.add_init_script(AS_IF_QUEUED)
    job = re.findall(r"/admin/playback/job/\d+/change/", jobs)[0]
    visit.open(job)
    state = visit.page.locator(".field-state .readonly")
    expect(state).to_have_text("Failed", timeout=PATIENCE * 1000)
    expect(visit.page.locator("progress[data-under-way]")).to_have_count(0)
    assert visit.page.evaluate("window.wasQueued"), "it was not followed"
