"""The Celery application: `celery -A tv worker`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tv.settings")

app = Celery("tv")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_finalize.connect
def add_health(sender: Celery, **_: object) -> None:
    """Imported here, so that a web process does not load what only a worker needs."""
    from ops.workerhealth import WorkerHealth

    sender.steps["consumer"].add(WorkerHealth)
