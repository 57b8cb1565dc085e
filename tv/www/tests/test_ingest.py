"""Jobs without ffmpeg: states, leases, retries, the reaper, publishing, uploads."""

import json
import os
import time
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from unittest.mock import patch

from celery.signals import worker_shutting_down
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase
from django.utils import timezone

from catalogue.models import Artwork, Episode, Series
from playback import addresses, flow, folders, jobs, leases, publishing, reaper, steps, stopping
from playback.models import Asset, Job, Step, Superseded
from playback.video import process
from playback.video.errors import Hindered, Refused
from playback.video.manifest import Manifest, Rendition, Track
from playback.video.source import Source
from tests.stage import NetworkTest, series
from viewers.models import Viewer

D, R, W, F = Step.State.DONE, Step.State.RUNNING, Step.State.WAITING, Step.State.FAILED
HD = Source(duration=60.0, width=1280, height=720, sound=True)
PARTS = ("720p", "480p", "360p", "subtitles", "thumbnails")
MADE = Manifest(
    60.0, (Rendition("360p", 640, 360, 700_000, "avc1.4d401e"),), (Track("en", "English"),)
)


PUT_TOGETHER = flow.Move(Job.State.PACKAGING, ("package",))


class Flow(SimpleTestCase):
    CASES = (
        ("nothing is known yet", "queued", {"probe": W}, None, None),
        ("the probe goes on", "probing", {"probe": R}, None, None),
        ("probed", "probing", {"probe": D}, HD, flow.Move(Job.State.ENCODING, PARTS)),
        ("one rendition is left", "encoding", {"probe": D, "360p": D, "720p": R}, HD, None),
        ("all are made", "encoding", {"probe": D, "360p": D}, HD, PUT_TOGETHER),
        ("it is put together", "packaging", {"probe": D, "package": R}, HD, None),
        ("published", "packaging", {"probe": D, "package": D}, HD, flow.Move(Job.State.PUBLISHED)),
        ("over", "published", {"probe": D}, HD, None),
        ("failed", "failed", {"probe": D}, HD, None),
    )  # fmt: skip

    def test_states_follow_from_steps(self):
        """Each case is a state and the states of its steps."""
        for name, state, done, source, expected in self.CASES:
            with self.subTest(name):
                self.assertEqual(flow.move(state, done, source), expected)

    def test_a_failed_job_goes_on_where_it_was(self):
        """What is made is not made again."""
        cases = (
            (("probe",), "queued"),
            (("probe", "360p"), "encoding"),
            (("probe", "360p", "package"), "packaging"),
        )
        for names, state in cases:
            with self.subTest(names):
                self.assertEqual(flow.resumed(dict.fromkeys(names, D)), state)

    def test_attempts_wait_longer_each_time(self):
        """5, 10, 20 seconds."""
        self.assertEqual([flow.wait(n).seconds for n in (1, 2, 3)], [5, 10, 20])


class IngestTest(NetworkTest):
    """With a folder for the shared files, and a queue that only takes note."""

    def setUp(self):
        super().setUp()
        self.root = self.shared_files()
        self.asked = []
        queue = patch(
            "playback.tasks.work.apply_async",
            lambda args, countdown: self.asked.append((*args, countdown)),
        )
        queue.start()
        self.addCleanup(queue.stop)
        self.episode = Episode.objects.get(season__series=series("the-pier", "romance"), number=1)

    def begin(self, content=b"video"):
        file = self.root / "film.mp4"
        file.write_bytes(content)
        with self.captureOnCommitCallbacks(execute=True):
            return jobs.begin(jobs.Upload(file, "film.mp4", {}, move=False), self.episode)

    def encoding(self):
        """A job whose probe is done."""
        job = self.begin()
        job.steps.update(state=D)
        Job.objects.filter(pk=job.pk).update(state="probing", source=HD.plain())
        with self.captureOnCommitCallbacks(execute=True):
            jobs.advance(job.pk)
        job.refresh_from_db()
        return job

    def later(self, **delay):
        return patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(**delay))


