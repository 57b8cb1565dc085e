"""The edge of a local environment: one HAProxy on 127.0.0.1 in front of its hosts."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.errors import APIError, NotFound

from airchain.errors import FleetError, WaitTimeout
from airchain.files import write_whole
from airchain.fleet import edge_config, names
from airchain.fleet.edge_config import EdgeServer
from airchain.fleet.engine_api import require_image, session
from airchain.fleet.haproxy import Runtime, folder, runtime
from airchain.fleet.settings import Settings
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.spec.model import Environment

# The kernel's limit for the path of a socket, without the final zero.
LONGEST_SOCKET = 107
_WITHIN = 20.0
_STOP = 10
# Who HAProxy is in the container where we are root: nobody else's number.
_USER = 10080
_NAME = "edge"


def ensure(engine: Engine, home: Home, settings: Settings, environment: Environment) -> bool:
    """Make the edge run with the configuration that `environment` needs.

    A running edge with another configuration reloads without dropping a
    connection, hosts included. Returns whether anything was done.
    """
    product, name = settings.product, settings.environment
    _require_short_path(home, product, name)
    here = runtime(home, product, name)
    before, hangs = _process(engine, here, settings)
    running = before is not None
    servers = [EdgeServer(s.fleet, s.host, s.address) for s in here.servers()] if running else []
    shape = edge_config.render(environment)
    unchanged = _file(home, settings, "shape").is_file() and (
        _file(home, settings, "shape").read_text() == shape
    )
    body = container_body(home, settings, environment.edge.port)
    label = body["Labels"][names.CONFIG]
    with session(engine, "the edge") as client:
        require_image(client, settings.edge_image)
        fitting = _config_label(client, settings) == label
        if running and fitting and unchanged:
            return False
        container = names.container(product, name, _NAME)
        if running or not unchanged:
            _write(home, settings, shape, edge_config.render(environment, servers))
        if running and fitting:
            client.api.kill(container, "SIGUSR2")
        elif fitting and not hangs:
            # It ended, or is just being started again: told to stop in this moment it would
            # not hear it. The hosts of before stand in its configuration.
            client.api.start(container)
        else:
            _replace(client, home, settings, environment.edge.port, body)
            before = None
    _await(engine, here, settings, before)
    return True


def remove(engine: Engine, home: Home, product: str, environment: str) -> None:
    """Stop and remove the edge; none being there is fine."""
    with session(engine, "the edge") as client:
        _remove(client, names.container(product, environment, _NAME), _STOP)
    for path in folder(home, product, environment).glob("*"):
        path.unlink()


def container_body(home: Home, settings: Settings, port: int) -> dict[str, Any]:
    """The body of the Engine API's `POST /containers/create`."""
    network = names.network(settings.product, settings.environment)
    labels = names.labels(settings.product, settings.environment, "edge", _NAME)
    user = os.getuid() or _USER
    inside = f"{edge_config.PORT}/tcp"
    return {
        "Image": settings.edge_image,
        "Hostname": _NAME,
        "User": f"{user}:{user}",
        "Labels": {**labels, names.CONFIG: f"{settings.edge_image} {port} {user}"},
        "ExposedPorts": {inside: {}},
        "HostConfig": {
            "NetworkMode": network,
            "PortBindings": {inside: [{"HostIp": "127.0.0.1", "HostPort": str(port)}]},
            "Binds": [f"{folder(home, settings.product, settings.environment)}:/run/edge"],
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "ReadonlyRootfs": True,
            "RestartPolicy": {"Name": "unless-stopped"},
            "LogConfig": {"Type": "local", "Config": {"max-size": "1m", "max-file": "2"}},
        },
        "NetworkingConfig": {"EndpointsConfig": {network: {"Aliases": [_NAME]}}},
    }


