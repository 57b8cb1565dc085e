"""What a device is told that asks whether its viewer has decided (RFC 8628, 3.5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from oauth2_provider.models import AbstractDeviceGrant
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant

TOLERANCE = 1.0
"""Seconds that a poll may be early: networks do not keep time as devices do."""


@dataclass(frozen=True)
class Request:
    """A device's request, as it stands when the device asks about it."""

    status: str
    expires: datetime
    asked: datetime
    """When the device asked last, or made the request."""
    interval: int


def verdict(request: Request, now: datetime) -> str:
    """One of oauthlib's words for what the device is told."""
    if now >= request.expires or request.status == AbstractDeviceGrant.EXPIRED:
        return DeviceCodeGrant.DEVICE_CODE_EXPIRED
    if request.status == AbstractDeviceGrant.DENIED:
        return DeviceCodeGrant.DEVICE_CODE_DENIED
    if request.status == AbstractDeviceGrant.AUTHORIZED:
        return DeviceCodeGrant.DEVICE_CODE_AUTHORIZED
    if now - request.asked < timedelta(seconds=request.interval - TOLERANCE):
        return DeviceCodeGrant.DEVICE_CODE_SLOW_DOWN
    return DeviceCodeGrant.DEVICE_CODE_PENDING
