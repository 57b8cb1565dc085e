"""The interface's language: it stands in the path, and nowhere else.

Thus one address is one text, and caches need to know nothing of cookies or `Accept-Language`.
Django's own LocaleMiddleware would answer `Vary: Accept-Language`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

Handler = Callable[[HttpRequest], HttpResponse]


def of(path: str) -> str:
    """`/ko/…` is Korean; a path without a language is English."""
    first = path.split("/", 2)[1:2]
    return next((code for code, _ in settings.LANGUAGES if [code] == first), settings.LANGUAGE_CODE)


def prefix(language: str) -> str:
    """What stands before every page's path in that language."""
    return "" if language == settings.LANGUAGE_CODE else f"/{language}"


def bare(path: str) -> str:
    """The path without its language."""
    return path.removeprefix(prefix(of(path))) or "/"


class LanguageByPath:
    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.LANGUAGE_CODE = of(request.path_info)
        with translation.override(request.LANGUAGE_CODE):
            response = self.handler(request)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response


@dataclass(frozen=True)
class Alternate:
    """The same page in one of the languages."""

    code: str
    name: str
    """As its speakers call it."""
    address: str
    here: bool


def alternates(request: HttpRequest) -> tuple[Alternate, ...]:
    now, path = of(request.path), bare(request.path)
    query = f"?{text}" if (text := request.META.get("QUERY_STRING", "")) else ""
    return tuple(
        Alternate(code, name, f"{prefix(code)}{path}{query}", code == now)
        for code, name in settings.LANGUAGES
    )
