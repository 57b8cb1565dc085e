"""Tasks that exercise the queue itself."""

import logging
import time

from celery import Task, shared_task

from ops.named import Named

log = logging.getLogger(__name__)


@shared_task(base=Named, bind=True)
def drill(self: Task, seconds: float) -> None:
    """Hold a worker for so long, and log when that began and was done: see `manage.py drill`."""
    log.info("drill %s began", self.request.id)
    time.sleep(seconds)
    log.info("drill %s is done", self.request.id)
