"""What is done in each step of a job. A step may be done twice, and by two workers at once."""

import logging
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalogue import caches
from catalogue.models import Episode
from playback import flow, folders, jobs, leases, publishing, stopping
from playback.leases import Lease
from playback.models import Job, Step
from playback.video import commands, ladder, package, playlists, process
from playback.video.errors import Hindered, Refused
from playback.video.manifest import Manifest
from playback.video.source import Source, bcp47, probe

log = logging.getLogger(__name__)


def work(pk: int) -> None:
    """Do the step, unless it is done or another's; whatever happens, the job knows it."""
    lease = leases.claim(pk)
    if lease is None:
        return
    try:
        attempt(lease)
    except leases.LeaseLostError:
        log.info("step %s of job %s is no longer ours", lease.step.name, lease.step.job_id)


def attempt(lease: Lease) -> None:
    """Do it, and tell the job how that went."""
    step = lease.step
    try:
        act(lease)
    except Refused as error:
        jobs.fail(step.job_id, error)
    except Hindered as error:
        hindered(lease, error)
    except OSError as error:
        hindered(lease, Hindered(f"The shared files failed: {error.strerror}.", str(error)))
    except stopping.StoppingError:
        left(lease)
    except leases.LeaseLostError:
        raise
    except Exception as error:
        log.exception("step %s of job %s failed in a way that is not known", step.name, step.job_id)
        name = type(error).__name__
        hindered(lease, Hindered(f"Making {step.name} failed unexpectedly ({name}).", str(error)))
    else:
        jobs.advance(step.job_id)


def act(lease: Lease) -> None:
    """Make what the step is for, if it is not there yet, and give the lease back."""
    job, name = lease.step.job, lease.step.name
    if name == flow.PROBE:
        look(lease, job)
    elif name == flow.PACKAGE:
        publish(lease, job)
    else:
        part = folders.workshop(job.version) / name
        if not part.is_dir():
            with folders.whole(part) as draft:
                MAKERS.get(name, make_rendition)(lease, job, draft)
        lease.end(Step.State.DONE, percent=100)


def hindered(lease: Lease, error: Hindered) -> None:
    """Try again in a while, or give up after some attempts."""
    step = lease.step
    if step.attempts >= flow.MOST_ATTEMPTS:
        jobs.fail(
            step.job_id, Hindered(f"{error.reason} (tried {step.attempts} times)", error.detail)
        )
        return
    pause = flow.wait(step.attempts)
    log.warning("step %s of job %s: %s Again in %s.", step.name, step.job_id, error.reason, pause)
    lease.end(Step.State.WAITING, due=timezone.now() + pause)
    jobs.ask(step.pk, countdown=pause / timedelta(seconds=1))


def left(lease: Lease) -> None:
    """For another worker, at once. That this one stops is none of the attempts that are counted."""
    step = lease.step
    log.info("step %s of job %s is left to another worker", step.name, step.job_id)
    attempts = F("attempts") - 1
    lease.end(Step.State.WAITING, due=timezone.now(), percent=0, attempts=attempts)
    jobs.ask(step.pk)


def source_file(job: Job) -> Path:
    path = folders.source(job.version)
    if not path.is_file():
        raise Refused("The uploaded file is no longer there. Upload it again.")
    return path


def look(lease: Lease, job: Job) -> None:
    """Find out what is in the file, and whether that can be encoded."""
    Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(state=Job.State.PROBING)
    found = probe(source_file(job))
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(source=found.plain())
        lease.end(Step.State.DONE, percent=100)


def bound(source: Source) -> float:
    """Seconds that ffmpeg may take: much more than it needs, and never without end."""
    return min(settings.INGEST_SECONDS, 120 + 20 * source.duration)


def run(lease: Lease, source: Source, argv: list[str]) -> None:
    def beat(seconds: float) -> None:
        stopping.check()
        lease.beat(int(100 * seconds / source.duration))

    process.run(argv, seconds=bound(source), beat=beat)


def make_rendition(lease: Lease, job: Job, folder: Path) -> None:
    source, rung = Source.read(job.source), ladder.rung(lease.step.name)
    run(lease, source, commands.rendition(source_file(job), source, rung, folder))
    package.check_whole(folder, rung, source)


def make_subtitles(lease: Lease, job: Job, folder: Path) -> None:
    """Those that were sent along, then those in the file; the first of a language counts."""
    source, path = Source.read(job.source), source_file(job)
    for sent in sorted(path.parent.glob(f"{folders.SOURCE}.*")):
        language = bcp47(sent.suffix.removeprefix("."))
        try:
            run(lease, source, commands.sent_subtitles(sent, folder / f"{language}.vtt"))
        except Refused as error:
            raise Refused(f"The subtitles ({language}) are neither WebVTT nor SubRip, or damaged.",
                          error.detail) from error  # fmt: skip
    for text in source.texts:
        to = folder / f"{text.language}.vtt"
        if not to.exists():
            run(lease, source, commands.subtitles(path, text.index, to))


def make_thumbnails(lease: Lease, job: Job, folder: Path) -> None:
    source = Source.read(job.source)
    run(lease, source, commands.sprite(source_file(job), source, folder / playlists.SPRITE))
    (folder / playlists.THUMBNAILS).write_text(playlists.thumbnails(source))


MAKERS: dict[str, Callable[[Lease, Job, Path], None]] = {
    flow.SUBTITLES: make_subtitles,
    flow.THUMBNAILS: make_thumbnails,
}


def publish(lease: Lease, job: Job) -> None:
    """Put the version together, whole and under its own name, then have the asset be it."""
    source = Source.read(job.source)
    place, target = folders.workshop(job.version), folders.version(job.asset.slug, job.version)
    if not target.is_dir():
        with folders.whole(target) as draft:
            parts = [place / name for name in flow.parts(source)]
            package.assemble(parts, source, ladder.rungs(source), draft)
    with transaction.atomic():
        publishing.lock(job.asset_id)
        if later_published(job):
            raise Refused("A later upload of this video has been published meanwhile.")
        publishing.switch(job.asset, job.version, Manifest.read(target), timezone.now())
        Episode.objects.filter(pk=job.episode_id).update(asset=job.asset)
        lease.end(Step.State.DONE, percent=100)
        transaction.on_commit(lambda: caches.published(job.asset_id))
    shutil.rmtree(place, ignore_errors=True)


def later_published(job: Job) -> bool:
    """Its last step is done with the switch; its state follows a moment later."""
    later = Job.objects.filter(asset=job.asset_id, created__gt=job.created)
    switched = Step.objects.filter(job__in=later, name=flow.PACKAGE, state=Step.State.DONE)
    return later.filter(state=Job.State.PUBLISHED).exists() or switched.exists()
