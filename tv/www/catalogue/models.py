"""What there is to watch: series, seasons, episodes, and when they may be shown."""

from django.db import models


class Strand(models.TextChoices):
    """How a genre looks and reads: its artwork and its words."""

    DRAMA = "drama"
    DOCUMENTARY = "documentary"
    HORROR = "horror"


class Country(models.Model):
    code = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(max_length=60)
    adjective = models.CharField(max_length=60)
    language = models.CharField(max_length=8, help_text="BCP 47, of original titles.")

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "countries"

    def __str__(self) -> str:
        return self.name


class Partner(models.Model):
    """Who licenses series to us."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    country = models.ForeignKey(Country, models.PROTECT, related_name="partners")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Genre(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=40)
    strand = models.CharField(max_length=12, choices=Strand.choices)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order of rows on a page.")

    class Meta:
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


class Series(models.Model):
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=80)
    original_title = models.CharField(max_length=120, blank=True)
    tagline = models.CharField(max_length=160)
    synopsis = models.TextField()
    year = models.PositiveSmallIntegerField()
    rating = models.CharField(max_length=3, help_text="Youngest age, or ALL.")
    genre = models.ForeignKey(Genre, models.PROTECT, related_name="series")
    country = models.ForeignKey(Country, models.PROTECT, related_name="series")
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="series")
    popularity = models.PositiveIntegerField(default=0, help_text="Before any viewer has been.")
    added = models.DateField()
    available = models.BooleanField(
        default=False, help_text="Whether a window is open; kept by expire_windows."
    )

    class Meta:
        verbose_name_plural = "series"
        indexes = [models.Index(fields=("genre", "available", "-popularity"))]

    def __str__(self) -> str:
        return self.title


class Season(models.Model):
    series = models.ForeignKey(Series, models.CASCADE, related_name="seasons")
    number = models.PositiveSmallIntegerField()
    year = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=("series", "number"), name="season_once")]

    def __str__(self) -> str:
        return f"{self.series_id}, season {self.number}"


class Episode(models.Model):
    season = models.ForeignKey(Season, models.CASCADE, related_name="episodes")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=100)
    synopsis = models.CharField(max_length=300)
    duration = models.PositiveIntegerField(help_text="Seconds.")

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=("season", "number"), name="episode_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def minutes(self) -> int:
        return round(self.duration / 60)


class Window(models.Model):
    """When a partner lets us show a series: from `opens`, until before `closes` or for good."""

    series = models.ForeignKey(Series, models.CASCADE, related_name="windows")
    opens = models.DateTimeField()
    closes = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("opens",)
        indexes = [models.Index(fields=("opens", "closes"))]

    def __str__(self) -> str:
        return f"{self.series_id}: {self.opens:%Y-%m-%d} to {self.closes or 'ever'}"
