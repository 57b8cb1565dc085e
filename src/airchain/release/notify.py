"""Tell a webhook how a deployment goes. It may be slow, broken or gone: nothing waits for it.

The address is a secret: whoever knows it may write there. It stands in no message
and in no error.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from airchain.errors import AirchainError
from airchain.progress import Progress
from airchain.spec import messages

Kind = Literal["start", "canary", "done", "reverted", "failed"]
Values = Mapping[str, str | list[str]]

MESSAGES: Mapping[Kind, str] = {
    "start": "{{ product }} {{ environment }}: {{ what }} of {{ release }} begun by {{ who }}"
    "{% if subject %} ({{ subject }}){% endif %}",
    "canary": "{{ product }} {{ environment }}: {{ release }} runs on {{ hosts | join(', ') }}",
    "done": "{{ product }} {{ environment }}: {{ release }} "
    "{% if not hosts %}is what hosts will start with"
    "{% else %}serves on {{ hosts | length }} host{{ 's' if hosts | length > 1 else '' }}"
    "{% endif %} ({{ what }} by {{ who }}, {{ seconds }} s)",
    "reverted": "{{ product }} {{ environment }}: {{ release }} was taken back to {{ previous }}: "
    "{{ detail }}",
    "failed": "{{ product }} {{ environment }}: {{ what }} of {{ release }} stopped: {{ detail }}",
}


@dataclass(frozen=True)
class Webhook:
    """Where to, what to say instead of `MESSAGES`, and how long to try, in seconds.

    A post that fails is tried again after each of `pauses`. At the end of the
    deployment what is still to be told has `grace`.
    """

    address: str = field(repr=False)
    messages: Mapping[Kind, str]
    timeout: float = 3.0
    pauses: tuple[float, ...] = (0.5, 2.0)
    grace: float = 2.0


class Failed(AirchainError):
    """A message that did not get through."""


class Teller:
    """Posts messages one after the other, in a thread of its own."""

    def __init__(self, webhook: Webhook | None) -> None:
        self._webhook = webhook
        self._waiting: queue.SimpleQueue[tuple[Kind, Values] | None] = queue.SimpleQueue()
        self._untold: dict[Kind, str] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._post_all, name="notify", daemon=True)
        if webhook is not None:
            self._thread.start()

    def tell(self, kind: Kind, values: Values) -> None:
        """Have it posted; returns at once."""
        if self._webhook is not None:
            self._untold[kind] = "no answer in time"
            self._waiting.put((kind, values))

    def close(self) -> Mapping[Kind, str]:
        """Wait for what is under way, at most `grace` seconds; what was not told, and why."""
        if self._webhook is not None:
            self._closing.set()
            self._waiting.put(None)
            self._thread.join(self._webhook.grace)
        return dict(self._untold)

    def _post_all(self) -> None:
        assert self._webhook is not None
        while (message := self._waiting.get()) is not None:
            kind, values = message
            try:
                self._post(self._webhook, kind, values)
            except Failed as error:
                self._untold[kind] = error.message
            else:
                self._untold.pop(kind, None)

    def _post(self, webhook: Webhook, kind: Kind, values: Values) -> None:
        from jinja2 import TemplateError

        try:
            text = messages.render(webhook.messages.get(kind, MESSAGES[kind]), values)
        except (TemplateError, *messages.UNFILLABLE) as error:
            raise Failed(f"its text cannot be made: {error}") from error
        for pause in (*webhook.pauses, None):
            try:
                _send(webhook, text)
            except _Again as error:
                # Once the deployment waits for us, each message has one chance.
                if pause is None or self._closing.wait(pause):
                    raise Failed(error.message) from error
            else:
                return


class _Again(Failed):
    """It may get through another time."""


@contextmanager
def telling(webhook: Webhook | None, progress: Progress) -> Iterator[Teller]:
    """A teller for the block; says afterwards what did not get through."""
    teller = Teller(webhook)
    try:
        yield teller
    finally:
        for kind, why in teller.close().items():
            note(progress, f"the webhook was not told of {kind!r}: {why}")


def note(progress: Progress, text: str) -> None:
    """Show what went wrong, as a step that failed; whatever is under way goes on."""
    try:
        with progress.step(text):
            raise Failed(text)
    except Failed:
        pass


def _send(webhook: Webhook, text: str) -> None:
    import requests

    if not webhook.address.startswith(("https://", "http://")):
        raise Failed("its address does not begin with https://")
    try:
        # Followed, a redirect would tell somebody else, and as a GET nothing at all.
        with requests.post(
            webhook.address,
            json={"text": text},
            timeout=webhook.timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            status = response.status_code
    except requests.Timeout as error:
        raise _Again(f"no answer within {webhook.timeout:g} s") from error
    except (requests.RequestException, OSError, ValueError) as error:
        raise _Again(_without_address(error)) from error
    if status >= 500 or status == 429:
        raise _Again(f"it answered {status}")
    if not 200 <= status < 300:
        raise Failed(f"it answered {status}")


def _without_address(error: Exception) -> str:
    """What went wrong; the error's own text holds the address."""
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.ConnectionError):
        return "it cannot be reached"
    return f"it cannot be asked ({type(error).__name__})"
