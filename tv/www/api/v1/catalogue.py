"""What a brand shows: for most the same, so most of it is answered by nginx."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from api.problems import missing
from api.v1 import cursors, fresh, shapes
from api.v1.who import public
from audience import trending
from catalogue import rows, titles, videos
from catalogue.rows import Card
from rights.access import country_of, viewer_of
from viewers.shelf import shelf_of

router = Router(tags=["catalogue"])


@router.get("/brand", response=shapes.Brand, **public())
def brand(request: HttpRequest, response: HttpResponse):
    """The brand whose domain was asked."""
    found = shapes.Brand.from_orm(request.brand)
    return fresh.unchanged(request, response, found) or found


@router.get("/genres", response=shapes.Genres, **public())
def list_genres(request: HttpRequest, response: HttpResponse):
    """The brand's genres, in its order."""
    shelf = shelf_of(request)
    if same := fresh.unchanged(request, response, shelf.version):
        return same
    count = Counter(card.genre for card in shelf.cards)
    return shapes.genres(shelf.genres, count)


@router.get("/home", response=shapes.Home, **public())
def home(request: HttpRequest, response: HttpResponse):
    """The rows of the brand's home page."""
    shelf, popular = shelf_of(request), trending.slugs(request.brand.slug)
    if same := fresh.unchanged(request, response, shelf.version, popular):
        return same
    return shapes.home(rows.home(shelf, popular))


@router.get("/titles", response=shapes.Titles, **public())
def list_titles(
    request: HttpRequest,
    response: HttpResponse,
    genre: shapes.Slug | None = None,
    kind: shapes.Kind | None = None,
    country: shapes.CountryCode | None = None,
    cursor: shapes.Cursor | None = None,
    limit: shapes.Limit = 20,
):
    """What the caller may watch, the most popular first."""
    shelf, after = shelf_of(request), cursors.after(cursor, (int, str))
    if same := fresh.unchanged(request, response, shelf.version):
        return same
    found = [
        card
        for card in shelf.cards
        if (genre is None or card.genre == genre)
        and (kind is None or card.kind == kind)
        and (country is None or card.country == country)
    ]
    return shapes.titles(cursors.page(found, place, after, limit))


def place(card: Card) -> cursors.Place:
    """As shelves are ordered."""
    return (-card.popularity, card.slug)


@router.get("/titles/{slug}", response=shapes.TitleDetail, **public())
def title(request: HttpRequest, response: HttpResponse, slug: shapes.Slug):
    """A series or film with its episodes; each says whether the caller may play it now."""
    who, where = viewer_of(request), country_of(request)
    found = titles.find(request.brand, slug, where, who, timezone.now())
    if found is None:
        # Where a licence ended, this takes the title's place in caches: they must keep it, too.
        raise missing("title", {"Cache-Control": fresh.kept(request)})
    playable = videos.of(slug)
    if same := fresh.unchanged(request, response, *versions(found), playable):
        return same
    return shapes.detail(found, playable)


def versions(found: titles.Title) -> Iterator[object]:
    """All that the answer says; rights only as they were decided, for sets have no order."""
    yield {name: value for name, value in vars(found.series).items() if name[0] != "_"}
    yield found.series.genre.slug, found.series.partner.name
    yield found.credits, found.poster, found.wide
    for part in found.seasons:
        yield part.number, part.year
        yield [(*vars(replace(line, rights=None)).values(),) for line in part.episodes]
