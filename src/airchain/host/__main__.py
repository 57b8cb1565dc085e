"""`python -m airchain.host`: the agent, as systemd runs it on every host."""

from __future__ import annotations

import logging
import signal
import sys

import structlog

from airchain.errors import AirchainError
from airchain.host.engine import connect
from airchain.host.identity import Places, read_identity
from airchain.host.loop import Agent
from airchain.host.registry import host_store


def main() -> int:
    """Run until SIGTERM; services go on without the agent."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=("level", "event")),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    places = Places()
    try:
        identity = read_identity(places)
        store = host_store(places, identity)
    except AirchainError as error:
        structlog.get_logger().error(str(error))
        return 1
    agent = Agent(places, identity, store, connect())
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: agent.stop())
    agent.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
