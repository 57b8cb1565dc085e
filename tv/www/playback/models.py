"""Videos: what stands in the shared files for an episode to play, and how it comes there."""

import secrets

from django.conf import settings
from django.db import models


class Asset(models.Model):
    """A video that episodes play. Its files are those of one version, below `slug/version/`."""

    class State(models.TextChoices):
        EMPTY = "empty", "nothing to play yet"
        READY = "ready", "ready"

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    credit = models.CharField(
        max_length=300, blank=True, help_text="Whom to name where it plays, and its licence."
    )
    version = models.CharField(max_length=32, blank=True, editable=False)
    duration = models.FloatField(default=0, editable=False, help_text="Seconds.")
    published = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.title

    @property
    def state(self) -> State:
        return self.State.READY if self.version else self.State.EMPTY


class Rendition(models.Model):
    """One size of an asset's current version."""

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="renditions")
    name = models.CharField(max_length=8)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    bandwidth = models.PositiveIntegerField(help_text="Bits a second, at most.")
    codecs = models.CharField(max_length=60, help_text="As in RFC 6381.")

    class Meta:
        ordering = ("height",)
        constraints = [models.UniqueConstraint(fields=("asset", "name"), name="rendition_once")]

    def __str__(self) -> str:
        return self.name


class SubtitleTrack(models.Model):
    """Subtitles of an asset's current version."""

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="subtitles")
    language = models.CharField(max_length=12, help_text="BCP 47.")
    label = models.CharField(max_length=40, help_text="The language's name, in that language.")

    class Meta:
        ordering = ("language",)
        constraints = [models.UniqueConstraint(fields=("asset", "language"), name="subtitle_once")]

    def __str__(self) -> str:
        return self.label


class Superseded(models.Model):
    """A version that was replaced: addresses given out for it may still be in use."""

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="superseded")
    version = models.CharField(max_length=32)
    since = models.DateTimeField()

    class Meta:
        verbose_name_plural = "superseded"
        constraints = [models.UniqueConstraint(fields=("asset", "version"), name="superseded_once")]

    def __str__(self) -> str:
        return f"{self.asset_id}/{self.version}"


def new_version() -> str:
    """A name that no version had before; it is part of addresses."""
    return secrets.token_hex(6)


class Job(models.Model):
    """A file on its way to become a version of an asset."""

    class State(models.TextChoices):
        QUEUED = "queued"
        PROBING = "probing"
        ENCODING = "encoding"
        PACKAGING = "packaging"
        PUBLISHED = "published"
        FAILED = "failed"

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="jobs")
    episode = models.ForeignKey(
        "catalogue.Episode", models.SET_NULL, null=True, blank=True, related_name="jobs"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    filename = models.CharField(max_length=200, help_text="As the editor's machine called it.")
    version = models.CharField(max_length=32, unique=True, default=new_version, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it failed.")
    detail = models.TextField(blank=True, help_text="What ffmpeg said, condensed.")
    source = models.JSONField(null=True, help_text="What was found in the file.")
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-created",)
        indexes = [models.Index(fields=("state", "changed"))]

    def __str__(self) -> str:
        return f"{self.filename} for {self.asset}"


class Step(models.Model):
    """A part of a job that one worker does under a lease: probe, a rendition, …, package."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    job = models.ForeignKey(Job, models.CASCADE, related_name="steps")
    name = models.CharField(max_length=16)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    holder = models.CharField(max_length=32, blank=True)
    due = models.DateTimeField(help_text="While waiting, not before; running, the lease's end.")
    asked = models.DateTimeField(null=True, help_text="When it was put into the queue last.")

    class Meta:
        ordering = ("pk",)
        constraints = [models.UniqueConstraint(fields=("job", "name"), name="step_once")]
        indexes = [models.Index(fields=("state", "due"))]

    def __str__(self) -> str:
        return self.name
