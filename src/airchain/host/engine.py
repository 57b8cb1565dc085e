"""The engine on this host, and the network that its services share."""

from __future__ import annotations

from typing import Any

import docker.types
import requests
from docker.api.client import APIClient
from docker.errors import NotFound

from airchain.host.instances import ENGINE_RANGE, GATEWAY, NETWORK, SUBNET

SOCKET = "unix:///var/run/docker.sock"
# The oldest engine that we support, Docker 20.10, speaks this version.
_API_VERSION = "1.41"
_TIMEOUT = 300
# Seconds. A pull says several times a second how far it is; what has stood still for so
# long keeps the agent from its pointer, and is broken off and tried again.
SILENCE = 60.0


class Bounded(APIClient):
    """The Engine API, also of which the library lets some calls last for ever."""

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        """Send, and let the engine be silent for no longer than `SILENCE`, or the call's bound."""
        if more.get("timeout") is None:
            more["timeout"] = SILENCE
        return super().send(request, **more)


def connect(url: str = SOCKET) -> APIClient:
    """The Engine API of this host. Nothing is sent yet."""
    return Bounded(base_url=url, version=_API_VERSION, timeout=_TIMEOUT)


def ensure_network(engine: APIClient) -> None:
    """Make the network of the services where it is not there yet."""
    try:
        engine.inspect_network(NETWORK)
    except NotFound:
        pool = docker.types.IPAMPool(subnet=SUBNET, gateway=GATEWAY, iprange=ENGINE_RANGE)
        engine.create_network(
            NETWORK,
            driver="bridge",
            ipam=docker.types.IPAMConfig(pool_configs=[pool]),
            options={"com.docker.network.bridge.name": "airchain0"},
        )
