"""What oauthlib does for us: device codes, refreshing, revocation.

Its server for everything would also take passwords, and tell by its refusals which are right.
"""

from typing import Any

from django.http import HttpRequest
from oauth2_provider.models import AbstractApplication
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauthlib.oauth2 import (
    BearerToken,
    DeviceApplicationServer,
    RefreshTokenGrant,
    RequestValidator,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant

from oauth.codes import LIFETIME


class Core(OAuthLibCore):
    """Between Django and oauthlib."""

    def _get_escaped_full_path(self, request: HttpRequest) -> str:
        """Without the query: parameters are in the body, and oauthlib takes offence at what
        stands in some queries."""
        return request.path


class Server(TokenEndpoint, RevocationEndpoint):
    """Gives out tokens, and takes them back."""

    def __init__(
        self,
        request_validator: RequestValidator,
        token_expires_in: int | None = None,
        token_generator: Any = None,
        refresh_token_generator: Any = None,
        **_: Any,
    ) -> None:
        grants = {
            "refresh_token": RefreshTokenGrant(request_validator),
            AbstractApplication.GRANT_DEVICE_CODE: DeviceCodeGrant(request_validator),
        }
        bearer = BearerToken(
            request_validator, token_generator, token_expires_in, refresh_token_generator
        )
        # Who names another grant is told so by the one of refreshing.
        TokenEndpoint.__init__(self, "refresh_token", bearer, grants)
        RevocationEndpoint.__init__(self, request_validator)


class Devices(DeviceApplicationServer):
    """Gives out device codes."""

    @property
    def expires_in(self) -> int:
        return int(LIFETIME.total_seconds())
