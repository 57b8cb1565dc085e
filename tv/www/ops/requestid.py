"""One name for a request, in the log of all that it passes: the edge, nginx, here, the services
asked and the tasks begun."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from threading import Thread

from django.http import HttpRequest, HttpResponse

current: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is being answered, or that asked for the task; empty in a command."""
HEADER = "X-Request-Id"

_SHAPE = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestId:
    """Remembers what nginx calls the request; a name of another shape is none."""

    def __init__(self, handler: Callable[[HttpRequest], HttpResponse]) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with named(request.headers.get(HEADER, "")):
            return self.handler(request)


@contextmanager
def named(given: str) -> Iterator[None]:
    """What is done within is done for the request of that name."""
    token = current.set(given if _SHAPE.fullmatch(given) else "")
    try:
        yield
    finally:
        current.reset(token)


def headers() -> dict[str, str]:
    """For a request to another service, which logs the name too."""
    name = current.get()
    return {HEADER: name} if name else {}


def beside(function: Callable[..., None], *args: object) -> None:
    """Have it done by a thread of its own, under the same name, while the request goes on."""
    words = (function, *args)
    Thread(target=copy_context().run, args=words, name="beside", daemon=True).start()
