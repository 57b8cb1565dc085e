"""`manage.py expire_windows`: take titles off and put them on as their windows say (cron)."""

from datetime import timedelta

from django.core.cache import cache
from django.core.management.base import BaseCommand
from django.utils import timezone

from catalogue import caches
from rights import availability

LOOKED = "rights/looked"
"""When the windows were last looked at."""
BACK = timedelta(hours=1)
"""How far to look back where that is not known; forgetting twice does no harm."""


class Command(BaseCommand):
    help = "Bring what may be watched in line with the windows, in the database and the caches."

    def handle(self, **_: object) -> None:
        now = timezone.now()
        change = availability.refresh(now, cache.get(LOOKED) or now - BACK)
        caches.forget(change.every)
        cache.set(LOOKED, now, 24 * 3600)
        self.stdout.write(
            f"{len(change.closed)} went off, {len(change.opened)} came on, "
            f"{len(change.turned)} changed for some"
        )
