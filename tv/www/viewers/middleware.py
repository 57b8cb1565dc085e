"""Sessions of the brand whose page is asked for; what depends on one is kept by no cache."""

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from ops.cache import CacheAway
from ops.middleware import come_again
from viewers.sessions import SessionStore


class SessionOfBrand(SessionMiddleware):
    """Stands after `BrandByDomain`."""

    def process_request(self, request: HttpRequest) -> None:
        request.session = session(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return away(request) if isinstance(error, CacheAway) else None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            response = super().process_response(request, response)
        except CacheAway:
            response = away(request)
        if request.session.accessed:
            keep_private(response)
        return response


def session(request: HttpRequest) -> SessionStore:
    brand = getattr(request, "brand", None)
    return SessionStore(
        request.COOKIES.get(settings.SESSION_COOKIE_NAME), brand.slug if brand else None
    )


def keep_private(response: HttpResponse) -> None:
    """One viewer's answer: others must not get it from a cache, nor the viewer an old one."""
    said = response.headers.get("Cache-Control", "")
    if "private" not in said and "no-store" not in said:
        response.headers["Cache-Control"] = "private, no-cache"


def away(request: HttpRequest) -> HttpResponse:
    """Nothing can be written to a session now; the one there is stays as it is."""
    request.session = session(request)
    text = _(
        "You can go on browsing and watching. Please try again in a minute to sign in, "
        "to sign out or to change your account."
    )
    return come_again(request, _("Accounts are away for a moment"), text, 10)
