"""What pages say about when something may be watched, and by whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext

from rights.entitlement import Allowed, Denied, Reason

SOON = timedelta(days=30)
"""An end further away than this is no news."""


@dataclass(frozen=True)
class Hint:
    kind: str
    """How it looks."""
    text: str


def of(verdict: Allowed | Denied, now: datetime) -> Hint | None:
    """Nothing where the viewer may simply watch it."""
    if isinstance(verdict, Allowed):
        return leaving(verdict.until, now)
    if verdict.reason is Reason.PREMIUM:
        return Hint("premium", gettext("Premium"))
    if verdict.reason is Reason.NOT_YET and verdict.at:
        return Hint("coming", gettext("From %(day)s") % {"day": day(verdict.at)})
    return None


def leaving(until: datetime | None, now: datetime) -> Hint | None:
    if until is None or until - now > SOON:
        return None
    return Hint("leaving", gettext("Until %(day)s") % {"day": day(until)})


def day(moment: datetime) -> str:
    """Without the year: it is less than a month away, or names itself as coming."""
    return date_format(moment, "MONTH_DAY_FORMAT")
