"""What pages look like: the style sheet with brands' own colours, and the icon."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static

from brands import colours, domains
from brands.context import mark
from ops import lasting


def stylesheet(request: HttpRequest) -> HttpResponse:
    text = domains.colours_sheet()
    response = HttpResponse(text, content_type="text/css; charset=utf-8")
    return lasting.keep(response, current=request.GET.get("v") == colours.version(text))


def icon(request: HttpRequest) -> HttpResponse:
    """The brand's mark, for pages that do not name it."""
    return redirect(static(mark(request)))
