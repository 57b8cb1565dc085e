"""How often one viewer's app may ask. Those without an account are nginx's, by address."""

import threading

from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from ops.limits import Limit

PERIOD = 60


class PerCaller(BaseThrottle):
    """One object serves all threads, so each keeps the last wait for itself."""

    def __init__(self) -> None:
        self.limit = Limit("api", settings.API_LIMIT, PERIOD)
        self.last = threading.local()

    def allow_request(self, request: HttpRequest) -> bool:
        key = request.auth.key
        self.last.wait = self.limit.wait(key) if key else 0
        return not self.last.wait

    def wait(self) -> float:
        return self.last.wait