class Jobs(IngestTest):
    def test_a_file_becomes_a_job_and_nothing_else_changes(self):
        """Its probe is asked for; the episode plays what it played."""
        job = self.begin()
        probe = job.steps.get()
        self.assertEqual((job.state, probe.name, self.asked), ("queued", "probe", [(probe.pk, 0)]))
        self.assertEqual((folders.workshop(job.version) / "source").read_bytes(), b"video")
        self.episode.refresh_from_db()
        self.assertIsNone(self.episode.asset)

    def test_one_step_for_each_rendition(self):
        """Asked for once, however often the job is looked at."""
        job = self.encoding()
        self.assertEqual(job.state, "encoding")
        self.assertEqual(
            tuple(job.steps.exclude(name="probe").values_list("name", flat=True)), PARTS
        )
        asked = len(self.asked)
        jobs.advance(job.pk)
        self.assertEqual(len(self.asked), asked)

    def test_a_queue_that_is_away_loses_nothing(self):
        """The reaper asks again."""
        with patch("playback.tasks.work.apply_async", side_effect=OSError("away")):
            with self.assertLogs("playback.jobs", "WARNING"):
                job = self.begin()
        self.assertEqual(self.asked, [])
        with self.captureOnCommitCallbacks(execute=True):
            self.assertEqual(reaper.revive(timezone.now()), (1, 0))
        self.assertEqual(self.asked, [(job.steps.get().pk, 0)])
        self.assertEqual(reaper.revive(timezone.now()), (0, 0))

    def test_a_broken_file_fails_the_job_with_its_reason(self):
        """At once, and the editor may have it tried again."""
        job = self.begin(b"")
        with self.assertLogs("playback.jobs", "WARNING"):
            steps.work(job.steps.get().pk)
        job.refresh_from_db()
        self.assertEqual((job.state, job.reason[:18]), ("failed", "The file is empty:"))
        self.assertEqual(job.steps.get().state, F)
        with self.captureOnCommitCallbacks(execute=True):
            self.assertTrue(jobs.retry(job.pk))
        job.refresh_from_db()
        self.assertEqual((job.state, job.reason, len(self.asked)), ("queued", "", 2))

    def test_without_its_source_it_is_not_tried_again(self):
        """It was kept for a week."""
        job = self.begin(b"")
        jobs.fail(job.pk, Refused("No."))
        folders.remove(folders.workshop(job.version))
        self.assertFalse(jobs.retry(job.pk))

    def test_what_only_hindered_is_tried_again_then_given_up(self):
        """Later each time; after four attempts the job fails, and says how often it was tried."""
        job = self.encoding()
        step = job.steps.get(name="360p")
        waits = []
        for _ in range(flow.MOST_ATTEMPTS):
            Step.objects.filter(pk=step.pk).update(due=timezone.now())
            with (
                patch("playback.steps.process.run", side_effect=Hindered("No room.")),
                self.assertLogs("playback", "WARNING"),
                self.captureOnCommitCallbacks(execute=True),
            ):
                steps.work(step.pk)
            waits.append(self.asked[-1][1])
        job.refresh_from_db()
        self.assertEqual(waits, [5, 10, 20, 20])
        self.assertEqual((job.state, job.reason), ("failed", "No room. (tried 4 times)"))
        self.assertEqual(list(folders.workshop(job.version).glob(".*")), [], "a draft was left")

    def test_what_nobody_foresaw_has_its_reason_too(self):
        """It is tried again as well, and ends as a failed job and not as workers that died."""
        job = self.encoding()
        step = job.steps.get(name="360p")
        for _ in range(flow.MOST_ATTEMPTS):
            Step.objects.filter(pk=step.pk).update(due=timezone.now())
            with (
                patch("playback.steps.process.run", side_effect=KeyError("streams")),
                self.assertLogs("playback", "WARNING"),
                self.captureOnCommitCallbacks(execute=True),
            ):
                steps.work(step.pk)
        job.refresh_from_db()
        self.assertEqual(
            (job.state, job.reason, job.detail),
            ("failed", "Making 360p failed unexpectedly (KeyError). (tried 4 times)", "'streams'"),
        )

    def test_a_worker_that_is_stopped_leaves_its_step_to_another(self):
        """At once, and as if it had not been tried: deployments use up no attempts."""
        job = self.encoding()
        step = job.steps.get(name="360p")
        self.addCleanup(stopping.tell, False)

        def told(argv, *, seconds, beat):
            beat(10)
            worker_shutting_down.send("worker", sig="SIGTERM", how="Warm", exitcode=0)
            beat(20)
            self.fail("it goes on")

        for _ in range(flow.MOST_ATTEMPTS + 1):
            stopping.tell(False)
            with (
                patch("playback.steps.process.run", told),
                self.assertLogs("playback.steps", "INFO") as logs,
                self.captureOnCommitCallbacks(execute=True),
            ):
                steps.work(step.pk)
            self.assertIn("is left to another worker", logs.output[0])
            self.assertEqual(self.asked[-1], (step.pk, 0))
        step.refresh_from_db()
        job.refresh_from_db()
        self.assertEqual((step.state, step.holder, step.attempts), (W, "", 0))
        self.assertEqual(job.state, "encoding")
        self.assertEqual(list(folders.workshop(job.version).glob(".*")), [], "a draft was left")

    def test_a_child_hears_what_its_parent_is_told(self):
        """The signal is the parent's; who does the work was forked before it came."""
        self.addCleanup(stopping.tell, False)
        here, there = os.pipe()
        child = os.fork()
        if not child:
            os.write(there, b"ready")
            with suppress(stopping.StoppingError):
                for _ in range(1000):
                    stopping.check()
                    time.sleep(0.01)
                os._exit(1)
            os._exit(0)
        self.assertEqual(os.read(here, 5), b"ready")
        worker_shutting_down.send("worker", sig="SIGTERM", how="Warm", exitcode=0)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)

    def test_what_ends_a_step_ends_its_ffmpeg(self):
        """Not only when it would have been done."""
        began = time.monotonic()
        with (
            patch("playback.video.process.TICK", 0.05),
            patch("playback.stopping._told", b"\x01"),
            self.assertRaises(stopping.StoppingError),
        ):
            process.run(["sleep", "60"], seconds=60, beat=lambda _: stopping.check())
        self.assertLess(time.monotonic() - began, 30)


