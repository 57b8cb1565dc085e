"""Kombu's SQS transport, without the fault that ends a worker when SQS does not answer.

A failed poll reaches kombu's channel as a list of errors, of which it asks for messages, and the
`AttributeError` ends the worker. Raised as a lost connection, it makes the worker connect again.
"""

from typing import Any

from kombu.transport import SQS


class Channel(SQS.Channel):
    def _on_messages_ready(self, queue: str, queue_name: str, messages: Any) -> Any:
        if not isinstance(messages, dict):
            raise ConnectionError(f"SQS did not answer for the queue {queue_name}")
        return super()._on_messages_ready(queue, queue_name, messages)


class Transport(SQS.Transport):
    Channel = Channel
