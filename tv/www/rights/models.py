"""When, where and to whom a partner lets us show what it licensed."""

from django.db import models
from django.db.models import F, Q

from catalogue.models import Episode, Season, Series
from rights.countries import CountriesField, check_apart
from viewers.models import Tier

LEVELS = ("series", "season", "episode")


def one_level() -> Q:
    """Exactly one of the three is set."""
    found = Q()
    for level in LEVELS:
        found |= Q(**{f"{other}__isnull": other != level for other in LEVELS})
    return found


class Window(models.Model):
    """From `opens`, until before `closes` or for good.

    Windows of an episode, where there are any, count instead of those of its season, and these
    instead of those of its series.
    """

    series = models.ForeignKey(Series, models.CASCADE, "windows", null=True, blank=True)
    season = models.ForeignKey(Season, models.CASCADE, "windows", null=True, blank=True)
    episode = models.ForeignKey(Episode, models.CASCADE, "windows", null=True, blank=True)
    opens = models.DateTimeField(help_text="UTC.")
    closes = models.DateTimeField(null=True, blank=True, help_text="UTC; empty: for good.")
    include = CountriesField("only in", help_text="Country codes; empty: everywhere.")
    exclude = CountriesField("not in", help_text="Country codes.")
    tier = models.CharField(max_length=8, choices=Tier.choices, default=Tier.FREE)

    class Meta:
        ordering = ("opens", "pk")
        indexes = [
            models.Index(fields=("opens",), name="window_opens"),
            models.Index(fields=("closes",), name="window_closes"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=one_level(),
                name="window_of_one_level",
                violation_error_message="Give a series, a season or an episode, and only one.",
            ),
            models.CheckConstraint(
                condition=Q(closes=None) | Q(closes__gt=F("opens")),
                name="window_closes_after_it_opens",
                violation_error_message="It must close after it opens.",
            ),
        ]

    def __str__(self) -> str:
        until = f"{self.closes:%Y-%m-%d %H:%M}" if self.closes else "ever"
        return f"{self.opens:%Y-%m-%d %H:%M} to {until}, {self.tier}{self.where}"

    @property
    def where(self) -> str:
        only = f", only in {self.include}" if self.include else ""
        without = f", not in {self.exclude}" if self.exclude else ""
        return only + without

    def clean(self) -> None:
        check_apart(self.include, self.exclude)
