"""Bring an environment up and take it down: the order in which its parts come and go."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

from airchain import locks, machine
from airchain.errors import GivenUp
from airchain.fleet import (
    backing,
    delivery,
    edge,
    haproxy,
    host_image,
    keeper,
    local,
    preflight,
    secrets,
)
from airchain.fleet import settings as local_settings
from airchain.fleet.machine import require_inotify
from airchain.fleet.place import Place, is_up, wait_settled
from airchain.fleet.status import EnvironmentStatus
from airchain.images import engine as engines
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.progress import Progress, Step
from airchain.registry import serve
from airchain.release.make import fetch
from airchain.release.operation import Operation, Order, under_way
from airchain.release.reports import reports
from airchain.spec.model import Environment, Product
from airchain.store import Store
from airchain.store.records import OwnImages, Release, environment_key, images_key

# What hosts are given to end their services when the whole environment goes, at least.
DOWN_TIMEOUT = 10.0
_LONG = 30.0
# Hosts whose machine was restarted are silent, and only start once the keeper does.
SILENCE = 30.0
# An `up` that starts everything takes a minute; one that hangs shall not hold others for ever.
LOCK_TIMEOUT = 300.0
# What one machine is prepared for, however large `max` is.
MOST_LOCAL_HOSTS = 20


def ready(product: Product, home: Home, progress: Progress) -> Engine:
    """An engine and the registry, started where they do not answer; room to work in."""
    room = preflight.judge_disk(preflight.free_space(home), home.root)
    preflight.require([room])
    # All packages at once: later, images that are built side by side would each ask for theirs.
    engine = engines.ensure(home, progress, also=machine.GROUPS["run"])
    serve.ensure(home, product.registry.name, product.store)
    return engine


def check_machine(product: Product, environment: str, home: Home, progress: Progress) -> None:
    """Name what would fail later; a port counts as taken only by somebody else."""
    specification = product.environments[environment]
    ports: list[tuple[int, str]] = []
    registry = serve.port_of(product.registry.name)
    if serve.running(home, registry) is None:
        ports.append((registry, "the registry"))
    if not haproxy.runtime(home, product.product, environment).answers():
        ports.append((specification.edge.port, "the edge"))
    hosts = min(sum(fleet.max for fleet in specification.fleets.values()), MOST_LOCAL_HOSTS)
    with progress.step("check this machine") as step:
        facts = preflight.observe(home, ports, hosts, clock=True)
        findings = preflight.judge(facts)
        preflight.require(findings)
        if require_inotify(hosts):
            step.note("raised fs.inotify.max_user_instances")
        for finding in findings:
            if finding.level == "warning":
                step.note(f"{finding.what}: {finding.text}; {finding.hint}")


@contextmanager
def own_images(
    product: Product, engine: Engine, home: Home, progress: Progress
) -> Iterator[Callable[[], OwnImages]]:
    """Build the host's and the edge's image while the block builds the product's."""
    with ThreadPoolExecutor(1) as pool:
        built = pool.submit(
            host_image.build, engine, home, product.registry, progress, product.store
        )

        def wait() -> OwnImages:
            host, front = built.result()
            return OwnImages(host=host, edge=front)

        try:
            yield wait
        except GivenUp:
            # The block was ended because this build failed: that is the error to show.
            built.result()
            raise


def up(
    place: Place,
    product: Product,
    release: str,
    images: OwnImages,
    progress: Progress,
) -> EnvironmentStatus:
    """Start what does not run, bring `release` to it, wait until all hosts serve it."""
    settings = product.environments[place.environment].deploy
    told = secrets.webhook(place.home, place.product, place.environment, settings, progress)
    with under_way(place.scope, Order("up", release, told), progress) as operation:
        with _alone(place.home, place.product, place.environment, progress):
            specification = _start(place, product, release, operation, images, progress)
        status = wait_settled(place, specification, progress)
        operation.hosts = [host.name for fleet in status.fleets for host in fleet.hosts]
    return status


def make_secrets(
    product: Product, environment: str, specification: Environment, home: Home, progress: Progress
) -> None:
    """Make the secrets that may be generated; name those that have no value, all at once."""
    with progress.step("secrets") as step:
        needed = secrets.declared(specification)
        new = secrets.ensure(home, product.product, environment, needed, product.secrets)
        if new:
            step.note(f"made {', '.join(new)}")


