"""Backing services as containers on the environment's network, reachable by their name."""

from __future__ import annotations

import hashlib
import json
import shlex
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.errors import NotFound

from airchain.errors import FleetError, WaitTimeout
from airchain.files import write_whole
from airchain.fleet import names, secrets
from airchain.fleet.engine_api import require_image, session
from airchain.fleet.host_args import memory_bytes
from airchain.fleet.settings import Settings
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.spec.model import Backing, Environment

WITHIN = 120.0
_STOP = 30
_LOG_LINES = 50


def ensure(
    engine: Engine,
    home: Home,
    settings: Settings,
    environment: Environment,
    name: str,
    image: str,
) -> bool:
    """Make the backing service `name` run from `image`, and wait until its port answers.

    One that runs with another image or other settings is replaced; its data
    stays. Returns whether anything was done.
    """
    backing = environment.backing[name]
    body, values = _wanted(home, settings, name, backing, image)
    container = names.container(settings.product, settings.environment, name)
    with session(engine, f"backing service {name}") as client:
        if _runs(client, container, body["Labels"][names.CONFIG]):
            _await(client, container, name, backing.port)
            return False
        require_image(client, image)
        _write_secrets(_secrets_folder(home, settings, name), values)
        _remove(client, container)
        client.api.create_container_from_config(body, container)  # type: ignore[no-untyped-call]
        client.api.start(container)
        _await(client, container, name, backing.port)
    return True


def others(
    engine: Engine,
    home: Home,
    settings: Settings,
    environment: Environment,
    images: Mapping[str, str],
) -> tuple[str, ...]:
    """Backing services that `ensure` would make, or make anew; `images` are references by name.

    Empty where the engine has no backing service of the environment at all: it is not up here.
    """
    there = _containers(engine, settings.product, settings.environment)
    if not there:
        return ()
    running = {
        c["Labels"][names.NAME]: c["Labels"].get(names.CONFIG)
        for c in there
        if c["State"] == "running"
    }
    found = []
    for name, backing in sorted(environment.backing.items()):
        body, _ = _wanted(home, settings, name, backing, images[backing.image])
        if running.get(name) != body["Labels"][names.CONFIG]:
            found.append(name)
    return tuple(found)


def states(engine: Engine, product: str, environment: str) -> Mapping[str, str]:
    """The state of every backing service's container, by name."""
    found = _containers(engine, product, environment)
    return {c["Labels"][names.NAME]: c["State"] for c in found}


def remove(engine: Engine, product: str, environment: str) -> None:
    """End and remove all backing services of the environment, and their data."""
    with session(engine, "backing services") as client:
        selector = names.selector(product, environment, "backing")
        for container in client.api.containers(all=True, filters=selector):
            _remove(client, container["Id"])
        for volume in client.api.volumes(filters=selector)["Volumes"] or []:
            client.api.remove_volume(volume["Name"])


def _containers(engine: Engine, product: str, environment: str) -> list[dict[str, Any]]:
    """Containers of backing services, also those that ended."""
    selector = names.selector(product, environment, "backing")
    with session(engine, "backing services") as client:
        return list(client.api.containers(all=True, filters=selector))


def _wanted(
    home: Home, settings: Settings, name: str, backing: Backing, image: str
) -> tuple[dict[str, Any], Mapping[str, bytes]]:
    """The container that shall run, with what it is compared by, and its secrets' values."""
    values = secrets.values(home, settings.product, settings.environment, backing.secrets)
    body = container_body(settings, name, backing, image, _secrets_folder(home, settings, name))
    body["Labels"][names.CONFIG] = fingerprint(body, values)
    return body, values


