"""Errors as `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import JsonResponse

KIND = "application/problem+json"


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any
) -> JsonResponse:
    """`members` are what a program may want to know besides."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return JsonResponse(body, status=status, content_type=KIND, headers=headers)


class Problem(Exception):
    """Ends a request with that answer."""

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.members = status, detail, headers, members

    def response(self) -> JsonResponse:
        return problem(self.status, self.detail, self.headers, **self.members)


def missing(what: str, headers: Mapping[str, str] | None = None) -> Problem:
    return Problem(404, f"there is no such {what} here", headers)
