"""`manage.py ingest FILE --episode …`: make a file what an episode plays."""

import time
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from catalogue.models import Episode
from playback import flow, jobs
from playback.models import Job
from playback.video.source import bcp47

POLL = 1.0


class Command(BaseCommand):
    help = "Queue a file to be encoded and published as an episode's video."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the video; it is copied")
        parser.add_argument(
            "--episode",
            required=True,
            metavar="SERIES/SEASON/NUMBER",
            help="such as copenhagen-with-love/1/2, or the episode's number in the admin",
        )
        parser.add_argument(
            "--subtitles",
            action="append",
            default=[],
            metavar="LANGUAGE:FILE",
            help="WebVTT or SubRip, such as ko:film.srt; may be given again",
        )
        parser.add_argument(
            "--wait",
            type=float,
            metavar="SECONDS",
            help="until it is published or failed, at most so long",
        )

    def handle(self, *, file: Path, episode: str, subtitles: list[str], wait: float | None,
               **_: object) -> None:  # fmt: skip
        texts = dict(self.subtitle(text) for text in subtitles)
        for path in (file, *texts.values()):
            if not path.is_file():
                raise CommandError(f"{path} is no file here: copy it to where this command runs")
        upload = jobs.Upload(file, file.name, texts, move=False)
        job = jobs.begin(upload, self.episode(episode))
        self.stdout.write(f"job {job.pk}: {job}")
        if wait:
            self.follow(job, time.monotonic() + wait)

    def subtitle(self, text: str) -> tuple[str, Path]:
        language, colon, path = text.partition(":")
        if not colon or bcp47(language) == "und":
            raise CommandError(f"--subtitles must be LANGUAGE:FILE, got {text!r}")
        return language, Path(path)

    def episode(self, name: str) -> Episode:
        found = Episode.objects.select_related("season__series")
        match name.split("/"):
            case [key] if key.isdigit():
                found = found.filter(pk=key)
            case [series, season, number] if season.isdigit() and number.isdigit():
                found = found.filter(
                    season__series__slug=series, season__number=season, number=number
                )
            case _:
                raise CommandError(f"--episode must be SERIES/SEASON/NUMBER, got {name!r}")
        one = found.first()
        if one is None:
            raise CommandError(f"there is no episode {name}")
        return one

    def follow(self, job: Job, end: float) -> None:
        """Print each state as it comes."""
        seen = ""
        while True:
            job.refresh_from_db()
            if job.state != seen:
                seen = job.state
                self.stdout.write(seen)
            if job.state == Job.State.FAILED:
                raise CommandError(f"{job.reason}\n{job.detail}".strip())
            if job.state not in flow.ACTIVE:
                return
            if time.monotonic() > end:
                raise CommandError("it goes on, but not while we wait: see the job in the admin")
            time.sleep(POLL)
