"""Sets `request.brand`; a domain that is no brand's gets the list of brands."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from brands import domains
from ops.middleware import unavailable
from ops.outage import AWAY
from pages.language import bare

STYLES = "/brands.css"
Handler = Callable[[HttpRequest], HttpResponse]


class BrandByDomain:
    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            request.brand = domains.of(request.get_host())
        except AWAY as error:
            return unavailable(request, error)
        if request.brand is None and not request.path.startswith((settings.STATIC_URL, STYLES)):
            return chooser(request)
        return self.handler(request)


def chooser(request: HttpRequest) -> HttpResponse:
    """The network's own page: where its brands are. Only its root is a page that exists."""
    brands = [(brand, domains.address(request, brand)) for brand in domains.every().values()]
    status = 200 if bare(request.path) == "/" else 404
    return render(request, "brands.html", {"brands": brands}, status=status)
