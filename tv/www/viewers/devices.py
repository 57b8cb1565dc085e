"""Devices on which a viewer is signed in: the apps that were let into the account."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from oauth2_provider.models import DeviceGrant, RefreshToken
from oauth2_provider.settings import oauth2_settings

from viewers.models import Viewer


@dataclass(frozen=True)
class Device:
    """One sign-in by device code, and all tokens that came of it."""

    key: UUID
    app: str
    since: datetime


def of(viewer: Viewer) -> list[Device]:
    """That used last first; those whose tokens are revoked or too old are not signed in."""
    young = timezone.now() - timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
    found = (
        RefreshToken.objects.filter(user=viewer, token_family__isnull=False)
        .values("token_family", "application__name")
        .annotate(
            since=Min("created"),
            # It fetches tokens each hour that it is in use.
            last=Max("created"),
            live=Count("pk", Q(revoked=None, created__gt=young)),
        )
        .filter(live__gt=0)
        .order_by("-last")
    )
    return [
        Device(each["token_family"], each["application__name"], each["since"]) for each in found
    ]


def sign_out(viewer: Viewer, key: UUID) -> bool:
    """Whether the viewer had such a device."""
    own = RefreshToken.objects.filter(user=viewer, token_family=key).exists()
    if own:
        RefreshToken.revoke_family(key)
    return own


def sign_out_all(viewer: Viewer) -> None:
    """Whoever had the old password may have let in a device of their own."""
    # One that was let in and has not asked since would fetch its tokens later.
    DeviceGrant.objects.filter(user=viewer).delete()
    for device in of(viewer):
        RefreshToken.revoke_family(device.key)
