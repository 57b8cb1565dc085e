"""Who watches, and who edits: one kind of account, signed in by address and password."""

import unicodedata
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone


class Tier(models.TextChoices):
    """What a viewer has paid for."""

    FREE = "free", "Free, with ads"
    PREMIUM = "premium", "Premium"


def plain(email: str) -> str:
    """An address as it is looked for and as attempts are counted, however it was typed."""
    return unicodedata.normalize("NFKC", email).strip().lower()


class Viewers(BaseUserManager["Viewer"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Viewer":
        """Without a password nobody can sign in to it."""
        viewer = self.model(email=self.normalize_email(email).lower(), **fields)
        viewer.set_password(password)
        viewer.save(using=self._db)
        return viewer

    def get_by_natural_key(self, email: str | None) -> "Viewer":
        """To the letter, where the database takes `é` for `e`: `plain` says who is one."""
        typed = plain(email or "")
        viewer = super().get_by_natural_key(typed)
        if plain(viewer.email) != typed:
            raise self.model.DoesNotExist
        return viewer

    def create_superuser(self, email: str, password: str, **fields: Any) -> "Viewer":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Viewer(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80, blank=True)
    tier = models.CharField(max_length=8, choices=Tier.choices, default=Tier.FREE)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May use the editors' pages.")
    joined = models.DateTimeField(default=timezone.now)

    objects = Viewers()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email


class WatchListItem(models.Model):
    """A title that a viewer means to watch. It is on the list on every brand that has it."""

    viewer = models.ForeignKey(Viewer, models.CASCADE, related_name="watch_list")
    series = models.ForeignKey("catalogue.Series", models.CASCADE, related_name="+")
    added = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-added", "-pk")
        constraints = [models.UniqueConstraint(fields=("viewer", "series"), name="listed_once")]

    def __str__(self) -> str:
        return f"{self.series_id} of {self.viewer_id}"
