"""Kombu's SQS transport, polling in the plain way and telling when SQS last answered.

The asynchronous way, kombu's default, does not survive SQS being away: a failed poll ends the
worker, and after a reconnection it polls no more while the worker seems well.
"""

import time
from typing import Any

from kombu.transport import SQS


class Pulse:
    """When the queue last answered a poll; not at all while there is no connection."""

    SILENCE = 20.0
    """Seconds without an answer after which a worker is not consuming: a few long polls."""

    def __init__(self) -> None:
        self.last: float | None = None

    def beat(self) -> None:
        self.last = time.monotonic()

    def stop(self) -> None:
        self.last = None

    def consuming(self, now: float) -> bool:
        return self.last is not None and now - self.last < self.SILENCE


pulse = Pulse()


class Transport(SQS.Transport):
    implements = SQS.Transport.implements.extend(asynchronous=False)

    def drain_events(self, connection: Any, timeout: float | None = None, **options: Any) -> None:
        """A queue found empty is an answer as well; any other error is none."""
        try:
            super().drain_events(connection, timeout=timeout, **options)
        except TimeoutError:
            pulse.beat()
            raise
        pulse.beat()
