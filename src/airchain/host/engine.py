"""The engine on this host, and the network that its services share."""

from __future__ import annotations

import docker.types
from docker.api.client import APIClient
from docker.errors import NotFound

from airchain.host.instances import ENGINE_RANGE, GATEWAY, NETWORK, SUBNET

SOCKET = "unix:///var/run/docker.sock"
# The oldest engine that we support, Docker 20.10, speaks this version.
_API_VERSION = "1.41"
_TIMEOUT = 300


def connect() -> APIClient:
    """The Engine API of this host. Nothing is sent yet."""
    return APIClient(base_url=SOCKET, version=_API_VERSION, timeout=_TIMEOUT)


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
