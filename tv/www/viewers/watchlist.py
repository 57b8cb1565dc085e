"""What viewers mean to watch: one list over all brands, shown as far as a brand has it."""

from catalogue.models import Series
from catalogue.rows import Card, Shelf
from viewers.models import Viewer, WatchListItem

MOST = 500
"""Titles on a list; beyond that the oldest goes."""


def add(viewer: Viewer, series: Series) -> None:
    """Put it on top, unless it is on the list already."""
    _, new = WatchListItem.objects.get_or_create(viewer=viewer, series=series)
    if new:
        kept = viewer.watch_list.values_list("pk", flat=True)[:MOST]
        viewer.watch_list.exclude(pk__in=list(kept)).delete()


def remove(viewer: Viewer, series: Series) -> None:
    viewer.watch_list.filter(series=series).delete()


def has(viewer: Viewer, series: Series) -> bool:
    return viewer.watch_list.filter(series=series).exists()


def cards(viewer: Viewer, shelf: Shelf) -> tuple[Card, ...]:
    """What is on the list and may be watched here, that added last first. What may not stays on
    the list: its window may open again, or the viewer come home."""
    known = {card.key: card for card in shelf.cards}
    wanted = viewer.watch_list.values_list("series", flat=True)
    return tuple(known[key] for key in wanted if key in known)
