"""The API of version 1: what apps and pages' scripts ask for."""

import math

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.parser import Parser

from api.problems import Problem, problem
from api.v1 import document
from api.v1.limits import PerCaller
from ops.cache import CacheAway
from ops.outage import AWAY


class JsonOnly(Parser):
    """A body is JSON, and says so."""

    def parse_body(self, request: HttpRequest) -> dict:
        if request.content_type != "application/json":
            raise Problem(415, "Content-Type must be application/json")
        return super().parse_body(request)


class Api(NinjaAPI):
    def get_openapi_schema(self, **where: object) -> dict:
        return document.complete(super().get_openapi_schema(**where))


app = Api(
    title="tv",
    version="1",
    description=document.DESCRIPTION,
    docs_url=None,
    docs_decorator=cache_control(public=True, max_age=0, s_maxage=60),
    parser=JsonOnly(),
    throttle=[PerCaller()],
)
app.add_router("", "api.v1.catalogue.router")
app.add_router("", "api.v1.search.router")
app.add_router("", "api.v1.playback.router")
app.add_router("/me", "api.v1.me.router")


@app.exception_handler(Problem)
def known(_: HttpRequest, error: Problem) -> HttpResponse:
    return error.response()


@app.exception_handler(AuthenticationError)
def unauthenticated(_: HttpRequest, __: AuthenticationError) -> HttpResponse:
    return problem(401, "this needs an account", {"WWW-Authenticate": 'Bearer realm="tv"'})


@app.exception_handler(ValidationError)
def invalid(_: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {
            "in": found["loc"][0],
            "name": ".".join(map(str, found["loc"][1:])),
            "detail": found["msg"],
        }
        for found in error.errors
    ]
    first = errors[0]
    return problem(422, f"{first['name'] or first['in']}: {first['detail']}", errors=errors)


@app.exception_handler(Throttled)
def often(_: HttpRequest, error: Throttled) -> HttpResponse:
    wait = str(math.ceil(error.wait or 1))
    return problem(429, f"too many requests; again in {wait} s", {"Retry-After": wait})


@app.exception_handler(HttpError)
def refused(_: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, str(error))


@app.exception_handler(RequestDataTooBig)
def large(_: HttpRequest, __: RequestDataTooBig) -> HttpResponse:
    return problem(413, "the request is too large")


@app.exception_handler(SuspiciousOperation)
def suspicious(_: HttpRequest, __: SuspiciousOperation) -> HttpResponse:
    return problem(400, "the request cannot be understood")


def away(_: HttpRequest, __: Exception) -> HttpResponse:
    return problem(503, "this cannot be read just now", {"Retry-After": "5"})


for cause in (*AWAY, CacheAway):
    app.add_exception_handler(cause, away)
