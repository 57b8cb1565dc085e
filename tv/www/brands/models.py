"""A brand is a site of its own made of data: a domain, a look, and part of the catalogue."""

from django.db import models

from brands import colours
from catalogue import slugs
from catalogue.models import Genre
from viewers.models import Tier


class Theme(models.TextChoices):
    """Looks that the style sheet knows."""

    LANTERN = "lantern", "Lantern: warm, literary"
    LONGVIEW = "longview", "Longview: clear, exact"
    NIGHTJAR = "nightjar", "Nightjar: dark, narrow"


def every_tier() -> list[str]:
    return list(Tier.values)


class Brand(models.Model):
    slug = models.SlugField(unique=True, validators=[slugs.check])
    domain = models.CharField(max_length=253, unique=True)
    name = models.CharField(max_length=60)
    tagline = models.CharField(max_length=120)
    description = models.CharField(max_length=300)
    theme = models.CharField(
        max_length=20, choices=Theme.choices, help_text="Typefaces, a mark, and colours."
    )
    colours = models.JSONField(
        default=dict,
        blank=True,
        validators=[colours.check],
        help_text=f"Instead of the theme's, as #15101b: {', '.join(colours.NAMES)}.",
    )
    genres = models.ManyToManyField(
        Genre, related_name="brands", help_text="The brand shows series of these genres."
    )
    tiers = models.JSONField(
        default=every_tier,
        help_text="What it offers viewers. Without premium, what asks for it is not shown.",
    )

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name
