"""`manage.py publish_clips`: give every episode without a video one of the demo's."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from playback import clips


class Command(BaseCommand):
    help = "Put the image's clips into the shared files and have episodes play them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", default=Path("/srv/clips"))

    def handle(self, *, folder: Path, **_: object) -> None:
        found = tuple(clips.read(folder))
        if not found:
            raise CommandError(f"{folder} holds no clips: this runs in the image `clips`")
        now = timezone.now()
        for clip in found:
            self.stdout.write(f"{clip.slug}: {clips.publish(clip, now)} more episodes play it")