class Leases(IngestTest):
    def step(self):
        return self.encoding().steps.get(name="720p")

    def test_a_step_is_one_workers(self):
        """A message that comes twice does nothing."""
        step = self.step()
        self.assertIsNotNone(leases.claim(step.pk))
        self.assertIsNone(leases.claim(step.pk))

    def test_a_dead_workers_step_is_anothers(self):
        """Once its lease has run out; coming back to life, the first finds out and stops."""
        step = self.step()
        first = leases.claim(step.pk)
        with self.later(minutes=2):
            second = leases.claim(step.pk)
            self.assertEqual(second.step.attempts, 2)
            with self.assertRaises(leases.LeaseLostError):
                first.beat(50)
            with self.assertRaises(leases.LeaseLostError):
                first.end(D)
            second.end(D, percent=100)

    def test_a_worker_that_lives_keeps_it(self):
        """Each beat renews it, and tells how far it is."""
        step = self.step()
        lease = leases.claim(step.pk)
        with self.later(seconds=50):
            lease.beat(40)
        with self.later(seconds=100):
            self.assertIsNone(leases.claim(step.pk))
        step.refresh_from_db()
        self.assertEqual(step.percent, 40)

    def test_who_is_hindered_after_losing_it_says_no_more(self):
        """The step is another's by then, who tries it anyway."""
        step = self.step()

        def stolen(*_: object, **__: object) -> None:
            Step.objects.filter(pk=step.pk).update(holder="another")
            raise Hindered("No room.")

        asked = len(self.asked)
        with (
            patch("playback.steps.process.run", stolen),
            self.assertLogs("playback.steps", "INFO") as said,
            self.captureOnCommitCallbacks(execute=True),
        ):
            steps.work(step.pk)
        self.assertIn("no longer ours", said.output[-1])
        step.refresh_from_db()
        self.assertEqual((step.state, step.holder, len(self.asked)), (R, "another", asked))

    def test_work_for_a_job_that_is_over_stops(self):
        """Another step failed meanwhile."""
        step = self.step()
        lease = leases.claim(step.pk)
        jobs.fail(step.job_id, Refused("No."))
        with self.later(seconds=20), self.assertRaises(leases.LeaseLostError):
            lease.beat(40)
        other = step.job.steps.get(name="360p")
        self.assertIsNone(leases.claim(other.pk))
        step.refresh_from_db()
        other.refresh_from_db()
        self.assertEqual((step.state, step.holder, other.state), (F, "", W))

    def test_a_step_that_was_taken_while_its_job_failed_is_over_too(self):
        """Neither transaction saw the other: its worker finds out, and says so."""
        step = self.step()
        lease = leases.claim(step.pk)
        Job.objects.filter(pk=step.job_id).update(state=Job.State.FAILED)
        with self.later(seconds=20), self.assertRaises(leases.LeaseLostError):
            lease.beat(40)
        step.refresh_from_db()
        self.assertEqual((step.state, step.holder), (F, ""))


