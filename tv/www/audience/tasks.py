"""Work for the queue."""

from celery import shared_task

from audience import trending
from brands.models import Brand
from ops.named import Named


@shared_task(base=Named)
def refresh_trending(slug: str) -> int:
    """Make the order of what is watched on that brand anew; how many titles it has.

    Done twice, what was counted fades once more and nothing is counted twice.
    """
    return len(trending.refresh(Brand.objects.get(slug=slug)))
