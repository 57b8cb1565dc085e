"""What the page of a title says besides the title itself. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_lazy

from catalogue.models import Season
from catalogue.titles import CreditLine, EpisodeLine, SeasonPart, Title

ROLES = {
    "director": gettext_lazy("Directed by"),
    "writer": gettext_lazy("Written by"),
    "presenter": gettext_lazy("Presented by"),
    "cast": gettext_lazy("With"),
}
"""In the order of the page."""


@dataclass(frozen=True)
class Beginning:
    """Which episode the page's first button plays."""

    key: int
    text: str


def beginning(title: Title, shown: SeasonPart, resumed: int | None) -> Beginning | None:
    """Where this viewer left off; else the first of the season shown that may be watched, or of
    any other. None where nothing may be."""
    places = [(part, line) for part in (shown, *title.seasons) for line in part.episodes]
    allowed = [(part, line) for part, line in places if line.allowed]
    for part, line in allowed:
        if line.key == resumed:
            return Beginning(line.key, text(title, part, line, gettext("Continue")))
    if not allowed:
        return None
    part, line = allowed[0]
    return Beginning(line.key, text(title, part, line, gettext("Watch")))


def text(title: Title, part: SeasonPart, line: EpisodeLine, verb: str) -> str:
    """Of a film, the verb says it all."""
    return verb if title.film else f"{verb}: {place(part.number, line.number)}"


def place(season: int, number: int) -> str:
    """`S2 E3`, or `Special 3`."""
    if season == Season.SPECIALS:
        return gettext("Special %(episode)s") % {"episode": number}
    return gettext("S%(season)s E%(episode)s") % {"season": season, "episode": number}


def label(title: Title, part: SeasonPart, line: EpisodeLine) -> str:
    """`S2 E3 · What the tide brought`: what plays, under the title's name."""
    return "" if title.film else f"{place(part.number, line.number)} · {line.title}"


def crew(lines: Iterable[CreditLine]) -> list[tuple[str, list[CreditLine]]]:
    by_role = defaultdict(list)
    for credit in lines:
        by_role[credit.role].append(credit)
    return [(label, by_role[role]) for role, label in ROLES.items() if by_role[role]]
