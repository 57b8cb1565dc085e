"""Windows as partners grant them: most for the world and for good, some not.

Each title draws from a source of its own, so that what is licensed changes nothing of what is
told (see `plan.py`).
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from catalogue.generator.rows import SeasonRow, WindowRow

REGIONS = (
    "AU CA GB IE NZ US",
    "AR BO BR CA CL CO EC MX PE PY US UY VE",
    "AT BE CH DE DK ES FI FR GB IE IT NL NO PL PT SE",
    "HK ID JP KR MO MY PH SG TH TW VN",
    "CA US",
    "AE BD IN LK NP PK",
)
DAY = timedelta(days=1)
EXCLUSIVE = 120 * DAY
"""How long some titles are for premium viewers alone."""


def midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)


def make_window(random: Random, added: date) -> WindowRow:
    """Most may be shown for years or for good; some have ended, a few are still to come."""
    opens = midnight(added)
    fate = random.random()
    if fate < 0.02:
        return WindowRow(opens + timedelta(days=365 * 12))
    if fate < 0.08:
        return WindowRow(opens - timedelta(days=1000), opens - DAY)
    if fate < 0.40:
        closes = datetime(2026, 7, 1, tzinfo=UTC) + timedelta(hours=random.randrange(24 * 1800))
        return WindowRow(opens, closes)
    return WindowRow(opens)


def terms(random: Random, window: WindowRow, country: str) -> tuple[WindowRow, ...]:
    """Where and to whom that window is granted; `country` is where the title comes from."""
    fate = random.random()
    if fate < 0.05:
        window = replace(window, exclude=country)
    elif fate < 0.08:
        window = replace(window, exclude=" ".join(sorted(random.sample(["CN", "FR", "JP"], 2))))
    elif fate < 0.19:
        window = replace(window, include=random.choice(REGIONS))
    fate = random.random()
    if fate < 0.16:
        return (replace(window, tier="premium"),)
    if fate < 0.24:
        free = window.opens + EXCLUSIVE
        if window.closes is None or free < window.closes:
            return (replace(window, tier="premium"), replace(window, opens=free))
    return (window,)


def of_parts(
    random: Random, series: tuple[WindowRow, ...], seasons: tuple[SeasonRow, ...]
) -> tuple[SeasonRow, ...]:
    """Windows of single seasons and episodes, where they differ from those of the series."""
    premium = all(window.tier == "premium" for window in series)
    fate = random.random()
    parts = list(seasons)
    if premium and fate < 0.3:
        # The first episode is for everyone, to whet the appetite.
        parts[0] = opened(parts[0], replace(series[0], tier="free"))
    elif not premium and len(parts) > 1 and fate < 0.25:
        # The latest season is for premium viewers.
        latest = max(range(len(parts)), key=lambda index: parts[index].number)
        window = replace(series[-1], tier="premium")
        parts[latest] = replace(parts[latest], windows=(window,))
    return tuple(parts)


def opened(season: SeasonRow, window: WindowRow) -> SeasonRow:
    first, *rest = season.episodes
    return replace(season, episodes=(replace(first, windows=(window,)), *rest))
