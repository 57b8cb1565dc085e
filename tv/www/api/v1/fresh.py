"""How long an answer may be kept, and telling that it has not changed without making it.

An answer's ETag comes from the versions of what it is made of, and of the code that makes it. It
is weak: nginx compresses answers on their way, so bytes may differ where the meaning does not.
"""

import hashlib
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

import catalogue
from api.v1.who import ANYONE

SHARED = "public, max-age=0, s-maxage=1, stale-while-revalidate=5"
"""A shared cache may answer everyone for a second; an app asks again each time."""
OWN = "private, no-cache"


def digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:24]


CODE = digest(
    *(
        source.read_text()
        for folder in (Path(__file__).parent, Path(catalogue.__file__).parent)
        for source in sorted(folder.glob("*.py"))
    )
)


def kept(request: HttpRequest) -> str:
    """The Cache-Control of what a brand shows to this caller."""
    return SHARED if request.auth is ANYONE else OWN


def unchanged(
    request: HttpRequest, response: HttpResponse, *versions: object
) -> HttpResponse | None:
    """304 for a client that has the answer of these versions; else gives `response` its headers."""
    etag = f'W/"{digest(CODE, *versions)}"'
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = kept(request)
    answer = get_conditional_response(request, etag=etag, response=response)
    return answer if answer is not response else None
