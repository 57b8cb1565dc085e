"""The three brands of the fixtures, and which genres each of them shows."""

from brands.models import Theme

BRANDS = (
    {
        "slug": "dramas",
        "domain": "dramas.localhost",
        "name": "Lantern",
        "tagline": "International drama, after dark.",
        "description": "Series from fifteen countries: love, family and trouble, with subtitles.",
        "theme": Theme.LANTERN,
        "genres": ("romance", "family", "workplace", "historical", "medical", "crime", "school",
                   "supernatural"),
    },
    {
        "slug": "documentaries",
        "domain": "documentaries.localhost",
        "name": "Longview",
        "tagline": "Documentaries that stay and look.",
        "description": "Nature, science, justice and craft, filmed with patience.",
        "theme": Theme.LONGVIEW,
        "genres": ("nature", "food", "history", "science", "justice", "cities", "portraits"),
    },
    {
        "slug": "horror",
        "domain": "horror.localhost",
        "name": "Nightjar",
        "tagline": "Screams, on demand.",
        "description": "Ghosts, creatures and old gods. Best watched with the lights off.",
        "theme": Theme.NIGHTJAR,
        "genres": ("ghost", "folk-horror", "psychological", "creature", "occult", "supernatural"),
    },
)  # fmt: skip
