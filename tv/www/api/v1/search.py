"""Finding titles by what a viewer remembers of them."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from api.v1 import fresh, shapes
from api.v1.who import public
from search import titles
from search.normal import LONGEST
from viewers.shelf import shelf_of

router = Router(tags=["catalogue"])


@router.get("/search", response=shapes.Results, **public())
def find(
    request: HttpRequest,
    response: HttpResponse,
    q: Annotated[str, Query(min_length=1, max_length=LONGEST, description="Title or person.")],
):
    """Titles that the caller may watch and that answer to the text, the best first."""
    shelf, people = shelf_of(request), titles.people_of(request.brand)
    if same := fresh.unchanged(request, response, shelf.version, people.version):
        return same
    return shapes.results(titles.find(request.brand, shelf, q))
