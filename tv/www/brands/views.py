"""The style sheet with brands' own colours."""

from django.http import HttpRequest, HttpResponse

from brands import colours, domains
from ops import lasting


def stylesheet(request: HttpRequest) -> HttpResponse:
    text = domains.colours_sheet()
    response = HttpResponse(text, content_type="text/css; charset=utf-8")
    return lasting.keep(response, current=request.GET.get("v") == colours.version(text))
