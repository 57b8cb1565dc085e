"""Taking up what dead workers left, and taking away what nobody can ask for any more."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from playback import flow, folders, jobs
from playback.models import Asset, Job, Step, Superseded
from playback.video.errors import Hindered

log = logging.getLogger(__name__)

UNHEARD = timedelta(minutes=3)
"""After which a step that nobody took is put into the queue again: the message may be lost."""
KEEP_FAILED = timedelta(days=7)
"""An editor may have a failed job tried again that long."""
ABANDONED = timedelta(days=1)
MARGIN = timedelta(minutes=20)
"""Addresses are rounded up to ten minutes, and a host's clock may be a little ahead."""


@dataclass(frozen=True)
class Reaped:
    taken_up: int
    failed: int
    removed: int


def reap(now: datetime) -> Reaped:
    taken_up, failed = revive(now)
    return Reaped(taken_up, failed, remove_versions(now) + remove_workshops(now))


def revive(now: datetime) -> tuple[int, int]:
    """Have steps done whose worker died or whose message was lost; give up on hopeless ones."""
    active = Step.objects.filter(job__state__in=flow.ACTIVE).select_related("job")
    taken_up = failed = 0
    for step in active.filter(state=Step.State.RUNNING, due__lt=now):
        if step.attempts >= flow.MOST_ATTEMPTS:
            jobs.fail(step.job_id, Hindered(jobs.LOST.format(step.attempts, step.name)))
            failed += 1
            continue
        # Only if it still is as it was seen: its worker may have come back to life.
        same = Step.objects.filter(pk=step.pk, holder=step.holder, due=step.due)
        if same.update(state=Step.State.WAITING, holder="", due=now):
            log.warning("step %s of job %s lost its worker", step.name, step.job_id)
            jobs.ask(step.pk)
            taken_up += 1
    lost = Q(asked=None) | Q(asked__lt=now - UNHEARD)
    for step in active.filter(lost, state=Step.State.WAITING, due__lte=now):
        jobs.ask(step.pk)
        taken_up += 1
    # Between the end of the last step and the next state a worker may have died, too.
    for job in Job.objects.filter(state__in=flow.ACTIVE):
        jobs.advance(job.pk)
    return taken_up, failed


def remove_versions(now: datetime) -> int:
    """Versions for which the last address has expired."""
    lifetime = timedelta(seconds=settings.MEDIA_ADDRESS_SECONDS) + MARGIN
    old = Superseded.objects.filter(since__lt=now - lifetime).select_related("asset")
    for row in old:
        if row.version != row.asset.version:
            folders.remove(folders.version(row.asset.slug, row.version))
        row.delete()
    return len(old)


def remove_workshops(now: datetime) -> int:
    """Workshops of jobs that are over, uploads that nobody came back to, and versions and drafts
    that no asset knows: their worker died before it could say so.

    Versions are folders. A file beside them, such as the artwork that editors upload, is not ours.
    """
    needed = Q(state__in=flow.ACTIVE) | Q(state=Job.State.FAILED, changed__gt=now - KEEP_FAILED)
    keep = {folders.workshop(name) for name in jobs_of(needed)}
    keep |= {folders.version(*names) for names in known_versions()}
    ingest = folders.ingest()
    ours = (p for p in folders.root().glob("*/*") if p.parent == ingest or p.is_dir())
    stale = [path for path in ours if path not in keep]
    gone = [path for path in stale if untouched(path) > ABANDONED / timedelta(seconds=1)]
    for path in gone:
        folders.remove(path)
    return len(gone)


def jobs_of(needed: Q) -> list[str]:
    return list(Job.objects.filter(needed).values_list("version", flat=True))


def known_versions() -> list[tuple[str, str]]:
    """As (slug, version): what plays, what may still be playing, what is about to."""
    return [
        *Asset.objects.exclude(version="").values_list("slug", "version"),
        *Superseded.objects.values_list("asset__slug", "version"),
        *Job.objects.filter(state__in=flow.ACTIVE).values_list("asset__slug", "version"),
    ]


def untouched(path: Path) -> float:
    """Seconds since it came here or changed."""
    try:
        return time.time() - path.stat().st_ctime
    except FileNotFoundError:
        return 0.0
