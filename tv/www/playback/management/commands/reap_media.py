"""`manage.py reap_media`: take up what dead workers left, remove what nobody needs (cron)."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from playback import reaper


class Command(BaseCommand):
    help = "Have steps of dead workers done by others; remove superseded versions and old uploads."

    def handle(self, **_: object) -> None:
        found = reaper.reap(timezone.now())
        self.stdout.write(
            f"{found.taken_up} taken up, {found.failed} given up, {found.removed} removed"
        )
