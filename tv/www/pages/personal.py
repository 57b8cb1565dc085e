"""What of a page is one viewer's own. Of who is not signed in there is nothing, and the page is
everyone's: caches keep it. Nor is there any while the database is away, even if it
went while the page was being made."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.http import HttpRequest

from catalogue.models import Series
from catalogue.rows import Card, Shelf
from ops.outage import AWAY
from playback import progress
from rights.access import account_of
from viewers import continuing, watchlist
from viewers.continuing import Resume
from viewers.models import Viewer

log = logging.getLogger(__name__)
Own = TypeVar("Own")


@dataclass(frozen=True)
class Rows:
    """Above the rows that everyone gets."""

    resumes: tuple[Resume, ...] = ()
    listed: tuple[Card, ...] = ()


@dataclass(frozen=True)
class OfTitle:
    """On the page of one title."""

    resumed: int | None
    """The episode with which it goes on."""
    listed: bool
    progress: str
    token: str
    """Where the page's script asks how far each episode was watched, and with what."""


def rows(request: HttpRequest, shelf: Shelf) -> Rows:
    account = account_of(request)
    if account is None:
        return Rows()
    return unless_away(
        lambda: Rows(tuple(continuing.row(request)), watchlist.cards(account, shelf)), Rows()
    )


def of_title(request: HttpRequest, series: Series) -> OfTitle | None:
    account = account_of(request)
    if account is None:
        return None
    return unless_away(lambda: _of_title(request, account, series), None)


def unless_away(make: Callable[[], Own], otherwise: Own) -> Own:
    try:
        return make()
    except AWAY as error:
        log.warning("a page goes without what is its viewer's own: %s", error)
        return otherwise


def _of_title(request: HttpRequest, account: Viewer, series: Series) -> OfTitle:
    mine = (each.episode for each in continuing.row(request) if each.card.key == series.pk)
    name = progress.name(account)
    return OfTitle(
        resumed=next(mine, None),
        listed=watchlist.has(account, series),
        progress=f"/api/v1/progress/{name}",
        token=progress.token(name),
    )
