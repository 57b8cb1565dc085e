"""Where apps get their tokens (RFC 6749, 7009, 8414, 8628)."""

import json
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.models import DeviceGrant
from oauth2_provider.views import RevokeTokenView, TokenView
from oauth2_provider.views.mixins import OAuthLibMixin

from oauth import codes
from oauth.models import Client
from oauth.scopes import SCOPES
from oauth.server import Devices

NO_STORE = {"Cache-Control": "no-store"}


@method_decorator(csrf_exempt, name="dispatch")
class DeviceAuthorization(OAuthLibMixin, View):
    """A device asks for a code that its viewer types in elsewhere."""

    server_class = Devices
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        headers, answer, status = self.create_device_authorization_response(request)
        if status != 200:
            refusal = json.loads(answer)
            return JsonResponse(refusal, status=status, headers={**headers, **NO_STORE})
        remember(request.POST["client_id"], answer)
        page = request.build_absolute_uri(reverse("device"))
        answer["verification_uri"] = page
        answer["verification_uri_complete"] = f"{page}?user_code={answer['user_code']}"
        return JsonResponse(answer, headers=NO_STORE)


def remember(client_id: str, answer: dict[str, Any]) -> None:
    DeviceGrant.objects.create(
        client_id=client_id,
        device_code=codes.digest(answer["device_code"]),
        user_code=answer["user_code"],
        scope=answer.get("scope", ""),
        interval=answer["interval"],
        expires=timezone.now() + codes.LIFETIME,
    )


class Token(TokenView):
    """Tokens for an approved device, and new ones for those that are about to expire."""

    http_method_names = ("post",)

    @transaction.atomic
    def post(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        """oauthlib tells the grants apart, and asks `Validator` about a device's."""
        return self.authorization_flow_token_response(request)


class Revocation(RevokeTokenView):
    """An app signs out."""

    http_method_names = ("post",)


def metadata(request: HttpRequest) -> HttpResponse:
    """Where all that is (RFC 8414), so that an app has to know no more than its brand's domain."""

    def address(name: str) -> str:
        return request.build_absolute_uri(reverse(name))

    return JsonResponse(
        {
            "issuer": request.build_absolute_uri("/").rstrip("/"),
            "device_authorization_endpoint": address("device-authorization"),
            "token_endpoint": address("token"),
            "revocation_endpoint": address("revocation"),
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "grant_types_supported": [Client.GRANT_DEVICE_CODE, "refresh_token"],
            "response_types_supported": [],
            "scopes_supported": list(SCOPES),
        },
        headers={"Cache-Control": "public, max-age=300"},
    )
