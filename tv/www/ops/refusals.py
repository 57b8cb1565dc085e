"""Answers to requests that cannot be right."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 for a body that is too large.

    The request may be wrong in any way, its Host header included: the answer is plain text.
    """
    large = isinstance(exception, RequestDataTooBig)
    text, status = ("The request is too large.", 413) if large else ("The request is wrong.", 400)
    return HttpResponse(f"{text}\n", "text/plain; charset=utf-8", status)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that another site made, or one that has been open since before a sign-in."""
    context = {
        "heading": _("This form is out of date"),
        "text": _("Please go back, load the page again and send the form once more."),
    }
    return render(request, "notice.html", context, status=403)
