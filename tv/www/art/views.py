"""Artwork over HTTP: drawn on request, kept by browsers for as long as its address says."""

from collections.abc import Callable

from django.core.files.base import File
from django.http import FileResponse, Http404, HttpRequest, HttpResponse

from art import posters, uploads
from catalogue.models import Artwork, Series
from ops import lasting
from ops.remembered import remembered


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
    found = remembered(f"subject/{slug}", lasting.MINUTE, lambda: subject(slug))
    if found is None:
        raise Http404(slug)
    response = HttpResponse(draw(found), content_type="image/svg+xml")
    return closed(response, current=request.GET.get("v") == posters.version(found.title))


def closed(response: HttpResponse, *, current: bool) -> HttpResponse:
    """As a picture: what is opened by itself may load nothing."""
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'none'"
    return lasting.keep(response, current=current)


def poster(request: HttpRequest, slug: str) -> HttpResponse:
    return answer(request, slug, posters.poster)


def scene(request: HttpRequest, slug: str) -> HttpResponse:
    return answer(request, slug, posters.wide)


def uploaded(request: HttpRequest, slug: str, kind: str, version: str) -> HttpResponse:
    """What an editor uploaded; of another version than asked for, the one that there is."""
    found = Artwork.objects.filter(series__slug=slug, kind=kind).first()
    if found is None:
        raise Http404(slug)
    try:
        file = found.file.open("rb")
    except FileNotFoundError:
        raise Http404(slug) from None
    response = FileResponse(file, content_type=kind_of(file))
    return closed(response, current=version == found.version)


def kind_of(file: File) -> str:
    found = uploads.content_type(file.read(12))
    file.seek(0)
    return found or "application/octet-stream"
