"""Which episodes of a title have a video, and in which languages its subtitles are."""

from collections.abc import Mapping

from catalogue.models import Episode
from catalogue.titles import FRESH
from ops import remembered as kept
from ops import replica

Videos = Mapping[int, tuple[str, ...]]
"""Languages of subtitles, by the episodes that have a video."""


def of(slug: str) -> Videos:
    return kept.remembered(f"videos/{slug}", FRESH, lambda: read(slug))


def forget(slug: str) -> None:
    kept.forget(f"videos/{slug}")


@replica.reads
def read(slug: str) -> Videos:
    """In one query, however many episodes have a video."""
    found: dict[int, tuple[str, ...]] = {}
    rows = Episode.objects.filter(season__series__slug=slug, asset__version__gt="")
    for key, language in rows.values_list("pk", "asset__subtitles__language"):
        found[key] = found.get(key, ()) + ((language,) if language else ())
    return found
