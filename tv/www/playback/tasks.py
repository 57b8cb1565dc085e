"""Work for the queue `ingest`, which workers with ffmpeg take from."""

from celery import shared_task
from django.conf import settings

from ops.named import Named

# Before the worker forks, which imports this module first.
from playback import stopping  # noqa: F401


@shared_task(base=Named, time_limit=settings.INGEST_SECONDS + 120)
def work(step: int) -> None:
    """Do that step of a job. Done twice, the second finds it done or another's."""
    from playback import steps

    steps.work(step)
