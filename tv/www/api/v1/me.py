"""What is a viewer's own: never in a shared cache."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from api.problems import missing
from api.v1 import cursors, shapes
from api.v1.who import viewer
from catalogue.models import Series
from viewers import continuing, watchlist
from viewers.shelf import shelf_of

router = Router(tags=["me"])

PRIVATE = "private, no-store"


@router.get("", response=shapes.Account, **viewer("account"))
def account(request: HttpRequest, response: HttpResponse):
    """Who is signed in."""
    response.headers["Cache-Control"] = PRIVATE
    return shapes.account(request.user)


@router.get("/watchlist", response=shapes.Titles, **viewer("library"))
def watch_list(
    request: HttpRequest,
    response: HttpResponse,
    cursor: shapes.Cursor | None = None,
    limit: shapes.Limit = 20,
):
    """What the viewer means to watch and may watch here, that added last first."""
    after = cursors.after(cursor, (int,))
    cards = {card.key: card for card in shelf_of(request).cards}
    rows = request.user.watch_list.order_by("-pk").values_list("pk", "series")
    listed = [(-pk, cards[series]) for pk, series in rows if series in cards]
    response.headers["Cache-Control"] = PRIVATE
    page = cursors.page(listed, lambda item: item[:1], after, limit)
    return shapes.titles(cursors.Page([card for _, card in page.items], page.next))


@router.put("/watchlist/{slug}", response={204: None}, **viewer("library"))
def add(request: HttpRequest, slug: shapes.Slug):
    """Put a title on the watch list; one that is on it stays where it is."""
    watchlist.add(request.user, series_of(request, slug))


@router.delete("/watchlist/{slug}", response={204: None}, **viewer("library"))
def remove(request: HttpRequest, slug: shapes.Slug):
    """Take a title off the watch list, if it is on it."""
    watchlist.remove(request.user, series_of(request, slug))


@router.get("/continue", response=shapes.Continuing, **viewer("library"))
def continue_watching(request: HttpRequest, response: HttpResponse):
    """Where the viewer left off, and what comes next where an episode was finished."""
    response.headers["Cache-Control"] = PRIVATE
    return shapes.continuing(continuing.row(request))


def series_of(request: HttpRequest, slug: str) -> Series:
    """Also one that may not be watched just now: it may stand on a list since it could be."""
    found = Series.objects.filter(slug=slug, genre__brands=request.brand).first()
    if found is None:
        raise missing("title")
    return found
