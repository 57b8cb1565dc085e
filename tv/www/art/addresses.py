"""Where the artwork of a title is: what an editor uploaded, or else what is drawn.

Written out, as `reverse` would take most of the time of a page with hundreds of pictures. Each
address says which version it is of, so that it may be kept for ever.
"""

from art.posters import version
from catalogue.models import Artwork, Series


def poster(slug: str, title: str, upload: str = "") -> str:
    """`upload`: the version of an uploaded one."""
    if upload:
        return uploaded(slug, Artwork.Shape.POSTER, upload)
    return f"/art/{slug}.svg?v={version(title)}"


def wide(slug: str, title: str, upload: str = "") -> str:
    if upload:
        return uploaded(slug, Artwork.Shape.WIDE, upload)
    return f"/art/{slug}/wide.svg?v={version(title)}"


def uploaded(slug: str, kind: str, upload: str) -> str:
    return f"/art/{slug}/{kind}/{upload}"


def poster_of(series: Series) -> str:
    return poster(series.slug, series.title, upload_of(series, Artwork.Shape.POSTER))


def wide_of(series: Series) -> str:
    return wide(series.slug, series.title, upload_of(series, Artwork.Shape.WIDE))


def upload_of(series: Series, kind: str) -> str:
    """Its version; nothing where it is drawn. One query, or none where artwork is prefetched."""
    return next((found.version for found in series.artwork.all() if found.kind == kind), "")
