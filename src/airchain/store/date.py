"""A server's time, from the `Date` of its answers."""

from __future__ import annotations

import threading
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import requests

from airchain.store import clock

ASKED_EVERY = 30.0
_ANSWER_WITHIN = 3.0
# `Date` has whole seconds, cut off.
_HALF = 0.5
# A clock that was set shows as a difference to one that nobody sets; less is drift.
_STEP = 0.5
_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


class DateClock:
    """Skew against the server at `url`.

    Only the first question waits for an answer; later ones are asked in the
    background. A clock that is set in between is noticed at once. The request is
    not signed, so it is answered, be it by a refusal, however wrong the clock is.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._asking = threading.Lock()
        self._asked: float | None = None
        self._known: tuple[float, float] | None = None

    def skew(self) -> float | None:
        """Seconds that this machine's clock is ahead; None while the server never answered."""
        if self._asked is None:
            with self._asking:
                if self._asked is None:
                    self._ask()
        elif clock.steady() - self._asked > ASKED_EVERY and self._asking.acquire(blocking=False):
            threading.Thread(target=self._ask_and_release, name="clock", daemon=True).start()
        if self._known is None:
            return None
        skew, differed = self._known
        step = _difference() - differed
        return skew + step if abs(step) > _STEP else skew

    def _ask_and_release(self) -> None:
        try:
            self._ask()
        finally:
            self._asking.release()

    def _ask(self) -> None:
        self._asked = clock.steady()
        found = measure(self._url)
        if found is not None:
            self._known = (found, _difference())


def measure(url: str) -> float | None:
    """Ask now; None where there is no answer with a date. Not more exact than a second."""
    try:
        began = time.time()
        # The authorities that the rest of the machine trusts.
        verify = str(_AUTHORITIES) if _AUTHORITIES.exists() else True
        answer = requests.head(url, timeout=_ANSWER_WITHIN, allow_redirects=False, verify=verify)
        ended = time.time()
        date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (requests.RequestException, KeyError, ValueError, TypeError):
        return None
    return clock.offset(date + _HALF, began, ended, tick=_HALF)


def _difference() -> float:
    return time.time() - clock.steady()
