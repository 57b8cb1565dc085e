"""Requests to one brand's site: bounded, and with errors one can read."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from tv_client.errors import ClientError

Answer = TypeVar("Answer", bound=BaseModel)

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
PATIENCE = 30.0
"""Seconds that a request waits, at most, because the site asks for it (`Retry-After`)."""


class Loopback(httpx.HTTPTransport):
    """Takes `brand.localhost` for this machine, as browsers do (RFC 6761) and resolvers may not."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The Host header stands since the request was built, and stays."""
        if request.url.host.endswith(".localhost"):
            request.url = request.url.copy_with(host="127.0.0.1")
        return super().handle_request(request)


def wait_of(response: httpx.Response) -> float | None:
    """Seconds after which the site wants to be asked again; None if it did not say so."""
    if response.status_code not in {429, 503}:
        return None
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None


def body_of(response: httpx.Response) -> dict[str, Any]:
    """Its JSON object; an empty one where it holds none, such as a proxy's page."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def problem_of(response: httpx.Response) -> ClientError:
    """The error of a response that is none of success."""
    body = body_of(response)
    where = f"{response.request.method} {response.request.url.path}"
    detail = body.get("detail") or body.get("error_description") or body.get("error")
    message = str(detail or f"{response.status_code} {response.reason_phrase}")
    return ClientError(f"{where}: {message}", str(body.get("hint", "")))


class Site:
    """A brand's site, over connections that are kept."""

    def __init__(
        self,
        address: str,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.address = address.rstrip("/")
        self.sleep = sleep
        self.http = httpx.Client(
            base_url=self.address,
            timeout=TIMEOUT,
            transport=transport or Loopback(),
            headers={"User-Agent": "tv-client/0.1"},
            follow_redirects=False,
        )

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The response, whatever its status; a site that asks for patience gets some."""
        left = PATIENCE
        while True:
            try:
                response = self.http.request(method, path, **options)
            except httpx.HTTPError as error:
                raise ClientError(
                    f"{self.address} does not answer: {error}", "is it up? airchain status"
                ) from error
            wait = wait_of(response)
            if wait is None or wait > left:
                return response
            left -= max(wait, 1.0)
            self.sleep(max(wait, 1.0))

    def close(self) -> None:
        """Close its connections."""
        self.http.close()


def checked(response: httpx.Response) -> httpx.Response:
    """The response, if it is one of success."""
    if not response.is_success:
        raise problem_of(response)
    return response


def parsed(kind: type[Answer], response: httpx.Response) -> Answer:
    """The answer, if it is one of that kind."""
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        where = response.request.url.path
        raise ClientError(
            f"{where}: the answer is not as expected: {error.errors()[0]['msg']}",
            "is this client as new as the site?",
        ) from error