class Reaper(IngestTest):
    def test_a_step_whose_worker_died_is_taken_up(self):
        """And after four deaths the job fails, with the reason."""
        job = self.encoding()
        step = job.steps.get(name="720p")
        leases.claim(step.pk)
        now = timezone.now()
        self.assertEqual(reaper.revive(now), (0, 0))
        with self.assertLogs("playback", "WARNING"), self.captureOnCommitCallbacks(execute=True):
            self.assertEqual(reaper.revive(now + timedelta(minutes=2)), (1, 0))
        self.assertEqual(self.asked[-1], (step.pk, 0))
        Step.objects.filter(pk=step.pk).update(state=R, attempts=4, due=now)
        with self.assertLogs("playback.jobs", "WARNING"):
            self.assertEqual(reaper.revive(now + timedelta(minutes=2))[1], 1)
        job.refresh_from_db()
        self.assertEqual(job.state, "failed")
        self.assertIn("died 4 times while it made 720p", job.reason)

    def test_a_job_whose_worker_died_between_two_states_goes_on(self):
        """All steps are done, and nobody said so."""
        job = self.encoding()
        job.steps.update(state=D)
        with self.captureOnCommitCallbacks(execute=True):
            reaper.revive(timezone.now())
        job.refresh_from_db()
        self.assertEqual((job.state, job.steps.filter(name="package").count()), ("packaging", 1))

    def test_an_old_version_goes_when_its_addresses_have_expired(self):
        """Not before: somebody may be watching."""
        asset = Asset.objects.create(slug="clip", title="Clip", version="one")
        for version in ("one", "two"):
            folders.version("clip", version).mkdir(parents=True)
        now = timezone.now()
        publishing.switch(asset, "two", MADE, now)
        self.assertEqual(reaper.remove_versions(now + timedelta(hours=6)), 0)
        self.assertEqual(reaper.remove_versions(now + timedelta(hours=7)), 1)
        self.assertEqual([p.name for p in (self.root / "clip").iterdir()], ["two"])
        self.assertEqual(Superseded.objects.count(), 0)

    def test_what_nobody_needs_goes_after_a_day(self):
        """Workshops, uploads, drafts and versions without an asset; not those in use."""
        job = self.begin()
        asset = Asset.objects.create(slug="clip", title="Clip", version="one")
        keep = [folders.workshop(job.version), folders.version(asset.slug, "one")]
        stale = [
            self.root / name
            for name in ("clip/two", "clip/.one.0a1b", ".ingest/upload-1-0a", ".ingest/gone")
        ]
        for path in (*keep, *stale):
            path.mkdir(parents=True, exist_ok=True)
        self.assertEqual(reaper.remove_workshops(timezone.now()), 0)
        with patch("playback.reaper.time.time", return_value=time.time() + 90_000):
            self.assertEqual(reaper.remove_workshops(timezone.now()), 4)
        self.assertTrue(all(path.exists() for path in keep))
        self.assertFalse(any(path.exists() for path in stale))

    def test_artwork_in_the_shared_files_stays(self):
        """However old it is: it is no version of a video."""
        made = Series.objects.get(slug="the-pier")
        Artwork.objects.create(
            series=made, kind="poster", file=ContentFile(b"picture", "a.png"), width=400, height=600
        )
        with patch("playback.reaper.time.time", return_value=time.time() + 90_000):
            self.assertEqual(reaper.remove_workshops(timezone.now()), 0)
        self.assertEqual(made.artwork.get().file.read(), b"picture")

    def test_the_cron_says_what_it_did(self):
        """In one line."""
        out = StringIO()
        call_command("reap_media", stdout=out)
        self.assertEqual(out.getvalue().strip(), "0 taken up, 0 given up, 0 removed")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


