"""A brand is a site of its own made of data: a domain, a look, and part of the catalogue."""

from django.db import models

from catalogue.models import Genre


class Theme(models.TextChoices):
    """Looks that the style sheet knows."""

    LANTERN = "lantern", "Lantern: warm, literary"
    LONGVIEW = "longview", "Longview: clear, exact"
    NIGHTJAR = "nightjar", "Nightjar: dark, narrow"


class Brand(models.Model):
    slug = models.SlugField(unique=True)
    domain = models.CharField(max_length=253, unique=True)
    name = models.CharField(max_length=60)
    tagline = models.CharField(max_length=120)
    description = models.CharField(max_length=300)
    theme = models.CharField(max_length=20, choices=Theme.choices)
    genres = models.ManyToManyField(
        Genre, related_name="brands", help_text="The brand shows series of these genres."
    )

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name