def container_body(
    settings: Settings, name: str, backing: Backing, image: str, folder: Path
) -> dict[str, Any]:
    """The body of the Engine API's `POST /containers/create`; secrets are files in `folder`."""
    network = names.network(settings.product, settings.environment)
    labels = names.labels(settings.product, settings.environment, "backing", name)
    files = {f"{secret}_FILE": f"/run/secrets/{secret}" for secret in backing.secrets}
    body: dict[str, Any] = {
        "Image": image,
        "Hostname": name,
        "Labels": labels,
        "Env": [f"{key}={value}" for key, value in sorted({**backing.env, **files}.items())],
        "HostConfig": {
            "NetworkMode": network,
            "Mounts": [
                *(_secret_mount(folder, secret) for secret in backing.secrets),
                *_data_mount(settings, name, backing, labels),
            ],
            "Memory": memory_bytes(backing.memory) if backing.memory else 0,
            "SecurityOpt": ["no-new-privileges"],
            "Init": True,
            "RestartPolicy": {"Name": "unless-stopped"},
            "LogConfig": {"Type": "local", "Config": {"max-size": "5m", "max-file": "2"}},
        },
        "NetworkingConfig": {"EndpointsConfig": {network: {"Aliases": [name]}}},
    }
    if backing.command is not None:
        body["Cmd"] = shlex.split(backing.command)
    return body


def fingerprint(body: Mapping[str, Any], values: Mapping[str, bytes]) -> str:
    """What a running container is compared by: settings, image and values of secrets."""
    digests = {name: hashlib.sha256(value).hexdigest() for name, value in values.items()}
    text = json.dumps([body, digests], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _secret_mount(folder: Path, secret: str) -> dict[str, Any]:
    target = f"/run/secrets/{secret}"
    return {"Type": "bind", "Source": str(folder / secret), "Target": target, "ReadOnly": True}


def _data_mount(
    settings: Settings, name: str, backing: Backing, labels: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The volume is filled from the image the first time: that is how fixtures arrive."""
    if backing.data is None:
        return []
    return [
        {
            "Type": "volume",
            "Source": names.container(settings.product, settings.environment, name),
            "Target": backing.data,
            "VolumeOptions": {"Labels": dict(labels)},
        }
    ]


def _secrets_folder(home: Home, settings: Settings, name: str) -> Path:
    return home.environment(settings.product, settings.environment) / "backing" / name


def _write_secrets(folder: Path, values: Mapping[str, bytes]) -> None:
    """Files that whichever user the image has can read, in a folder that only we can enter."""
    if not values:
        return
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name, value in values.items():
        write_whole(folder / name, value, mode=0o444)


def _runs(client: DockerClient, container: str, config: str) -> bool:
    try:
        found = client.api.inspect_container(container)
    except NotFound:
        return False
    same = found["Config"]["Labels"].get(names.CONFIG) == config
    return same and bool(found["State"]["Running"])


def _remove(client: DockerClient, container: str) -> None:
    try:
        client.api.stop(container, timeout=_STOP)
        client.api.remove_container(container, force=True)
    except NotFound:
        pass


def _await(client: DockerClient, container: str, name: str, port: int) -> None:
    """Wait until the service's port takes a connection."""
    deadline = time.monotonic() + WITHIN
    while True:
        found = client.api.inspect_container(container)
        state = found["State"]
        networks = found["NetworkSettings"]["Networks"].values()
        address = next((n["IPAddress"] for n in networks if n["IPAddress"]), None)
        if state["Running"] and address and _takes_connection(address, port):
            return
        ended = not state["Running"] or state["Restarting"] or found["RestartCount"] > 0
        if ended or time.monotonic() > deadline:
            raise _failure(client, container, name, port, state, ended=ended)
        time.sleep(0.1)


def _failure(
    client: DockerClient,
    container: str,
    name: str,
    port: int,
    state: Mapping[str, Any],
    *,
    ended: bool,
) -> FleetError | WaitTimeout:
    log = client.api.logs(container, tail=_LOG_LINES).decode("utf-8", "replace").strip() or None
    where = f"backing service {name}"
    if ended:
        return FleetError(f"ended with exit status {state['ExitCode']}", where=where, detail=log)
    return WaitTimeout(f"waited {WITHIN:g} s for port {port} to answer", where=where, detail=log)


def _takes_connection(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False
