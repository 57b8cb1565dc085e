"""One environment of one product on this machine: where it is, what is true of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from airchain.errors import EngineError, FleetError, WaitTimeout
from airchain.fleet import backing, haproxy, keeper, local, logs, names, settings
from airchain.fleet.engine_api import session
from airchain.fleet.status import Container, EnvironmentStatus, Facts, assemble
from airchain.images import engine as engines
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.progress import Progress
from airchain.release import deploy, gates, lock, pointer
from airchain.release.keys import Keys
from airchain.release.reports import reports
from airchain.release.scope import Scope
from airchain.spec.model import Environment
from airchain.store import Store, clock
from airchain.store.records import FleetSize, Release, Report, fleet_key, read

SETTLE_TIMEOUT = 300.0
POLL = 0.1


@dataclass(frozen=True)
class Place:
    """Where an environment lives."""

    engine: Engine
    home: Home
    store: Store
    product: str
    environment: str

    def __str__(self) -> str:
        return f"{self.product} {self.environment}"

    @cached_property
    def scope(self) -> Scope:
        """The same environment, as releases are brought to it."""
        keys = Keys(self.home, self.store, self.product)
        return Scope(self.store, self.product, self.environment, keys)


def find(home: Home, store: Store, product: str, environment: str) -> Place:
    """The place of an environment; an `EngineError` where no engine answers."""
    engine = engines.find(home)
    if engine is None:
        raise EngineError(
            "no Docker Engine answers, so nothing is up",
            where=f"{product} {environment}",
            hint=f"`airchain up {environment}` starts one",
        )
    return Place(engine, home, store, product, environment)


def is_up(place: Place) -> bool:
    """Whether the environment has any container."""
    return bool(_hosts(place) or backing.states(place.engine, place.product, place.environment))


def backing_left(place: Place, release: Release) -> tuple[str, ...]:
    """Backing services that do not run as the release wants them: a deployment leaves them."""
    specification = release.environments[place.environment]
    made = settings.load(place.home, place.product, place.environment)
    images = {name: image.reference for name, image in release.images.items()}
    return backing.others(place.engine, place.home, made, specification, images)


def observe(place: Place, specification: Environment) -> EnvironmentStatus:
    """What is true right now."""
    last_good = pointer.last_good(place.scope)
    refusal = place.scope.keys.follower(place.environment).refusal
    runtime = haproxy.runtime(place.home, place.product, place.environment)
    answers = runtime.answers()
    facts = Facts(
        product=place.product,
        environment=place.environment,
        specification=specification,
        pointer=last_good,
        refusal=refusal.text if refusal else None,
        sizes={
            name: size.size
            for name in specification.fleets
            if (size := _size(place, name)) is not None
        },
        containers=[Container(h.name, h.fleet, h.state, h.address) for h in _hosts(place)],
        reports=reports(place.scope),
        edge_servers={s.host: s.state for s in runtime.servers()} if answers else {},
        edge="running" if answers else "down",
        keeper=keeper.state(place.home, place.product, place.environment),
        backing=backing.states(place.engine, place.product, place.environment),
        lock=lock.current(place.scope),
    )
    return assemble(facts, clock.now(place.store))


def set_size(place: Place, specification: Environment, fleet: str, size: int) -> int:
    """Write how many hosts `fleet` shall have; return how many it should have before."""
    wanted = specification.fleets.get(fleet)
    if wanted is None:
        raise FleetError(
            f"there is no fleet {fleet!r}",
            where=str(place),
            hint=f"known: {', '.join(specification.fleets)}",
        )
    if not wanted.min <= size <= wanted.max:
        raise FleetError(
            f"must be {wanted.min}..{wanted.max}, got {size}",
            where=f"{place}: size of {fleet}",
            hint="min and max stand in airchain.yaml",
        )
    if keeper.state(place.home, place.product, place.environment) == "down":
        raise FleetError(
            "the keeper is not running, so nothing would change",
            where=str(place),
            hint=f"`airchain up {place.environment}` starts it",
        )
    before = _size(place, fleet)
    key = fleet_key(place.product, place.environment, fleet)
    place.store.put(key, FleetSize(size=size).encode())
    return wanted.min if before is None else before.size


def wait_settled(
    place: Place, specification: Environment, progress: Progress, *, timeout: float = SETTLE_TIMEOUT
) -> EnvironmentStatus:
    """Wait until every fleet has its size and every host serves the pointer's release.

    A host that says that it cannot run the release ends the wait with its
    check and log; so does a keeper that is not running.
    """
    deadline = time.monotonic() + timeout
    said: tuple[str, ...] = ()
    with progress.step("hosts in service") as step:
        while True:
            status = observe(place, specification)
            if status.settled:
                return status
            if status.unsettled != said:
                said = status.unsettled
                step.note("; ".join(said[:3]))
            _stop_waiting_in_vain(place, status)
            if time.monotonic() > deadline:
                raise WaitTimeout(
                    f"waited {timeout:g} s: {'; '.join(said)}",
                    where=str(place),
                    hint=f"`airchain status {place.environment}` shows what each host says",
                )
            time.sleep(POLL)


def containers_with(
    place: Place, specification: Environment, service: str
) -> Sequence[tuple[str, str]]:
    """Running hosts (name, container) whose fleet runs `service`; tasks run on any."""
    known = specification.services.get(service)
    if known is None:
        raise FleetError(
            f"there is no service {service!r}",
            where=str(place),
            hint=f"known: {', '.join(specification.services)}",
        )
    fleets = {n for n, f in specification.fleets.items() if service in f.services}
    return [
        (host.name, names.container(place.product, place.environment, host.name))
        for host in _hosts(place)
        if host.state == "running" and (host.fleet in fleets or known.kind == "task")
    ]


def evidence(place: Place, said: Sequence[Report]) -> str:
    """The last lines of the instances in these reports, as far as their hosts are up."""
    argv = logs.evidence_argv(place.product, said)
    hosts = {report.host for report in said}
    up = [h.name for h in _hosts(place) if h.name in hosts and h.state == "running"]
    found = [(name, names.container(place.product, place.environment, name)) for name in up]
    if not (argv and found):
        return ""
    with session(place.engine, "the hosts' logs") as client:
        lines = logs.read(client, found, argv)
    return "\n".join(f"{line.host} {line.text}" for line in lines)


def exec_argv(
    place: Place,
    specification: Environment,
    service: str,
    command: Sequence[str],
    *,
    host: str | None,
    terminal: bool,
) -> list[str]:
    """What is run on this machine to run `command` in a container of `service`."""
    hosts = dict(containers_with(place, specification, service))
    running = {
        report.host: entry.instance
        for report in reports(place.scope)
        for entry in report.services
        if report.host in hosts and entry.name == service and entry.state == "running"
    }
    chosen = host or next(iter(running), None)
    if chosen is None or chosen not in running:
        raise FleetError(
            f"{service} runs on no host" if chosen is None else f"{service} does not run there",
            where=str(place) if chosen is None else chosen,
            hint=f"`airchain status {place.environment}` shows what runs where",
        )
    docker = [str(place.engine.cli), "exec", "-i", *(["-t"] if terminal else [])]
    container = f"{place.product}-{service}-{running[chosen]}"
    inside = ["docker", "exec", "-i", *(["-t"] if terminal else []), container]
    return [*docker, hosts[chosen], *inside, *command]


def _stop_waiting_in_vain(place: Place, status: EnvironmentStatus) -> None:
    held = pointer.hold(place.scope)
    for report in reports(place.scope):
        if held and report.refused == held.mark:
            raise FleetError(report.error or "refuses", where=report.host, hint=report.hint)
        if held and report.state == "failed" and report.serial == held.pointer.serial:
            serves = f"{report.host} still serves the release before" if report.running else ""
            raise deploy.failure(gates.failed(report), serves or "it serves nothing")
    said = keeper.status(place.home, place.product, place.environment)
    if said and said.error:
        raise FleetError(
            said.error,
            where=f"keeper of {place}",
            hint=f"it tries again by itself; `airchain status {place.environment}` shows how far",
        )
    if status.keeper == "down":
        raise FleetError(
            "the keeper is not running, so nothing will change",
            where=str(place),
            hint=f"`airchain up {place.environment}` starts it",
        )


def _hosts(place: Place) -> tuple[local.LocalHost, ...]:
    return local.hosts(place.engine, place.product, place.environment)


def _size(place: Place, fleet: str) -> FleetSize | None:
    return read(place.store, fleet_key(place.product, place.environment, fleet), FleetSize)
