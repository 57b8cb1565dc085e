"""Jobs: begun from a file, brought forward step by step, failed with a reason, tried again."""

import logging
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from catalogue.models import Episode
from playback import flow, folders
from playback.models import Asset, Job, Step, new_version
from playback.video.errors import VideoError
from playback.video.source import Source
from viewers.models import Viewer

log = logging.getLogger(__name__)

LOST = "The worker died {} times while it made {}: perhaps the video needs more memory than it has."


@dataclass(frozen=True)
class Upload:
    """A file that shall become what an episode plays. `subtitles` are files by language.

    With `move`, the files are ours and on the same disk, and are taken; else they are copied.
    """

    path: Path
    filename: str
    subtitles: Mapping[str, Path]
    move: bool


def begin(upload: Upload, episode: Episode, by: Viewer | None = None) -> Job:
    """A job with its workshop; nothing plays anything else before it is done."""
    name = new_version()
    with folders.whole(folders.workshop(name)) as draft:
        place = shutil.move if upload.move else shutil.copyfile
        place(upload.path, draft / folders.SOURCE)
        for language, path in upload.subtitles.items():
            place(path, draft / f"{folders.SOURCE}.{language}")
    with transaction.atomic():
        job = Job.objects.create(
            asset=own_asset(episode), episode=episode, by=by, version=name,
            filename=upload.filename[-200:],
        )  # fmt: skip
        add_steps(job, (flow.PROBE,), timezone.now())
    return job


def own_asset(episode: Episode) -> Asset:
    """The asset of this episode alone. It may share another, which it plays until then."""
    asset, _ = Asset.objects.get_or_create(
        slug=f"episode-{episode.pk}", defaults={"title": title(episode)[:120]}
    )
    return asset


def title(episode: Episode) -> str:
    """Such as `The Pier 1.2`."""
    season = episode.season
    return f"{season.series.title} {season.number}.{episode.number}"


def add_steps(job: Job, names: Iterable[str], now: datetime) -> None:
    """Make the steps and have workers do them, once all of this is committed."""
    for name in names:
        step, _ = Step.objects.get_or_create(job=job, name=name, defaults={"due": now})
        ask(step.pk)


def ask(step: int, countdown: float = 0) -> None:
    """Put the step into the queue. Where that fails, the reaper does it later."""
    transaction.on_commit(lambda: _send(step, countdown))


def _send(step: int, countdown: float) -> None:
    from playback.tasks import work

    try:
        work.apply_async((step,), countdown=countdown)
    except Exception as error:  # noqa: BLE001  (botocore's, kombu's and the socket's own)
        log.warning("step %s is not queued: %s: %s", step, type(error).__name__, error)
    else:
        Step.objects.filter(pk=step).update(asked=timezone.now() + timedelta(seconds=countdown))


@transaction.atomic
def advance(pk: int) -> None:
    """Take the job to where its steps allow. One at a time: two may have ended at once."""
    job = Job.objects.select_for_update().get(pk=pk)
    source = Source.read(job.source) if job.source else None
    move = flow.move(job.state, dict(job.steps.values_list("name", "state")), source)
    if move is None:
        return
    job.state = move.state
    job.save(update_fields=("state", "changed"))
    add_steps(job, move.begin, timezone.now())
    log.info("job %s is %s", job.pk, job.state)


@transaction.atomic
def fail(pk: int, error: VideoError) -> None:
    """End it, with what an editor needs to know. Whoever still works on it notices."""
    ended = Job.objects.filter(pk=pk, state__in=flow.ACTIVE).update(
        state=Job.State.FAILED, reason=error.reason[:300], detail=error.detail,
        changed=timezone.now(),
    )  # fmt: skip
    if ended:
        Step.objects.filter(job=pk, state=Step.State.RUNNING).update(
            state=Step.State.FAILED, holder=""
        )
        log.warning("job %s failed: %s", pk, error.reason)


@transaction.atomic
def retry(pk: int) -> bool:
    """Have a failed job go on where it was; not where its source is gone."""
    job = Job.objects.select_for_update().get(pk=pk)
    if job.state != Job.State.FAILED or not folders.source(job.version).exists():
        return False
    left = job.steps.exclude(state=Step.State.DONE)
    left.update(state=Step.State.WAITING, attempts=0, percent=0, holder="", due=timezone.now())
    job.state = flow.resumed(dict(job.steps.values_list("name", "state")))
    job.reason = job.detail = ""
    job.save()
    for step in left.values_list("pk", flat=True):
        ask(step)
    return True
