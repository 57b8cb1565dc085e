"""Hosts as system containers on this machine: launch, list, terminate."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from docker.errors import NotFound

from airchain.files import write_whole
from airchain.fleet import host_args, machine, names, secrets, store_keys
from airchain.fleet import settings as local_settings
from airchain.fleet.engine_api import session
from airchain.fleet.host_args import HostPlan
from airchain.fleet.settings import Settings
from airchain.host.identity import Identity
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.release.keys import Keys
from airchain.run import run
from airchain.spec.model import Environment, Storage
from airchain.store.records import host_key

# Beyond a service's own stop timeout: systemd and the engine inside end too.
STOP_MARGIN = 20.0
_SECRETS_TIMEOUT = 20


@dataclass(frozen=True)
class LocalHost:
    """A host's container. `state` is the engine's word: created, running or exited."""

    name: str
    fleet: str
    state: str
    address: str
    created: datetime


def ensure_network(engine: Engine, product: str, environment: str) -> None:
    """Make the environment's network where it is not there yet."""
    name = names.network(product, environment)
    labels = {names.PRODUCT: product, names.ENVIRONMENT: environment}
    with session(engine, name) as client:
        if not client.networks.list(names=[f"^{name}$"]):
            client.networks.create(name, driver="bridge", labels=labels, check_duplicate=True)


def remove_network(engine: Engine, product: str, environment: str) -> None:
    """Remove the network, and volumes of hosts whose end was cut short; neither is fine too."""
    name = names.network(product, environment)
    with session(engine, name) as client:
        selector = names.selector(product, environment, "host")
        for volume in client.api.volumes(filters=selector)["Volumes"] or []:
            client.api.remove_volume(volume["Name"])
        for network in client.networks.list(names=[f"^{name}$"]):
            network.remove()


def remove_files(engine: Engine, product: str, environment: str) -> None:
    """Remove what the environment's hosts shared; nothing being there is fine."""
    with session(engine, "files") as client:
        selector = names.selector(product, environment, "files")
        for volume in client.api.volumes(filters=selector)["Volumes"] or []:
            client.api.remove_volume(volume["Name"])


def hosts(engine: Engine, product: str, environment: str) -> tuple[LocalHost, ...]:
    """Every host of the environment, in whatever state, by name."""
    with session(engine, "hosts") as client:
        found = client.api.containers(
            all=True, filters=names.selector(product, environment, "host")
        )
    return tuple(sorted((_host(summary) for summary in found), key=lambda h: h.name))


def launch(
    engine: Engine,
    home: Home,
    settings: Settings,
    environment: Environment,
    fleet: str,
    host: str,
) -> None:
    """Create and start `host`, and give it the secrets of its fleet's services.

    Returns as soon as it boots. A host that cannot be started leaves nothing.
    """
    plan = _plan(engine, home, settings, environment, fleet, host)
    values = secrets.values(
        home, settings.product, settings.environment, fleet_secrets(environment, fleet)
    )
    values |= store_keys.for_hosts(home, settings)
    name = names.container(plan.product, plan.environment, host)
    _prepare_folders(home, plan, settings.store)
    # Refused where the name is another host's: that one is not ours to take away again.
    with session(engine, host) as client:
        client.api.create_container_from_config(host_args.body(plan), name)  # type: ignore[no-untyped-call]
    try:
        with session(engine, host) as client:
            client.api.start(name)
        send_secrets(engine, settings, host, values)
    except BaseException:
        terminate(engine, home, settings.product, settings.environment, host, timeout=0)
        raise


def fleet_secrets(environment: Environment, fleet: str) -> tuple[str, ...]:
    """Names of the secrets that a fleet's hosts need.

    Those of its services, of tasks, which run on any host, and of nginx where it answers.
    """
    # A release that brings the fleet, or takes it away, has a neighbour without it.
    listed = environment.fleets[fleet].services if fleet in environment.fleets else ()
    services = [s for n, s in environment.services.items() if n in listed or s.kind == "task"]
    found = {secret for service in services for secret in service.secrets}
    if fleet in environment.web_fleets:
        found.update(environment.signing_keys)
    return tuple(sorted(found))


def send_secrets(
    engine: Engine, settings: Settings, host: str, values: Mapping[str, bytes]
) -> None:
    """Write the secrets into the memory of a running host, over standard input."""
    container = names.container(settings.product, settings.environment, host)
    run(
        [engine.cli, "exec", "-i", container, "/usr/lib/airchain/receive-secrets"],
        env=engine.env(),
        stdin=_archive(values),
        timeout=_SECRETS_TIMEOUT,
        hint=f"`docker -H {engine.url} logs {container}` shows what the host said last",
    )


