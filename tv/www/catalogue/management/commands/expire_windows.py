"""`manage.py expire_windows`: take series off and put them on as their windows say (cron)."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from brands.models import Brand
from catalogue import rows, titles, windows


class Command(BaseCommand):
    help = "Bring what may be watched in line with the windows, in the database and the cache."

    def handle(self, **_: object) -> None:
        change = windows.refresh(timezone.now())
        if change:
            for brand in Brand.objects.values_list("slug", flat=True):
                rows.forget(brand)
                for series in (*change.closed, *change.opened):
                    titles.forget(brand, series)
        self.stdout.write(f"{len(change.closed)} went off, {len(change.opened)} came on")
