"""Says of an answer that depends on where its viewer is that it does, as sessions do of cookies."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from rights.access import asked_country

Handler = Callable[[HttpRequest], HttpResponse]


class VaryByCountry:
    """Caches that are not told of the header by their own settings keep countries apart, too.

    Those that are, as nginx on each host, have one answer for each key as before.
    """

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.handler(request)
        if asked_country(request):
            patch_vary_headers(response, [settings.COUNTRY_HEADER])
        return response
