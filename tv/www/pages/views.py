"""Pages. They find what to show, and leave how to the templates."""

from collections.abc import Mapping
from typing import Any, NoReturn

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext

from audience import trending
from catalogue import rows, titles
from ops.outage import AWAY
from ops.policy import plays
from pages import personal, titlepage, words
from rights.access import country_of, viewer_of
from viewers.shelf import shelf_of

CACHED = "public, max-age=0, s-maxage=1, stale-while-revalidate=5"
"""A shared cache may answer for a second, so that a crowd is one request; browsers ask again."""


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    response = render(request, template, dict(context), status=status)
    response.headers["Cache-Control"] = CACHED
    return response


def home(request: HttpRequest) -> HttpResponse:
    shelf = shelf_of(request)
    found = rows.home(shelf, trending.slugs(request.brand.slug))
    hero = found[0].cards[0] if found else None
    context = {
        "rows": found,
        "hero": hero,
        "mine": personal.rows(request, shelf),
        "genres": shelf.genres,
        "here": "home",
    }
    return page(request, "home.html", context)


def browse(request: HttpRequest, genre: str) -> HttpResponse:
    shelf = shelf_of(request)
    names = dict(shelf.genres)
    if genre not in names:
        raise Http404(genre)
    cards = [card for card in shelf.cards if card.genre == genre]
    context = {"title": names[genre], "cards": cards, "genres": shelf.genres, "here": genre}
    return page(request, "browse.html", context)


def series(request: HttpRequest, slug: str) -> HttpResponse:
    return season(request, slug, None)


def season(request: HttpRequest, slug: str, number: int | None) -> HttpResponse:
    """Without a number, the first season that there is."""
    country, viewer = country_of(request), viewer_of(request)
    title = titles.find(request.brand, slug, country, viewer, timezone.now())
    part = title and (title.seasons[0] if number is None else title.season(number))
    if title is None or part is None:
        raise Http404(slug)
    trending.viewed(request.brand.slug, slug)
    shelf = shelf_of(request)
    mine = personal.of_title(request, title.series)
    context = {
        "title": title,
        "series": title.series,
        "season": part,
        "begin": titlepage.beginning(title, part, mine.resumed if mine else None),
        "mine": mine,
        "crew": titlepage.crew(title.credits),
        "like": rows.like(shelf, slug, title.series.genre.slug, title.series.country_id),
        "genres": shelf.genres,
    }
    return page(request, "series.html", context)


@plays
def watch(request: HttpRequest, episode: int) -> HttpResponse:
    """The player. Whether this viewer may watch is asked by its script, which is told why not."""
    title, part, line = titles.playable(
        request.brand, episode, country_of(request), viewer_of(request), timezone.now()
    ) or missed(episode)
    context = {
        "title": title,
        "series": title.series,
        "episode": line,
        "label": titlepage.label(title, part, line),
        "words": words.player(),
    }
    return page(request, "watch.html", context)


def missed(what: object) -> NoReturn:
    raise Http404(what)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    context = {
        "heading": gettext("Not on the schedule"),
        "text": gettext("The page is not here, or its licence has ended."),
        "genres": genres(request),
    }
    return page(request, "notice.html", context, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    context = {
        "heading": gettext("We have lost the picture"),
        "text": gettext("The fault is ours and is being looked at. Please try again in a moment."),
    }
    response = render(request, "notice.html", context, status=500)
    response.headers["Cache-Control"] = "no-store"
    return response


def genres(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    """For the menu of a page that must not fail itself."""
    brand = getattr(request, "brand", None)
    try:
        return rows.stock(brand).genres if brand else ()
    except AWAY:
        return ()