class Folders(IngestTest):
    def test_a_folder_is_there_whole_or_not_at_all(self):
        """What fails half-way leaves nothing."""
        target = self.root / "clip" / "one"
        with self.assertRaises(KeyError), folders.whole(target) as draft:
            (draft / "a").write_text("a")
            raise KeyError
        self.assertEqual(list(target.parent.iterdir()), [])
        with folders.whole(target) as draft:
            (draft / "a").write_text("a")
        self.assertEqual(names(target.parent), ["one"])

    def test_who_comes_second_leaves_the_first_in_place(self):
        """Both made the same."""
        target = self.root / "one"
        with folders.whole(target) as draft:
            (draft / "first").write_text("")
            with folders.whole(target) as other:
                (other / "second").write_text("")
        self.assertEqual(names(target), ["second"])
        self.assertEqual(names(self.root), ["one"])


class Publishing(IngestTest):
    def test_the_switch_is_one_and_can_be_done_twice(self):
        """Version, length, renditions and subtitles; the version before is remembered."""
        asset = Asset.objects.create(slug="clip", title="Clip")
        now = timezone.now()
        self.assertTrue(publishing.switch(asset, "one", MADE, now))
        self.assertFalse(publishing.switch(asset, "one", MADE, now))
        self.assertTrue(publishing.switch(asset, "two", MADE, now))
        asset.refresh_from_db()
        self.assertEqual((asset.version, asset.duration, asset.state), ("two", 60.0, "ready"))
        self.assertEqual(asset.renditions.count(), 1)
        self.assertEqual(
            [(s.language, s.label) for s in asset.subtitles.all()], [("en", "English")]
        )
        self.assertEqual([s.version for s in asset.superseded.all()], ["one"])

    def packaging(self):
        """The last step of a job whose version stands whole in the shared files."""
        job = self.encoding()
        Job.objects.filter(pk=job.pk).update(state="packaging")
        folders.version(job.asset.slug, job.version).mkdir(parents=True)
        MADE.write(folders.version(job.asset.slug, job.version))
        job.steps.update(state=D)
        return Step.objects.create(job=job, name="package", due=timezone.now())

    def assert_refused(self, slow):
        slow.job.refresh_from_db()
        self.assertEqual(slow.job.state, "failed")
        self.assertIn("A later upload", slow.job.reason)

    def assert_the_newer_is_played(self, slow, quick):
        self.assert_refused(slow)
        self.episode.refresh_from_db()
        self.assertEqual(self.episode.asset.version, quick.job.version)

    def test_an_older_upload_does_not_replace_a_newer_one(self):
        """It was only slower."""
        slow, quick = self.packaging(), self.packaging()
        for step in (quick, slow):
            steps.work(step.pk)
        quick.job.refresh_from_db()
        self.assertEqual(quick.job.state, "published")
        self.assert_the_newer_is_played(slow, quick)

    def test_nor_one_whose_state_is_not_known_yet(self):
        """A newer one has switched, and its worker has not brought the job forward so far."""
        slow, quick = self.packaging(), self.packaging()
        with patch("playback.jobs.advance"):
            steps.work(quick.pk)
        quick.job.refresh_from_db()
        self.assertEqual(quick.job.state, "packaging")
        steps.work(slow.pk)
        self.assert_the_newer_is_played(slow, quick)

    def test_nor_one_that_it_waited_for(self):
        """Which is later is asked once the asset is ours alone."""
        slow, quick = self.packaging(), self.packaging()
        lock = publishing.lock

        def waits(asset):
            with patch("playback.publishing.lock", lock):
                steps.work(quick.pk)
            return lock(asset)

        with patch("playback.publishing.lock", waits):
            steps.work(slow.pk)
        self.assert_refused(slow)


