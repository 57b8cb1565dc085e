"""What there is to watch: series and films, their seasons and episodes, who made them.

A film is a series of one season with one episode, so that whatever can be played is an episode.
When, where and by whom it may be watched is the subject of `rights`.
"""

from django.db import models

from catalogue import slugs


class Strand(models.TextChoices):
    """How a genre looks and reads: its artwork and its words."""

    DRAMA = "drama"
    DOCUMENTARY = "documentary"
    HORROR = "horror"


class Kind(models.TextChoices):
    SERIES = "series"
    FILM = "film"


class Country(models.Model):
    """Where titles come from; where they may be watched is any country there is."""

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

    slug = models.SlugField(unique=True, validators=[slugs.check])
    name = models.CharField(max_length=80)
    country = models.ForeignKey(Country, models.PROTECT, related_name="partners")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Genre(models.Model):
    slug = models.SlugField(unique=True, validators=[slugs.check])
    name = models.CharField(max_length=40)
    strand = models.CharField(max_length=12, choices=Strand.choices)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order of rows on a page.")

    class Meta:
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    slug = models.SlugField(max_length=80, unique=True, validators=[slugs.check])
    name = models.CharField(max_length=80)
    country = models.ForeignKey(
        Country, models.PROTECT, related_name="people", null=True, blank=True
    )

    class Meta:
        ordering = ("name", "pk")
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name


class Series(models.Model):
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.SERIES)
    slug = models.SlugField(max_length=80, unique=True, validators=[slugs.check])
    title = models.CharField(max_length=80)
    original_title = models.CharField(
        max_length=120, blank=True, help_text="In the language and script of its country."
    )
    tagline = models.CharField(max_length=160)
    synopsis = models.TextField()
    year = models.PositiveSmallIntegerField()
    rating = models.CharField(max_length=3, help_text="Youngest age, or ALL.")
    genre = models.ForeignKey(Genre, models.PROTECT, related_name="series")
    country = models.ForeignKey(Country, models.PROTECT, related_name="series")
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="series")
    people = models.ManyToManyField(Person, through="Credit", related_name="series")
    popularity = models.PositiveIntegerField(default=0, help_text="Before any viewer has been.")
    added = models.DateField()
    available = models.BooleanField(
        "on air",
        default=False,
        help_text="Whether any window of it is open, for whomever; kept by expire_windows.",
    )

    class Meta:
        verbose_name_plural = "series"
        indexes = [models.Index(fields=("genre", "available", "-popularity"))]

    def __str__(self) -> str:
        return self.title


class Films(models.Manager):
    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(kind=Kind.FILM)


class Film(Series):
    """A series that is one film: one season, one episode."""

    objects = Films()

    class Meta:
        proxy = True


class Season(models.Model):
    """Number 0 holds the specials, which belong to no season's order."""

    SPECIALS = 0

    series = models.ForeignKey(Series, models.CASCADE, related_name="seasons")
    number = models.PositiveSmallIntegerField(help_text="0: specials.")
    year = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=("series", "number"), name="season_once")]

    def __str__(self) -> str:
        return f"Season {self.number}" if self.number else "Specials"


class Episode(models.Model):
    season = models.ForeignKey(Season, models.CASCADE, related_name="episodes")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=100)
    synopsis = models.CharField(max_length=300)
    duration = models.PositiveIntegerField(help_text="Seconds.")
    asset = models.ForeignKey(
        "playback.Asset", models.SET_NULL, null=True, blank=True, related_name="episodes"
    )

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=("season", "number"), name="episode_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def minutes(self) -> int:
        return round(self.duration / 60)


class Role(models.TextChoices):
    DIRECTOR = "director"
    WRITER = "writer"
    CAST = "cast", "Cast"
    PRESENTER = "presenter"


class Credit(models.Model):
    """Who did what in a series; in the order of the credits."""

    series = models.ForeignKey(Series, models.CASCADE, related_name="credits")
    person = models.ForeignKey(Person, models.PROTECT, related_name="credits")
    role = models.CharField(max_length=10, choices=Role.choices)
    character = models.CharField(max_length=80, blank=True, help_text="Of the cast.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=("series", "person", "role", "character"), name="credit_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.character or self.get_role_display()}"


class Artwork(models.Model):
    """A picture that an editor uploaded. Where there is none, one is drawn (see `art`)."""

    class Shape(models.TextChoices):
        POSTER = "poster", "Poster, 2:3, with the title"
        WIDE = "wide", "Wide, 16:9, without words"

    series = models.ForeignKey(Series, models.CASCADE, related_name="artwork")
    kind = models.CharField(max_length=6, choices=Shape.choices)
    file = models.FileField(upload_to="artwork/")
    version = models.CharField(max_length=16, editable=False, help_text="Of its content.")
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)

    class Meta:
        verbose_name_plural = "artwork"
        ordering = ("kind",)
        constraints = [models.UniqueConstraint(fields=("series", "kind"), name="artwork_once")]

    def __str__(self) -> str:
        return f"{self.series_id}: {self.kind}"
