"""The page to search on."""

from django.http import HttpRequest, HttpResponse

from pages.views import page
from search import titles
from search.normal import LONGEST
from viewers.shelf import shelf_of


def search(request: HttpRequest) -> HttpResponse:
    typed = request.GET.get("q", "")[:LONGEST].strip()
    shelf = shelf_of(request)
    found = titles.find(request.brand, shelf, typed) if typed else ()
    return page(request, "search.html", {"typed": typed, "found": found, "genres": shelf.genres})
