"""Keeping `Series.available`, and finding what windows changed of late."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from catalogue.models import Series
from rights.models import Window
from rights.reading import SERIES


@dataclass(frozen=True)
class Change:
    """Slugs of the series that went off and came on, and of those that any window changed for."""

    closed: tuple[str, ...]
    opened: tuple[str, ...]
    turned: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        return tuple(sorted({*self.closed, *self.opened, *self.turned}))


def is_open(now: datetime) -> Q:
    return Q(opens__lte=now) & (Q(closes=None) | Q(closes__gt=now))


def keys(windows: Q) -> set[int]:
    """Of the series that have such a window on any level."""
    return set(Window.objects.filter(windows).values_list(SERIES, flat=True))


def refresh(now: datetime, since: datetime | None = None) -> Change:
    """Bring `Series.available` in line with the windows, and find what turned since then."""
    on_air = keys(is_open(now))
    series = list(Series.objects.order_by("slug").values_list("pk", "slug", "available"))
    closing = {pk: slug for pk, slug, available in series if available and pk not in on_air}
    opening = {pk: slug for pk, slug, available in series if not available and pk in on_air}
    Series.objects.filter(pk__in=closing).update(available=False)
    Series.objects.filter(pk__in=opening).update(available=True)
    turned = keys(turns(since, now)) if since else set()
    return Change(
        tuple(closing.values()),
        tuple(opening.values()),
        tuple(slug for pk, slug, _ in series if pk in turned),
    )


def turns(since: datetime, now: datetime) -> Q:
    """Windows that opened or closed after `since`, for some country or tier at least."""
    return Q(opens__gt=since, opens__lte=now) | Q(closes__gt=since, closes__lte=now)