def down(home: Home, product: str, environment: str, progress: Progress) -> bool:
    """Remove all that `up` made; False where nothing was there."""
    store = local_settings.store(home, product, environment)
    engine = engines.ensure(home, progress)
    place = Place(engine, home, store, product, environment)
    with _alone(home, product, environment, progress):
        was_up = is_up(place) or home.environment(product, environment).exists()
        with progress.step("keeper"):
            keeper.stop(home, product, environment)
        with progress.step("hosts") as step:
            _remove_hosts(place, step)
        with progress.step("edge, backing services and files"):
            edge.remove(engine, home, product, environment)
            backing.remove(engine, product, environment)
            local.remove_files(engine, product, environment)
            local.remove_network(engine, product, environment)
        _forget(place, store)
    return was_up


def _alone(
    home: Home, product: str, environment: str, progress: Progress
) -> AbstractContextManager[None]:
    """One `up` or `down` of an environment at a time."""
    return locks.alone(
        home.environment_lock(product, environment),
        other=f"another `airchain up` or `down` of {product} {environment}",
        timeout=LOCK_TIMEOUT,
        progress=progress,
    )


def _start(
    place: Place,
    product: Product,
    release: str,
    operation: Operation,
    images: OwnImages,
    progress: Progress,
) -> Environment:
    record = fetch(product.registry.name, product.product, release, place.scope.keys)
    specification = record.environments[place.environment]
    made = local_settings.settings(
        product, place.environment, host_image=images.host, edge_image=images.edge
    )
    make_secrets(product, place.environment, specification, place.home, progress)
    local_settings.save(place.home, made)
    # Whoever cleans the registry, from whichever machine, keeps them.
    place.store.put(images_key(place.product, place.environment), images.encode())
    _start_backing(place, made, record, progress)
    # The keeper that runs follows the pointer with the edge too; two would get in each other's way.
    if keeper.state(place.home, place.product, place.environment) == "down":
        with progress.step("edge"):
            edge.ensure(place.engine, place.home, made, specification)
    settings = product.environments[place.environment].deploy
    delivery.deploy(place.home, operation, release, settings, progress, silence=SILENCE)
    with progress.step("keeper"):
        keeper.start(place.home, place.product, place.environment)
    return specification


def _start_backing(
    place: Place, made: local_settings.Settings, release: Release, progress: Progress
) -> None:
    specification = release.environments[place.environment]
    local.ensure_network(place.engine, place.product, place.environment)

    def start(name: str) -> None:
        image = release.images[specification.backing[name].image].reference
        with progress.step(f"backing service {name}"):
            backing.ensure(place.engine, place.home, made, specification, name, image)

    with ThreadPoolExecutor(max(1, len(specification.backing))) as pool:
        for done in [pool.submit(start, name) for name in specification.backing]:
            done.result()


def _remove_hosts(place: Place, step: Step) -> None:
    names = [h.name for h in local.hosts(place.engine, place.product, place.environment)]
    asked = {r.host: r.stop_timeout for r in reports(place.scope)}
    longest = max((asked.get(name, 0.0) for name in names), default=0.0)
    if longest > _LONG:
        step.note(f"services may take {longest:g} s to finish what they do")

    def remove(name: str) -> None:
        local.terminate(
            place.engine,
            place.home,
            place.product,
            place.environment,
            name,
            timeout=max(DOWN_TIMEOUT, asked.get(name, 0.0)),
        )

    with ThreadPoolExecutor(max(1, len(names))) as pool:
        list(pool.map(remove, names))


def _forget(place: Place, store: Store) -> None:
    """What only an environment that is up has: reports of hosts, leases of tasks, own images."""
    prefix = environment_key(place.product, place.environment)
    for folder in ("hosts", "leases", "fleets"):
        for key in store.list(f"{prefix}/{folder}"):
            store.delete(key)
    store.delete(images_key(place.product, place.environment))
    shutil.rmtree(place.home.environment(place.product, place.environment), ignore_errors=True)
