"""Which brand a domain belongs to.

Brands are few and asked for on every request, so each process keeps them for some seconds, and
keeps the ones it has while the database is away.
"""

import logging
import time
from collections.abc import Mapping

from django.http import HttpRequest

from brands import colours
from brands.models import Brand
from ops.outage import AWAY

log = logging.getLogger(__name__)

KEEP = 10.0
"""Seconds until an edit of a brand is seen by every process."""

_brands: Mapping[str, Brand] = {}
_read = float("-inf")


def every() -> Mapping[str, Brand]:
    """Brands by domain."""
    global _brands, _read
    if time.monotonic() - _read >= KEEP:
        try:
            _brands = {brand.domain: brand for brand in Brand.objects.order_by("slug")}
        except AWAY as error:
            if not _brands:
                raise
            log.warning("keeping the brands known so far: %s", error)
        _read = time.monotonic()
    return _brands


def of(host: str) -> Brand | None:
    """The brand of a Host header's value; port and letter case do not matter."""
    return every().get(host.rsplit(":", 1)[0].rstrip(".").lower())


def others(brand: Brand) -> list[Brand]:
    """Without asking the database: a page about an error must not fail on its footer."""
    return [other for other in _brands.values() if other.pk != brand.pk]


def colours_sheet() -> str:
    """Nor does this ask the database, for the same reason."""
    return colours.sheet((brand.slug, brand.colours) for brand in _brands.values())


def address(request: HttpRequest, brand: Brand) -> str:
    """Of the brand's home page, on the port and scheme the viewer came by."""
    _, colon, port = request.get_host().rpartition(":")
    suffix = f":{port}" if colon and port.isdigit() else ""
    return f"{request.scheme}://{brand.domain}{suffix}/"


def forget() -> None:
    """Read the brands again at the next request."""
    global _brands, _read
    _brands, _read = {}, float("-inf")
