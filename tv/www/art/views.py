"""Artwork over HTTP: drawn on request, kept by browsers for as long as its address says."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse

from art import posters
from catalogue.models import Series
from ops.remembered import remembered

YEAR, MINUTE = 31_536_000, 60


def subject(slug: str) -> posters.Subject | None:
    row = (
        Series.objects.filter(slug=slug)
        .values_list(
            "slug", "title", "genre__slug", "genre__name", "genre__strand", "country__name"
        )
        .first()
    )
    return posters.Subject(*row) if row else None


def answer(request: HttpRequest, slug: str, draw: Callable[[posters.Subject], str]) -> HttpResponse:
    found = remembered(f"subject/{slug}", MINUTE, lambda: subject(slug))
    if found is None:
        raise Http404(slug)
    response = HttpResponse(draw(found), content_type="image/svg+xml")
    if request.GET.get("v") == posters.version(found.title):
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    else:
        # Also where the address is ahead of us: a title was edited a moment ago.
        response.headers["Cache-Control"] = f"public, max-age={MINUTE}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'none'"
    return response


def poster(request: HttpRequest, slug: str) -> HttpResponse:
    return answer(request, slug, posters.poster)


def scene(request: HttpRequest, slug: str) -> HttpResponse:
    return answer(request, slug, posters.wide)