def terminate(
    engine: Engine, home: Home, product: str, environment: str, host: str, *, timeout: float
) -> None:
    """End `host`, giving its services `timeout` seconds, and remove all it had.

    None being there is fine. `timeout` 0 ends it at once.
    """
    name = names.container(product, environment, host)
    with session(engine, host) as client:
        try:
            if timeout:
                client.api.stop(name, timeout=round(timeout + STOP_MARGIN))
            client.api.remove_container(name, force=True, v=True)
        except NotFound:
            pass
        try:
            client.api.remove_volume(name)
        except NotFound:
            pass
    _forget(home, product, environment, host)


def forget(home: Home, product: str, environment: str, known: Collection[str]) -> None:
    """Remove what hosts left whose containers were taken away by somebody else."""
    folder = host_key(product, environment, "x").removesuffix("/x")
    keys = local_settings.store(home, product, environment).list(folder)
    left = {key.removeprefix(f"{folder}/").partition("/")[0] for key in keys}
    # One that never reported has a folder without anything in it.
    left.update(found.name for found in (home.store / folder).glob("*") if found.is_dir())
    for host in left.difference(known):
        _forget(home, product, environment, host)


def _forget(home: Home, product: str, environment: str, host: str) -> None:
    """Remove what a host wrote, and who it was."""
    key = host_key(product, environment, host)
    store = local_settings.store(home, product, environment)
    for written in store.list(key):
        store.delete(written)
    _remove_folder(home.store / key)
    _remove_folder(_folder(home, product, environment, host))


def last_words(engine: Engine, product: str, environment: str, host: str) -> str:
    """The last lines that a host's first process printed; empty where there are none."""
    with session(engine, host) as client:
        try:
            name = names.container(product, environment, host)
            return client.api.logs(name, tail=20).decode("utf-8", "replace").strip()
        except NotFound:
            return ""


def _plan(
    engine: Engine,
    home: Home,
    settings: Settings,
    environment: Environment,
    fleet: str,
    host: str,
) -> HostPlan:
    size = settings.size(fleet, environment.fleets[fleet])
    return HostPlan(
        product=settings.product,
        environment=settings.environment,
        fleet=fleet,
        host=host,
        image=settings.host_image,
        cpus=size.cpus,
        memory=size.memory,
        capabilities=machine.host_capabilities(engine),
        store=None if settings.store.s3 else str(home.store),
        registry=settings.registry,
        identity=str(_folder(home, settings.product, settings.environment, host) / "host.json"),
    )


def _prepare_folders(home: Home, plan: HostPlan, store: Storage) -> None:
    """What is mounted must exist, or the engine makes folders of its own there."""
    home.registry_storage.mkdir(parents=True, exist_ok=True)
    if plan.store is not None:
        for key in host_args.writable(plan):
            Path(plan.store, key).mkdir(parents=True, exist_ok=True)
    reached = local_settings.store(home, plan.product, plan.environment)
    known = Keys(home, reached, plan.product).memory(plan.environment)
    identity = Identity(
        product=plan.product,
        environment=plan.environment,
        fleet=plan.fleet,
        host=plan.host,
        registry=plan.registry,
        trust=known.trust,
        pointer=known.pointer,
        store=store,
        keys_delivered=store.s3 is not None,
    )
    write_whole(Path(plan.identity), identity.encode())


def _folder(home: Home, product: str, environment: str, host: str) -> Path:
    return home.environment(product, environment) / "hosts" / host


def _remove_folder(folder: Path) -> None:
    """Remove a folder of few files, among which others may just be writing."""
    if not folder.is_dir():
        return
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
    folder.rmdir()


def _archive(values: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, value in sorted(values.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(value)
            archive.addfile(entry, io.BytesIO(value))
    return packed.getvalue()


def _host(summary: Mapping[str, Any]) -> LocalHost:
    networks = summary["NetworkSettings"]["Networks"]
    return LocalHost(
        name=summary["Labels"][names.NAME],
        fleet=summary["Labels"][names.FLEET],
        state=summary["State"],
        address=next((n["IPAddress"] for n in networks.values() if n["IPAddress"]), ""),
        created=datetime.fromtimestamp(summary["Created"]).astimezone(),
    )
