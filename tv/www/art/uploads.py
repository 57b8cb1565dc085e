"""Pictures that editors upload: what they are, and whether they fit."""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

import imagesize
from django.core.exceptions import ValidationError

from catalogue.models import Artwork

LARGEST = 4 << 20
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
FITS = {
    # Width and height of the smallest that is good enough; others have the same proportion.
    Artwork.Shape.POSTER: (400, 600),
    Artwork.Shape.WIDE: (1280, 720),
}
TOLERANCE = 0.02


@dataclass(frozen=True)
class Picture:
    version: str
    width: int
    height: int


def content_type(beginning: bytes) -> str | None:
    """By its first bytes: a name and what a browser says of it may be anything."""
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for mark, kind in SIGNATURES.items() if beginning.startswith(mark)), None)


def read(file: BinaryIO) -> Picture:
    """Refuses what is no picture, in words for who uploaded it."""
    content = file.read(LARGEST + 1)
    file.seek(0)
    if len(content) > LARGEST:
        raise ValidationError(f"The file is larger than {LARGEST >> 20} MB.")
    if content_type(content[:12]) is None:
        raise ValidationError("This is no PNG, JPEG or WebP.")
    try:
        width, height = imagesize.get(file)
    except ValueError as error:
        raise ValidationError("The file is damaged: it does not say how large it is.") from error
    finally:
        file.seek(0)
    if width <= 0 or height <= 0:
        raise ValidationError("The file is damaged: it does not say how large it is.")
    return Picture(hashlib.sha256(content).hexdigest()[:16], width, height)


def check(picture: Picture, kind: str) -> None:
    """Whether its size is one for that kind of artwork."""
    if kind not in FITS:
        return
    width, height = FITS[kind]
    if picture.width < width:
        raise ValidationError(
            f"It is {picture.width} by {picture.height}: at least {width} by {height} is needed."
        )
    if abs(picture.width * height / (picture.height * width) - 1) > TOLERANCE:
        raise ValidationError(
            f"It is {picture.width} by {picture.height}, which is not the proportion "
            f"of {width} by {height}."
        )
