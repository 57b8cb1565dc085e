"""Ingest with the real ffmpeg: `manage.py test --pattern 'ffmpeg_*.py'`, in the image `media`."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from django.utils import timezone

from playback import folders, jobs, leases, reaper, steps
from playback.models import Job, Step
from playback.video import playlists, process
from playback.video.errors import Hindered
from tests.test_ingest import IngestTest

SRT = "1\n00:00:01,000 --> 00:00:03,000\n안녕하세요\n"
SECONDS = 9


def ffmpeg(*words: str) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *words], check=True, timeout=120)


def film(to: Path, *more: str, size: str = "320x180", seconds: int = SECONDS) -> Path:
    """Moving bars with a tone."""
    bars = ("-f", "lavfi", "-i", f"testsrc2=s={size}:r=12:d={seconds}")
    tone = ("-f", "lavfi", "-i", f"sine=f=440:d={seconds}")
    ffmpeg(*bars, *tone, "-c:v", "libx264", "-preset", "ultrafast", *more, str(to))
    return to


class FfmpegTest(IngestTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.films = Path(folder.name)
        cls.good = film(cls.films / "good.mp4")
        cls.quick = film(cls.films / "quick.mp4", "-movflags", "+faststart")

    def ingest(self, path: Path, subtitles=()) -> Job:
        """Begin a job and do all that is asked for, as a worker would."""
        upload = jobs.Upload(path, path.name, dict(subtitles), move=False)
        with self.captureOnCommitCallbacks(execute=True):
            job = jobs.begin(upload, self.episode)
        self.work()
        job.refresh_from_db()
        return job

    def work(self) -> None:
        while self.asked:
            step, _ = self.asked.pop(0)
            with self.captureOnCommitCallbacks(execute=True):
                steps.work(step)


class Published(FfmpegTest):
    def test_a_film_becomes_what_players_play(self):
        """Three renditions in segments of four seconds, subtitles, thumbnails; all decodable."""
        text = self.root / "film.ko.srt"
        text.write_text(SRT)
        job = self.ingest(self.good, {"ko": text})
        self.assertEqual((job.state, job.reason), ("published", ""))
        asset = job.asset
        asset.refresh_from_db()
        self.episode.refresh_from_db()
        self.assertEqual((self.episode.asset, asset.version), (asset, job.version))
        self.assertAlmostEqual(asset.duration, SECONDS, delta=0.2)
        self.assertEqual([r.name for r in asset.renditions.all()], ["144p", "240p", "360p"])
        folder = folders.version(asset.slug, asset.version)
        for rendition in asset.renditions.all():
            found = playlists.segments((folder / f"{rendition.name}.m3u8").read_text())
            self.assertEqual([round(s.seconds) for s in found], [4, 4, 1])
            self.assertRegex(rendition.codecs, r"^avc1\.4d[0-9a-f]{4},mp4a\.40\.2$")
        self.assertIn("00:01.000 --> 00:03.000\n안녕하세요", (folder / "ko.vtt").read_text())
        self.assertTrue((folder / "thumbnails.jpg").stat().st_size)
        ffmpeg("-xerror", "-i", str(folder / "master.m3u8"), "-map", "0:v", "-f", "null", "-")
        self.assertFalse(folders.workshop(job.version).exists())

    def test_subtitles_within_the_file_are_taken_too(self):
        """By the language that the file names."""
        text = self.films / "text.srt"
        text.write_text(SRT)
        mixed = self.films / "mixed.mkv"
        ffmpeg("-i", str(self.good), "-i", str(text), "-map", "0", "-map", "1", "-c", "copy",
               "-c:s", "srt", "-metadata:s:s:0", "language=kor", str(mixed))  # fmt: skip
        job = self.ingest(mixed)
        self.assertEqual((job.state, job.reason), ("published", ""))
        self.assertEqual([s.label for s in job.asset.subtitles.all()], ["한국어"])

    def test_a_silent_film_and_an_upright_one(self):
        """Neither has to be as most are."""
        upright = film(self.films / "upright.mp4", "-an", size="180x320", seconds=2)
        job = self.ingest(upright)
        self.assertEqual((job.state, job.reason), ("published", ""))
        sizes = {(r.width, r.height, r.codecs.count("mp4a")) for r in job.asset.renditions.all()}
        self.assertEqual(sizes, {(144, 256, 0), (240, 426, 0), (360, 640, 0)})

    def test_a_new_version_takes_the_place_of_the_old(self):
        """Whose files stay until the last address has expired."""
        first, second = self.ingest(self.good), self.ingest(self.quick)
        self.assertEqual(first.asset, second.asset)
        kept = {p.name for p in (self.root / first.asset.slug).iterdir()}
        self.assertEqual(kept, {first.version, second.version})


class Broken(FfmpegTest):
    def cut(self, path: Path, share: float) -> Path:
        to = self.films / f"cut-{path.name}"
        content = path.read_bytes()
        to.write_bytes(content[: int(len(content) * share)])
        return to

    def files(self):
        """A file for each way to be broken, and what its editor reads."""
        made = {
            "empty.mp4": (b"", "The file is empty"),
            "letter.mp4": (b"Dear editor,\n" * 100, "not a video that can be read|not taken"),
            "list.mp4": (b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:9,\n/etc/passwd\n#EXT-X-ENDLIST\n",
                         "not a video that can be read|not taken"),
            "join.mp4": (b"ffconcat version 1.0\nfile /etc/passwd\n",
                         "not a video that can be read|not taken"),
        }  # fmt: skip
        for name, (content, told) in made.items():
            (self.films / name).write_bytes(content)
            yield self.films / name, told
        yield self.cut(self.good, 0.6), "index is missing"
        yield self.cut(self.quick, 0.6), "lasts 9 s, but its picture ends after [4-6] s|damaged"
        song = self.films / "song.m4a"
        ffmpeg("-f", "lavfi", "-i", "sine=d=3", str(song))
        yield song, "no picture"
        huge = film(self.films / "huge.mp4", "-r", "1", "-an", size="4098x64", seconds=2)
        yield huge, "4098 by 64: at most 4096"

    def test_each_ends_in_a_failed_job_with_its_reason(self):
        """At once, without another attempt; nothing is published, no draft is left."""
        for path, told in self.files():
            with self.subTest(path.name), self.assertLogs("playback.jobs", "WARNING"):
                job = self.ingest(path)
                self.assertEqual(job.state, "failed")
                self.assertRegex(job.reason, told)
                self.assertEqual(max(step.attempts for step in job.steps.all()), 1)
                self.assertFalse((self.root / job.asset.slug).exists())
                self.assertEqual(list(folders.workshop(job.version).glob(".*")), [])

    def test_subtitles_that_are_none(self):
        """The reason names them, not the video."""
        text = self.root / "ko.srt"
        text.write_bytes(b"\x00\x01\x02 nothing to read")
        with self.assertLogs("playback.jobs", "WARNING"):
            job = self.ingest(self.good, {"ko": text})
        self.assertIn("The subtitles (ko) are neither WebVTT nor SubRip", job.reason)


class Killed(FfmpegTest):
    def test_a_killed_ffmpeg_is_started_again(self):
        """Out of memory, say: the step waits a moment, and then is done."""
        run, killed = process.run, []

        def shot(argv, **options):
            if "360p" in argv[-1] and not killed:
                killed.append(argv)
                raise Hindered("ffmpeg was killed (signal 9)")
            return run(argv, **options)

        with (
            patch("playback.steps.process.run", shot),
            self.assertLogs("playback.steps", "WARNING"),
        ):
            upload = jobs.Upload(self.good, "good.mp4", {}, move=False)
            with self.captureOnCommitCallbacks(execute=True):
                job = jobs.begin(upload, self.episode)
            self.work()
            Step.objects.filter(state=Step.State.WAITING).update(due=timezone.now(), asked=None)
            with self.captureOnCommitCallbacks(execute=True):
                reaper.revive(timezone.now())
            self.work()
        job.refresh_from_db()
        self.assertEqual((job.state, job.steps.get(name="360p").attempts), ("published", 2))

    def test_what_a_dead_worker_left_is_done_by_another(self):
        """It stopped in the middle of a rendition, whose draft is not taken for one."""
        upload = jobs.Upload(self.good, "good.mp4", {}, move=False)
        with self.captureOnCommitCallbacks(execute=True):
            job = jobs.begin(upload, self.episode)
        (probe, _), *_ = self.asked
        self.asked.clear()
        with self.captureOnCommitCallbacks(execute=True):
            steps.work(probe)
        step = job.steps.get(name="360p")
        leases.claim(step.pk)
        draft = folders.workshop(job.version) / ".360p.0a1b"
        draft.mkdir()
        (draft / "360p-0000.m4s").write_bytes(b"half")
        self.work()
        job.refresh_from_db()
        self.assertEqual(job.state, "encoding")
        Step.objects.filter(pk=step.pk).update(due=timezone.now())
        with self.assertLogs("playback.reaper", "WARNING"):
            with self.captureOnCommitCallbacks(execute=True):
                reaper.revive(timezone.now())
        self.work()
        job.refresh_from_db()
        self.assertEqual((job.state, job.reason), ("published", ""))

    def test_ffmpeg_dies_with_its_worker(self):
        """It would go on for hours, beside its successor."""
        code = (
            "from playback.video import process;"
            "process.run(['ffmpeg', '-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=d=600',"
            "             '-progress', 'pipe:1', '-f', 'null', '-'], seconds=600,"
            "            beat=lambda _: print('on', flush=True))"
        )
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as worker:
            worker.stdout.readline()
            (child,) = children(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)
        end = time.monotonic() + 10
        while running(child) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertFalse(running(child))

    def test_one_that_takes_too_long_is_stopped(self):
        """Within its bound, and it is not left behind."""
        argv = ["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=d=60",
                "-progress", "pipe:1", "-f", "null", "-"]  # fmt: skip
        with self.assertRaisesRegex(Hindered, "took too long"):
            process.run(argv, seconds=1)
        self.assertEqual(children(os.getpid()), [])


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def running(pid: int) -> bool:
    """A process that only waits to be taken note of has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