def _replace(
    client: DockerClient, home: Home, settings: Settings, port: int, body: dict[str, Any]
) -> None:
    name = names.container(settings.product, settings.environment, _NAME)
    _remove(client, name, _STOP)
    runtime(home, settings.product, settings.environment).path.unlink(missing_ok=True)
    client.api.create_container_from_config(body, name)  # type: ignore[no-untyped-call]
    try:
        client.api.start(name)
    except APIError as error:
        _remove(client, name, 0)
        said = str(error.explanation)
        if "already allocated" in said or "address already in use" in said:
            raise _port_taken(client, port) from error
        raise


def _port_taken(client: DockerClient, port: int) -> FleetError:
    holders = [
        summary["Names"][0].lstrip("/")
        for summary in client.api.containers()
        if any(p.get("PublicPort") == port for p in summary["Ports"])
    ]
    return FleetError(
        f"port {port} is taken" + (f" by the container {holders[0]}" if holders else ""),
        where=f"127.0.0.1:{port}",
        hint=f"set another `edge.port`, or see `ss -ltnp 'sport = :{port}'`",
    )


def _process(engine: Engine, here: Runtime, settings: Settings) -> tuple[int | None, bool]:
    """The process of the edge, and whether one runs without answering.

    One that is only slow to answer is waited for: replaced, it would drop requests.
    """
    name = names.container(settings.product, settings.environment, _NAME)
    deadline = time.monotonic() + _WITHIN
    while time.monotonic() < deadline:
        if found := here.process():
            return found, False
        with session(engine, "the edge") as client:
            try:
                state = client.api.inspect_container(name)["State"]
            except NotFound:
                return None, False
        if state["Restarting"] or not state["Running"]:
            return None, False
        time.sleep(0.1)
    return None, True


def _await(engine: Engine, here: Runtime, settings: Settings, before: int | None) -> None:
    """Wait until another process than `before` answers: one with the new configuration."""
    name = names.container(settings.product, settings.environment, _NAME)
    deadline = time.monotonic() + _WITHIN
    while here.process() in (None, before):
        with session(engine, "the edge") as client:
            state = client.api.inspect_container(name)["State"]
            log = client.api.logs(name, tail=50).decode("utf-8", "replace")
        if state["Restarting"] or not state["Running"] or time.monotonic() > deadline:
            raise WaitTimeout(
                f"waited {_WITHIN:g} s for the edge to answer on its socket"
                if state["Running"] and not state["Restarting"]
                else f"the edge ended with exit status {state['ExitCode']}",
                where=name,
                detail=log,
            )
        time.sleep(0.1)


def _write(home: Home, settings: Settings, shape: str, text: str) -> None:
    place = folder(home, settings.product, settings.environment)
    place.mkdir(parents=True, exist_ok=True)
    write_whole(_file(home, settings, "haproxy.cfg"), text.encode())
    write_whole(_file(home, settings, "shape"), shape.encode())
    if os.getuid() == 0:
        os.chown(place, _USER, _USER)
    place.chmod(0o700)


def _file(home: Home, settings: Settings, name: str) -> Path:
    return folder(home, settings.product, settings.environment) / name


def _config_label(client: DockerClient, settings: Settings) -> str | None:
    name = names.container(settings.product, settings.environment, _NAME)
    try:
        found = client.api.inspect_container(name)
    except NotFound:
        return None
    return str(found["Config"]["Labels"].get(names.CONFIG))


def _remove(client: DockerClient, name: str, timeout: int) -> None:
    try:
        if timeout:
            client.api.stop(name, timeout=timeout)
        client.api.remove_container(name, force=True, v=True)
    except NotFound:
        pass


def _require_short_path(home: Home, product: str, environment: str) -> None:
    path = runtime(home, product, environment).path
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        raise FleetError(
            f"is longer than the {LONGEST_SOCKET} bytes that the path of a socket may have",
            where=str(path),
            hint="set AIRCHAIN_HOME to a folder with a shorter path",
        )
