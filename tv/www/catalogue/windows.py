"""Whether a series may be shown now, and keeping that up to date in the catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from catalogue.models import Series, Window


def is_open(window: Window, now: datetime) -> bool:
    """From its first instant until before its last."""
    return window.opens <= now and (window.closes is None or now < window.closes)


def showable(windows: Iterable[Window], now: datetime) -> bool:
    """A series may be shown while any of its windows is open."""
    return any(is_open(window, now) for window in windows)


@dataclass(frozen=True)
class Change:
    """Slugs of the series that went off and came on."""

    closed: tuple[str, ...]
    opened: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.closed or self.opened)


def refresh(now: datetime) -> Change:
    """Bring `Series.available` in line with the windows."""
    window = Window.objects.filter(series=OuterRef("pk"), opens__lte=now).filter(
        Q(closes=None) | Q(closes__gt=now)
    )
    closing = Series.objects.filter(~Exists(window), available=True)
    opening = Series.objects.filter(Exists(window), available=False)
    change = Change(
        closed=tuple(closing.order_by("slug").values_list("slug", flat=True)),
        opened=tuple(opening.order_by("slug").values_list("slug", flat=True)),
    )
    Series.objects.filter(slug__in=change.closed).update(available=False)
    Series.objects.filter(slug__in=change.opened).update(available=True)
    return change
