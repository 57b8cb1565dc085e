"""What viewers of a brand look at just now.

Each view of a series page is counted in the cache. A Celery task turns the counts into an order
of titles and lets them fade, so that yesterday's favourite makes room. Counting is best effort:
without Redis or the queue pages work, and the row shows what is popular in general.
"""

import logging
from collections.abc import Mapping

from django.core.cache import cache

from brands.models import Brand
from catalogue import rows
from ops import requestid

log = logging.getLogger(__name__)

EVERY = 10
"""Seconds between two tasks of one brand, whatever the number of views."""
FADE = 0.9
"""What remains of a count from one task to the next."""
DAY = 86_400
MOST = 18


def order(scores: Mapping[str, float], views: Mapping[str, int]) -> dict[str, float]:
    """New scores, highest first: old ones faded, new views added, the smallest dropped."""
    titles = {*scores, *views}
    new = {slug: scores.get(slug, 0) * FADE + views.get(slug, 0) for slug in titles}
    kept = sorted(new, key=lambda slug: (-new[slug], slug))
    return {slug: round(new[slug], 3) for slug in kept[: 5 * MOST] if new[slug] >= 0.1}


def viewed(brand: str, slug: str) -> None:
    """Count a view, and have the order made anew unless that was done a moment ago."""
    key = f"views/{brand}/{slug}"
    if not cache.add(key, 1, DAY):
        try:
            cache.incr(key)
        except ValueError:  # taken by the task in between
            cache.add(key, 1, DAY)
    if cache.add(f"trending/queued/{brand}", 1, EVERY):
        enqueue(brand)


def enqueue(brand: str) -> None:
    """Beside the request: SQS may take seconds to answer, or to be found away."""
    requestid.beside(send, brand)


def send(brand: str) -> None:
    from audience.tasks import refresh_trending

    try:
        refresh_trending.apply_async((brand,), countdown=2)
    except Exception as error:  # noqa: BLE001  (botocore's, kombu's and the socket's own)
        log.warning("trending of %s is not queued: %s: %s", brand, type(error).__name__, error)


def slugs(brand: str) -> tuple[str, ...]:
    """The order as last made; empty before that."""
    return tuple(cache.get(f"trending/{brand}", {}))[:MOST]


def refresh(brand: Brand) -> dict[str, float]:
    """Take the views counted so far and make the order anew."""
    slugs = (listing.card.slug for listing in rows.stock(brand).listings)
    keys = {f"views/{brand.slug}/{slug}": slug for slug in slugs}
    counts = cache.get_many(keys)
    cache.delete_many(list(counts))
    views = {keys[key]: count for key, count in counts.items()}
    scores = order(cache.get(f"trending/{brand.slug}", {}), views)
    cache.set(f"trending/{brand.slug}", scores, DAY)
    return scores
