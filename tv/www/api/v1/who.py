"""Who asks: an app with a viewer's token, the viewer's browser, or anyone."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth
from oauth2_provider.oauth2_backends import get_oauthlib_core
from oauthlib.common import Request

from api.problems import Problem


@dataclass(frozen=True)
class Caller:
    """Who asks, and what for."""

    key: str | None
    """Whom the rate limit counts; None is anyone, whom nginx limits by address."""
    scopes: frozenset[str] | None = None
    """What the viewer lets an app do; None is no app, but the site's own page."""

    def may(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes


ANYONE = Caller(None)


class Bearer(HttpBearer):
    """An access token of a client of this brand, with that scope if one is named."""

    openapi_description = "An access token, from `/.well-known/oauth-authorization-server`."

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        core = get_oauthlib_core()
        # Without path, query and body: oauthlib would look for a token there as well, and takes
        # offence at what stands in some.
        found = Request("/", headers=core.extract_headers(request))
        scopes = [self.scope] if self.scope else []
        if not core.server.request_validator.validate_bearer_token(token, scopes, found):
            raise refused(self.scope, **(getattr(found, "oauth2_error", None) or {}))
        if not found.user.is_active:
            raise refused(self.scope, "invalid_token", "The account is closed.")
        request.user = found.user
        granted = frozenset(found.access_token.scope.split())
        return Caller(f"{found.client.client_id}/{found.user.pk}", granted)


def refused(scope: str, error: str = "invalid_token", error_description: Any = "") -> Problem:
    """401 for a token that is no good, 403 for one that is not good for this (RFC 6750)."""
    short = error == "insufficient_scope"
    challenge = f'Bearer realm="tv", error="{error}"' + (f', scope="{scope}"' if scope else "")
    return Problem(
        403 if short else 401,
        str(error_description) or "the access token is not valid",
        {"WWW-Authenticate": challenge},
    )


class Session(SessionAuth):
    """The viewer's browser; what changes something carries the CSRF token, as forms do."""

    openapi_description = "The site's own pages. What changes something needs `X-CSRFToken`."

    def __call__(self, request: HttpRequest) -> Caller | None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        return Caller(f"v{request.user.pk}") if request.user.is_authenticated else None


def anyone(_: HttpRequest) -> Caller:
    return ANYONE


def viewer(scope: str) -> dict[str, Any]:
    """For operations of somebody's own."""
    return {"auth": [Bearer(scope), Session()]}


def public(scope: str = "") -> dict[str, Any]:
    """For operations that anyone may use, and that answer a viewer otherwise."""
    return {"auth": [Bearer(scope), Session(), anyone], "openapi_extra": {"security": [{}]}}
