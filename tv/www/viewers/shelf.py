"""What the viewer of a request may watch."""

from django.http import HttpRequest

from catalogue import rows
from rights.access import country_of, viewer_of


def shelf_of(request: HttpRequest) -> rows.Shelf:
    """Of the brand that was asked, here and now."""
    return rows.shelf(request.brand, country_of(request), viewer_of(request))
