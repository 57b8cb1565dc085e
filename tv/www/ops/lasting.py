"""How long browsers keep what has its version in its address."""

from django.http import HttpResponse

YEAR, MINUTE = 31_536_000, 60


def keep(response: HttpResponse, *, current: bool) -> HttpResponse:
    """For good where the address names the `current` version. One that it does not, or not yet,
    is asked for again soon: it was edited a moment ago, or is ahead of this process."""
    kept = f"{YEAR}, immutable" if current else MINUTE
    response.headers["Cache-Control"] = f"public, max-age={kept}"
    return response