class Clips(IngestTest):
    def setUp(self):
        super().setUp()
        folder = self.root / "image" / "after-dark"
        (folder / "v1").mkdir(parents=True)
        (folder / "v1" / "master.m3u8").write_text("#EXTM3U\n")
        MADE.write(folder / "v1")
        about = {"title": "After Dark", "credit": "Us.", "genres": ["romance"], "version": "v1"}
        (folder / "clip.json").write_text(json.dumps(about))

    def publish(self):
        out = StringIO()
        call_command("publish_clips", str(self.root / "image"), stdout=out)
        return out.getvalue().strip()

    def test_every_episode_of_its_genres_plays_it(self):
        """Those with a video of their own keep it; done again, nothing changes."""
        own = Asset.objects.create(slug="own", title="Own", version="x")
        Episode.objects.filter(pk=self.episode.pk).update(asset=own)
        series("elsewhere", "ghost")
        self.assertEqual(self.publish(), "after-dark: 1 more episodes play it")
        self.assertEqual(self.publish(), "after-dark: 0 more episodes play it")
        counts = {a.slug: a.episodes.count() for a in Asset.objects.all()}
        self.assertEqual(counts, {"after-dark": 1, "own": 1})
        self.assertTrue((self.root / "after-dark" / "v1" / "master.m3u8").is_file())

    def test_an_image_without_clips_is_named(self):
        """With what to run instead."""
        with self.assertRaisesMessage(CommandError, "holds no clips"):
            call_command("publish_clips", str(self.root / "nowhere"))


class Command(IngestTest):
    def test_an_episode_is_named_by_its_place(self):
        """Or by its number; what is none is said so."""
        file = self.root / "film.mp4"
        file.write_bytes(b"video")
        out = StringIO()
        call_command("ingest", str(file), episode="the-pier/1/1", stdout=out)
        job = Job.objects.get()
        self.assertEqual(job.episode, self.episode)
        self.assertEqual(out.getvalue(), f"job {job.pk}: film.mp4 for The Pier 1.1\n")
        for name, told in (("the-pier/1/9", "no episode"), ("the-pier", "must be SERIES")):
            with self.subTest(name), self.assertRaisesMessage(CommandError, told):
                call_command("ingest", str(file), episode=name)
        with self.assertRaisesMessage(CommandError, "is no file here"):
            call_command("ingest", "/nowhere.mp4", episode="the-pier/1/1")

    def test_subtitles_are_named_with_their_language(self):
        """Which becomes part of a file's name."""
        file = self.root / "film.mp4"
        file.write_bytes(b"video")
        for text in ("ko", ":film.srt", "../../x:film.srt", "klingon:film.srt"):
            with self.subTest(text), self.assertRaisesMessage(CommandError, "LANGUAGE:FILE"):
                call_command("ingest", str(file), episode="the-pier/1/1", subtitles=[text])

    def test_subtitles_come_along(self):
        """One file a language."""
        for name in ("film.mp4", "ko.srt"):
            (self.root / name).write_bytes(b"x")
        call_command("ingest", str(self.root / "film.mp4"), episode="the-pier/1/1",
                     subtitles=[f"ko:{self.root / 'ko.srt'}"], stdout=StringIO())  # fmt: skip
        names = {p.name for p in folders.workshop(Job.objects.get().version).iterdir()}
        self.assertEqual(names, {"source", "source.ko"})


