"""Rights of a request: who asks, from where, and what they may watch."""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from catalogue.models import Episode
from rights import reading
from rights.countries import CODES
from rights.entitlement import Allowed, Denied, Tier, Viewer, decide
from viewers.models import Viewer as Account


def account_of(request: HttpRequest) -> Account | None:
    """Who is signed in.

    Without a session's cookie the session is not looked at: an answer that depends on it varies
    by cookie, and a shared cache would not keep it.
    """
    user = getattr(request, "user", None)
    unread = isinstance(user, SimpleLazyObject)
    if user is None or (unread and settings.SESSION_COOKIE_NAME not in request.COOKIES):
        return None
    return user if user.is_authenticated else None


def viewer_of(request: HttpRequest) -> Viewer:
    """With what the brand offers that was asked."""
    account = account_of(request)
    return Viewer(Tier(account.tier) if account else Tier.FREE, frozenset(request.brand.tiers))


def country_of(request: HttpRequest) -> str:
    """As the header names it that whoever stands in front of us sets, such as CloudFront.

    Empty, so not known, where it names none that there is, such as XX: then only what is licensed
    everywhere may be watched. An empty header is none: caches do not tell the two apart.
    """
    request.country_asked = True
    named = request.headers.get(settings.COUNTRY_HEADER, "").strip().upper()
    if not named:
        return settings.DEFAULT_COUNTRY
    return named if named in CODES else ""


def asked_country(request: HttpRequest) -> bool:
    """Whether anything of the answer depends on it."""
    return getattr(request, "country_asked", False)


def playable(request: HttpRequest, episode: Episode) -> Allowed | Denied:
    """Whether it may be played, by the windows as they are at this moment."""
    return playable_among(request, [episode.pk])[episode.pk]


def playable_among(request: HttpRequest, keys: Iterable[int]) -> dict[int, Allowed | Denied]:
    """The same for many episodes, in two queries; those that do not exist are left out."""
    viewer, country, now = viewer_of(request), country_of(request), timezone.now()
    return {key: decide(viewer, title, country, now) for key, title in reading.titles(keys).items()}
