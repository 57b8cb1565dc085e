"""Colours of a brand's own: what they are called, and whether text can be read in them (WCAG 2.2).

A theme brings typefaces, a mark and colours; a brand may have other colours, as data.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

NAMES = ("ground", "raised", "line", "text", "soft", "accent", "on-accent")
"""Behind everything, behind what stands out, between things; text, lesser text, buttons and what
is chosen, and text on buttons."""
PAIRS = (
    ("text", "ground", 7.0),
    ("text", "raised", 7.0),
    ("soft", "ground", 4.5),
    ("soft", "raised", 4.5),
    ("accent", "ground", 4.5),
    ("accent", "raised", 4.5),
    ("on-accent", "accent", 4.5),
)
"""What stands on what, and the least contrast between them."""
COLOUR = re.compile(r"#[0-9a-f]{6}")


def luminance(colour: str) -> float:
    """How bright `#rrggbb` is: 0 for black, 1 for white."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1, the same, to 21, black and white."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def check(colours: Any) -> None:
    """None, or all of them, each readable where it stands."""
    if colours == {}:
        return
    if not isinstance(colours, dict) or set(colours) != set(NAMES):
        raise ValidationError(f"Give none or all of {', '.join(NAMES)}.")
    wrong = [n for n, c in colours.items() if not (isinstance(c, str) and COLOUR.fullmatch(c))]
    if wrong:
        raise ValidationError(f"{', '.join(wrong)}: six hexadecimal digits after #, as #15101b.")
    unread = [
        f"{front} on {back}: their contrast is {found:.1f}, and must be at least {least:g}."
        for front, back, least in PAIRS
        if (found := contrast(colours[front], colours[back])) < least
    ]
    if unread:
        raise ValidationError(unread)


def sheet(brands: Iterable[tuple[str, Mapping[str, str]]]) -> str:
    """The style sheet of brands with colours of their own; the network's page shows all of them.
    What was checked cannot end a rule."""
    return "".join(
        f'[data-brand="{slug}"]{{{"".join(f"--{n}:{colours[n]};" for n in NAMES)}}}\n'
        for slug, colours in sorted(brands)
        if colours
    )


def version(sheet: str) -> str:
    """Part of its address, which may be kept for ever."""
    return hashlib.sha256(sheet.encode()).hexdigest()[:10]
