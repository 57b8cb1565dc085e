"""Gives every template the brand of the request, and the way to the others."""

from typing import Any

from django.http import HttpRequest

from brands import colours, domains
from brands.models import Theme

FACES = {
    Theme.LANTERN: "fonts/fraunces.woff2",
    Theme.LONGVIEW: "fonts/space-grotesk.woff2",
    Theme.NIGHTJAR: "fonts/league-gothic.woff2",
}
"""The display face of each look, fetched before the style sheet asks for it."""


def brand(request: HttpRequest) -> dict[str, Any]:
    here = getattr(request, "brand", None)
    others = [] if here is None else domains.others(here)
    own = domains.colours_sheet()
    return {
        "brand": here,
        "colours": colours.version(own) if own else "",
        "others": [(other, domains.address(request, other)) for other in others],
        "faces": [FACES[here.theme]] if here else list(FACES.values()),
        "mark": mark(request),
    }


def mark(request: HttpRequest) -> str:
    """The static file with the brand's mark, or the network's."""
    here = getattr(request, "brand", None)
    return f"marks/{here.theme if here else 'network'}.svg"
