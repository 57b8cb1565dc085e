"""What stands before every page: the health check, the host's name, the content policy."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from ops import health

Handler = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class Health:
    """Answers `/healthz` whatever the Host header: checks come by address."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path != "/healthz":
            return self.handler(request)
        return JsonResponse(health.report(), headers={"Cache-Control": "no-store"})


class ServedBy:
    """Names the host that made the answer, and says what a page may load."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.handler(request)
        response.headers["X-Served-By"] = settings.HOST
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
