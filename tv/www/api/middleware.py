"""What stands around the API: every error is a problem, and HEAD is GET without its body."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from api.problems import KIND, problem

Handler = Callable[[HttpRequest], HttpResponse]

DETAILS = {
    400: "the request cannot be understood",
    403: "this may not be done",
    404: "there is nothing at this address",
    405: "this cannot be done at this address",
    413: "the request is too large",
    500: "the fault is ours and is being looked at",
    503: "please come again in a moment",
}
PASSED_ON = ("Allow", "Retry-After", "WWW-Authenticate")


class Problems:
    """Errors that arise before or outside a view of the API come as pages: here they are
    made what an app can read."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return self.handler(request)
        head = request.method == "HEAD"
        if head:
            request.method = "GET"
        response = readable(self.handler(request))
        return without_body(response) if head else response


def readable(response: HttpResponse) -> HttpResponse:
    if response.status_code < 400 or response.headers.get("Content-Type") == KIND:
        return response
    headers = {name: response.headers[name] for name in PASSED_ON if name in response.headers}
    detail = DETAILS.get(response.status_code, response.reason_phrase)
    return problem(response.status_code, detail, headers)


def without_body(response: HttpResponse) -> HttpResponse:
    response.headers["Content-Length"] = str(len(response.content))
    response.content = b""
    return response
