"""Letting go of what the caches hold of a title, after an edit or when a window turned."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from brands.models import Brand
from catalogue import rows, titles, videos
from catalogue.models import Series
from ops import replica
from rights import availability
from search.titles import forget_people


def forget(slugs: Iterable[str]) -> None:
    """Of these series, on every brand; other processes follow within two seconds."""
    slugs = tuple(slugs)
    for brand in Brand.objects.values_list("slug", flat=True) if slugs else ():
        rows.forget(brand)
        forget_people(brand)
        for slug in slugs:
            titles.forget(brand, slug)
    for slug in slugs:
        videos.forget(slug)


def settle(slugs: Iterable[str]) -> None:
    """Bring everything that is derived from these series in line with an edit.

    Once it is committed: what is forgotten sooner, another process would read as it was before.
    """
    slugs = tuple(slugs)
    transaction.on_commit(lambda: settled(slugs))


def settled(slugs: tuple[str, ...]) -> None:
    replica.edited()
    forget((*slugs, *availability.refresh(timezone.now()).every))


def published(asset: int) -> None:
    """Of the series that play the asset of this key: it has another video."""
    replica.edited()
    playing = Series.objects.filter(seasons__episodes__asset=asset)
    for slug in set(playing.values_list("slug", flat=True)):
        videos.forget(slug)
