"""What stands around every page: the health check, the host's name, the database's absence."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext

from ops import health
from ops.outage import AWAY

log = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]


class Health:
    """Answers `/healthz` whatever the Host header: checks come by address."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path != "/healthz":
            return self.handler(request)
        return JsonResponse(health.report(), headers={"Cache-Control": "no-store"})


class DatabaseAway:
    """A page that needs the database while it is away: 503, and come again.

    Django hands views' errors to it, and makes a 500 of those of other middleware at once: they
    answer with `unavailable` themselves.
    """

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.handler(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return unavailable(request, error) if isinstance(error, AWAY) else None


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    log.warning("%s needs the database: %s", request.path, error)
    return come_again(
        request, gettext("We will be right back"), gettext("Please try again in a moment."), 5
    )


def come_again(request: HttpRequest, heading: str, text: str, seconds: int) -> HttpResponse:
    """503: something that the page needs is away."""
    response = render(request, "notice.html", {"heading": heading, "text": text}, status=503)
    response.headers["Retry-After"] = str(seconds)
    response.headers["Cache-Control"] = "no-store"
    return response


class ServedBy:
    """Names the host that made the answer."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.handler(request)
        response.headers["X-Served-By"] = settings.HOST
        return response
