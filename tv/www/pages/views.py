"""Pages. They find what to show, and leave how to the templates."""

from collections.abc import Mapping
from typing import Any

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from audience import trending
from catalogue import rows, titles

CACHED = "public, max-age=0, s-maxage=1, stale-while-revalidate=5"
"""A shared cache may answer for a second, so that a crowd is one request; browsers ask again."""


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    response = render(request, template, dict(context), status=status)
    response.headers["Cache-Control"] = CACHED
    return response


def home(request: HttpRequest) -> HttpResponse:
    shelf = rows.shelf(request.brand)
    found = rows.home(shelf, trending.slugs(request.brand.slug))
    hero = found[0].cards[0] if found else None
    return page(request, "home.html", {"rows": found, "hero": hero, "genres": shelf.genres})


def browse(request: HttpRequest, genre: str) -> HttpResponse:
    shelf = rows.shelf(request.brand)
    names = dict(shelf.genres)
    if genre not in names:
        raise Http404(genre)
    cards = [card for card in shelf.cards if card.genre == genre]
    context = {"title": names[genre], "cards": cards, "genres": shelf.genres, "here": genre}
    return page(request, "browse.html", context)


def series(request: HttpRequest, slug: str) -> HttpResponse:
    return season(request, slug, 1)


def season(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    title = titles.find(request.brand, slug, timezone.now())
    part = title.season(number) if title else None
    if title is None or part is None:
        raise Http404(slug)
    trending.viewed(request.brand.slug, slug)
    shelf = rows.shelf(request.brand)
    context = {
        "title": title,
        "series": title.series,
        "season": part,
        "art": rows.version(title.series.title),
        "like": rows.like(shelf, slug, title.series.genre.slug, title.series.country_id),
        "genres": shelf.genres,
    }
    return page(request, "series.html", context)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    context = {
        "heading": "Not on the schedule",
        "text": "The page is not here, or its licence has ended.",
        "genres": genres(request),
    }
    return page(request, "notice.html", context, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    context = {
        "heading": "We have lost the picture",
        "text": "The fault is ours and is being looked at. Please try again in a moment.",
    }
    response = render(request, "notice.html", context, status=500)
    response.headers["Cache-Control"] = "no-store"
    return response


def genres(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    """For the menu of a page that must not fail itself."""
    brand = getattr(request, "brand", None)
    try:
        return rows.shelf(brand).genres if brand else ()
    except DatabaseError:
        return ()