class EditorsPages(IngestTest):
    def setUp(self):
        super().setUp()
        self.editor = Viewer.objects.create_superuser("editor@example.net", "not a secret, a test")
        self.client.defaults["HTTP_HOST"] = "dramas.localhost"
        self.client.force_login(self.editor)

    def post(self, path, **options):
        return self.client.post(f"/admin/playback/job/upload/{path}", **options)

    def piece(self, name, offset, content):
        return self.post(f"{name}/{offset}/", data=content, content_type="application/octet-stream")

    def test_an_upload_in_pieces_becomes_a_job(self):
        """A piece that comes twice is not written twice; the file is byte for byte the same."""
        name = self.post("begin/", data={"size": 10}).json()["name"]
        self.assertEqual(self.piece(name, 0, b"01234").json(), {"size": 5})
        again = self.piece(name, 0, b"01234")
        self.assertEqual((again.status_code, again.json()["size"]), (409, 5))
        self.piece(name, 5, b"56789")
        done = self.post(f"{name}/finish/", data={"episode": self.episode.pk, "filename": "a.mp4"})
        job = Job.objects.get()
        self.assertEqual(done.json(), {"job": f"/admin/playback/job/{job.pk}/change/"})
        self.assertEqual((job.by, job.filename), (self.editor, "a.mp4"))
        self.assertEqual((folders.workshop(job.version) / "source").read_bytes(), b"0123456789")

    def test_it_is_as_large_as_was_said(self):
        """More is not taken, less is no video; the name that tells so cannot be changed."""
        name = self.post("begin/", data={"size": 10}).json()["name"]
        finish = {"episode": self.episode.pk}
        self.assertEqual(self.piece(name, 0, b"01234").json(), {"size": 5})
        early = self.post(f"{name}/finish/", data=finish)
        self.assertEqual((early.status_code, Job.objects.count()), (400, 0))
        self.assertIn("goes on at byte 5", early.json()["error"])
        more = self.piece(name, 5, b"567890")
        self.assertEqual(more.status_code, 400)
        self.assertIn("larger than was said", more.json()["error"])
        other = f"{name.partition('-')[0]}-999"
        self.assertIn("given up", self.piece(other, 5, b"567890").json()["error"])
        self.assertEqual(self.piece(name, 5, b"56789").json(), {"size": 10})
        self.assertEqual(self.post(f"{name}/finish/", data=finish).status_code, 200)

    def test_what_is_refused(self):
        """Too large, unknown, another's, of no episode: each with words."""
        name = self.post("begin/", data={"size": 1}).json()["name"]
        self.piece(name, 0, b"x")
        cases = (
            self.post("begin/", data={"size": 0}),
            self.post("begin/", data={"size": 1 << 50}),
            self.post("begin/", data={"size": "x"}),
            self.piece("0" * 16 + "-1", 0, b"x"),
            self.piece("0" * 16, 0, b"x"),
            self.piece("..", 0, b"x"),
            self.post(f"{name}/finish/", data={"episode": 0}),
            self.post(f"{'0' * 16}-1/finish/", data={"episode": self.episode.pk}),
        )
        for number, answer in enumerate(cases):
            with self.subTest(number):
                self.assertEqual(answer.status_code, 400)
                self.assertTrue(answer.json()["error"])

    def test_only_for_editors(self):
        """Who may not add jobs gets nowhere; who is not signed in, to the sign-in."""
        self.client.force_login(Viewer.objects.create_user("a@example.net", is_staff=True))
        self.assertEqual(self.post("begin/", data={"size": 1}).status_code, 403)
        self.client.logout()
        self.assertEqual(self.post("begin/", data={"size": 1}).status_code, 302)

    def test_jobs_and_videos_are_shown_with_what_an_editor_needs(self):
        """State, progress and reason in the list; the steps beside it; few queries."""
        failed, going = self.begin(), self.encoding()
        with self.assertLogs("playback.jobs", "WARNING"):
            jobs.fail(failed.pk, Refused("The file is empty: nothing arrived.", "ffmpeg said so"))
        going.steps.filter(name="720p").update(percent=50)
        listed = self.client.get("/admin/playback/job/")
        self.assertContains(listed, "The file is empty: nothing arrived.")
        self.assertContains(listed, "11 %</progress>")
        shown = self.client.get(f"/admin/playback/job/{failed.pk}/change/")
        self.assertContains(shown, "ffmpeg said so")
        self.assertNotContains(shown, "data-under-way")
        followed = self.client.get(f"/admin/playback/job/{going.pk}/change/")
        self.assertContains(followed, "data-under-way")
        self.assertRegex(followed.content.decode(), r'playback/follow[^"]*\.js" defer')
        self.assertEqual(self.client.get("/admin/playback/job/add/").status_code, 200)
        for page in ("/admin/playback/asset/", f"/admin/playback/asset/{going.asset_id}/change/"):
            self.assertContains(self.client.get(page), "The Pier 1.1")

    def test_a_video_is_watched_by_an_editor_whatever_its_rights(self):
        """Under addresses bound to the editor's browser; one without a version is none."""
        asset = Asset.objects.create(slug="clip", title="Clip", credit="By us.")
        page = f"/admin/playback/asset/{asset.pk}/preview/"
        self.assertEqual(self.client.get(page).status_code, 404)
        publishing.switch(asset, "one", MADE, timezone.now())
        shown = self.client.get(page)
        self.assertContains(shown, "By us.")
        self.assertRegex(shown.content.decode(), r"/playback/preview(\.\w+)?\.js")
        self.assertIn("media-src 'self' blob:", shown.headers["Content-Security-Policy"])
        binding = shown.cookies["tv_play"]
        self.assertTrue(binding["httponly"])
        expires = shown.context["playback"].expires
        folder = addresses.sign(
            settings.MEDIA_KEY, binding.value, int(expires.timestamp()), "clip", "one"
        )
        self.assertContains(shown, folder.address("master.m3u8"))
        self.assertContains(shown, folder.address("en.vtt"))
        self.assertNotIn("tv_play", self.client.get(page).cookies)

    def test_a_failed_job_is_tried_again(self):
        """By an action on the list; whose that was is recorded, of no job that is left alone."""
        job, going = self.begin(), self.begin()
        with self.assertLogs("playback.jobs", "WARNING"):
            jobs.fail(job.pk, Refused("No."))
        asked = {"action": "try_again", "_selected_action": [job.pk, going.pk]}
        answer = self.client.post("/admin/playback/job/", asked, follow=True)
        self.assertContains(answer, "1 of 2 jobs are tried again.")
        job.refresh_from_db()
        self.assertEqual(job.state, "queued")
        entry = LogEntry.objects.get()
        self.assertEqual((entry.user, entry.object_id), (self.editor, str(job.pk)))
        self.assertEqual(entry.object_repr, "film.mp4 for The Pier 1.1")
        self.assertEqual(entry.get_change_message(), "Tried again where it failed.")
