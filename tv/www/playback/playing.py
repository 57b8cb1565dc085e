"""What a player is told: addresses that are good for one browser or device."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from playback import addresses
from playback.addresses import Folder
from playback.models import Asset
from playback.video import playlists

ROUNDED = 600
"""Addresses expire at full ten minutes: who comes again soon finds segments in its own cache."""
COOKIE_SECONDS = 30 * 86_400


@dataclass(frozen=True)
class Subtitles:
    language: str
    label: str
    address: str


@dataclass(frozen=True)
class Playback:
    """What a player needs. The addresses are this browser's or device's alone."""

    playlist: str
    thumbnails: str
    subtitles: tuple[Subtitles, ...]
    expires: datetime
    duration: float
    ads: bool
    credit: str
    binding: str = field(repr=False)

    def bind(self, request: HttpRequest, response: HttpResponse) -> None:
        """Have the browser send what nginx asks for; a device sends its header itself."""
        if brought(request) != self.binding:
            response.set_cookie(
                addresses.COOKIE, self.binding, max_age=COOKIE_SECONDS, httponly=True,
                secure=request.is_secure(), samesite="Lax",
            )  # fmt: skip


def play(request: HttpRequest, asset: Asset, *, ads: bool, until: datetime | None) -> Playback:
    """The asset's current version for whoever sent the request, who may watch it until then."""
    binding = brought(request) or addresses.new_binding()
    expires = expiry(timezone.now(), until)
    folder = addresses.sign(settings.MEDIA_KEY, binding, expires, asset.slug, asset.version)
    return Playback(
        playlist=folder.address(playlists.MASTER),
        thumbnails=folder.address(playlists.THUMBNAILS),
        subtitles=subtitles(folder, dict(asset.subtitles.values_list("language", "label"))),
        expires=datetime.fromtimestamp(expires, UTC),
        duration=asset.duration,
        ads=ads,
        credit=asset.credit,
        binding=binding,
    )


def brought(request: HttpRequest) -> str | None:
    return addresses.binding_of(
        request.COOKIES.get(addresses.COOKIE), request.headers.get(addresses.HEADER)
    )


def expiry(now: datetime, until: datetime | None) -> int:
    """When addresses end, in seconds since 1970: with the right to watch, if that ends before."""
    seconds = now.timestamp() + settings.MEDIA_ADDRESS_SECONDS
    rounded = math.ceil(seconds / ROUNDED) * ROUNDED
    return min(rounded, int(until.timestamp())) if until else rounded


def subtitles(folder: Folder, labels: Mapping[str, str]) -> tuple[Subtitles, ...]:
    return tuple(
        Subtitles(language, label, folder.address(f"{language}.vtt"))
        for language, label in labels.items()
    )
