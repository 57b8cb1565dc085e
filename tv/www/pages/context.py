"""Gives every template the language of the page, its other languages, and who is signed in."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.html import format_html

from pages import language
from rights.access import account_of

ENGLISH = format_html(' lang="{}"', settings.LANGUAGE_CODE)
"""For words of the catalogue, which are in English on pages in any language: a screen reader
should read them so."""


def page(request: HttpRequest) -> dict[str, Any]:
    now = translation.get_language() or settings.LANGUAGE_CODE
    return {
        "language": now,
        "prefix": language.prefix(now),
        "english": "" if now == settings.LANGUAGE_CODE else ENGLISH,
        "alternates": language.alternates(request),
        "origin": f"{request.scheme}://{request.get_host()}",
        "viewer": account_of(request),
    }
