"""The page on which a viewer types a device's code and lets the device in, or does not."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from oauth2_provider.models import DeviceGrant

from oauth import codes
from oauth.models import Client
from oauth.scopes import SCOPES
from ops.limits import Limit

GUESSES = Limit("user-code", most=10, seconds=600)
"""Codes that one viewer may type: nobody comes upon another's by trying."""


@dataclass(frozen=True)
class Waiting:
    """A device that waits for its viewer."""

    code: str
    app: str
    permissions: tuple[str, ...]


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    typed = (request.POST if request.method == "POST" else request.GET).get("user_code", "")
    if request.method != "POST":
        return page(request, typed=typed)
    if wait := GUESSES.wait(f"v{request.user.pk}"):
        return page(request, typed=typed, error="often", status=429, wait=wait)
    grant = find(request, typed)
    if grant is None:
        return page(request, typed=typed, error="unknown", status=404)
    match request.POST.get("decision", ""):
        case "":
            return page(request, waiting=describe(grant))
        case "allow":
            return page(request, decided=decide(request, grant, DeviceGrant.AUTHORIZED))
        case "deny":
            return page(request, decided=decide(request, grant, DeviceGrant.DENIED))
        case _:
            return page(request, typed=typed, status=400)


def page(
    request: HttpRequest, *, status: int = 200, wait: int = 0, **context: object
) -> HttpResponse:
    response = render(request, "device.html", context, status=status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def find(request: HttpRequest, typed: str) -> DeviceGrant | None:
    """A request that waits for a decision, of an app of the brand whose page this is."""
    apps = Client.objects.filter(brand=request.brand).values("client_id")
    return DeviceGrant.objects.filter(
        user_code=codes.normal(typed),
        client_id__in=apps,
        status=DeviceGrant.AUTHORIZATION_PENDING,
        expires__gt=timezone.now(),
    ).first()


def describe(grant: DeviceGrant) -> Waiting:
    app = Client.objects.get(client_id=grant.client_id)
    wanted = grant.scope.split()
    return Waiting(grant.user_code, app.name, tuple(SCOPES[s] for s in SCOPES if s in wanted))


def decide(request: HttpRequest, grant: DeviceGrant, status: str) -> str:
    """Once: who comes second, from another window, changes nothing."""
    DeviceGrant.objects.filter(pk=grant.pk, status=DeviceGrant.AUTHORIZATION_PENDING).update(
        status=status, user=request.user
    )
    return status
