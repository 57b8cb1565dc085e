"""Carry out what the keeper decided. What takes long is done in threads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from airchain.errors import FleetError
from airchain.fleet import haproxy, local, names, secrets, store_keys
from airchain.fleet.edge_config import EdgeServer
from airchain.fleet.haproxy import Runtime
from airchain.fleet.keeper_facts import Memory
from airchain.fleet.keeper_plan import Action, Deregister, Drain, Launch, Register, Terminate
from airchain.fleet.settings import Settings
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.spec.model import Environment

# Starting a host is mostly waiting for the engine; more at once gain nothing.
LAUNCHES = 6
# Ending one is waiting for its services, for minutes where a worker asks for them.
ENDS = 32


class Work:
    """Acts on one environment, keeps `memory` and says each thing once through `say`."""

    def __init__(
        self, engine: Engine, home: Home, memory: Memory, say: Callable[[str], None]
    ) -> None:
        self.engine = engine
        self.home = home
        self.memory = memory
        self.say = say
        self._launches = ThreadPoolExecutor(LAUNCHES, thread_name_prefix="launch")
        self._ends = ThreadPoolExecutor(ENDS, thread_name_prefix="end")
        self._sends = ThreadPoolExecutor(LAUNCHES, thread_name_prefix="secrets")
        self._sent: dict[str, str] = {}
        self._sending: set[str] = set()
        self._failures: dict[str, str] = {}

    @property
    def failure(self) -> str | None:
        """Why hosts of a fleet do not even start; None once one did."""
        return next(iter(dict(self._failures).values()), None)

    def close(self) -> None:
        """Wait for what is under way; begin nothing further."""
        for pool in (self._launches, self._ends, self._sends):
            pool.shutdown(wait=True, cancel_futures=True)

    def do(self, actions: Iterable[Action], settings: Settings, wanted: Environment) -> None:
        """Begin every action; one that fails keeps none of the others from being taken."""
        at_edge = haproxy.runtime(self.home, settings.product, settings.environment)
        failures: list[FleetError] = []
        for action in actions:
            try:
                match action:
                    case Launch(fleet):
                        self._launch(settings, wanted, fleet)
                    case Terminate():
                        self._terminate(settings, action)
                    case _:
                        self._at_edge(at_edge, action)
            except FleetError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _at_edge(self, runtime: Runtime, action: Register | Drain | Deregister) -> None:
        match action:
            case Register(fleet, host, address):
                runtime.add(EdgeServer(fleet, host, address))
                self.say(f"{host} is in service: registered at the edge")
            case Drain(fleet, host):
                runtime.drain(fleet, host)
                self.memory.draining[host] = datetime.now(UTC)
                self.say(f"{host} is drained at the edge")
            case Deregister(fleet, host):
                self.memory.draining.setdefault(host, datetime.now(UTC))
                if runtime.remove(fleet, host):
                    self.say(f"{host} is away from the edge")

    def send_secrets(
        self, settings: Settings, hosts: Iterable[local.LocalHost], releases: Iterable[Environment]
    ) -> None:
        """Give these hosts the secrets that a new release or `secrets set` brought."""
        known = list(releases)
        for host in hosts:
            if host.state != "running" or host.name in self._sending:
                continue
            needed = {n for r in known for n in local.fleet_secrets(r, host.fleet)}
            values = self._values(settings, needed)
            if self._sent.get(host.name) != _mark(values):
                self._sending.add(host.name)
                self._sends.submit(self._send, settings, host.name, values)

    def _send(self, settings: Settings, host: str, values: dict[str, bytes]) -> None:
        try:
            local.send_secrets(self.engine, settings, host, values)
            self._sent[host] = _mark(values)
        except Exception as error:  # noqa: BLE001 - nobody else looks at what a thread raises
            if host not in self.memory.ending:
                self.say(f"{host} did not take its secrets yet: {error}")
        finally:
            self._sending.discard(host)

    def _values(self, settings: Settings, needed: Iterable[str]) -> dict[str, bytes]:
        found = secrets.values(self.home, settings.product, settings.environment, sorted(needed))
        return found | store_keys.for_hosts(self.home, settings)

    def _launch(self, settings: Settings, wanted: Environment, fleet: str) -> None:
        host = names.new_host(fleet)
        self.memory.launching[host] = fleet
        self.say(f"{host} is launched")
        self._launches.submit(self._launched, settings, wanted, fleet, host)

    def _launched(self, settings: Settings, wanted: Environment, fleet: str, host: str) -> None:
        try:
            local.launch(self.engine, self.home, settings, wanted, fleet, host)
            self._sent[host] = _mark(self._values(settings, local.fleet_secrets(wanted, fleet)))
            self._failures.pop(fleet, None)
        except Exception as error:  # noqa: BLE001 - nobody else looks at what a thread raises
            self.memory.setbacks[fleet] = datetime.now(UTC)
            self._failures[fleet] = f"{host} could not be launched: {error}"
            self.say(self._failures[fleet])
        finally:
            self.memory.launching.pop(host, None)

    def _terminate(self, settings: Settings, action: Terminate) -> None:
        now = datetime.now(UTC)
        if action.replacement:
            self.memory.replaced[action.fleet] = now
        if action.setback:
            self.memory.setbacks[action.fleet] = now
        self.memory.ending.add(action.host)
        self.say(f"{action.host} is ended: {action.reason}")
        self._ends.submit(self._terminated, settings, action)

    def _terminated(self, settings: Settings, action: Terminate) -> None:
        try:
            if action.setback:
                said = local.last_words(
                    self.engine, settings.product, settings.environment, action.host
                )
                self._failures[action.fleet] = f"{action.host} ended as soon as it started: {said}"
                self.say(self._failures[action.fleet])
            local.terminate(
                self.engine,
                self.home,
                settings.product,
                settings.environment,
                action.host,
                timeout=action.timeout,
            )
        except Exception as error:  # noqa: BLE001 - nobody else looks at what a thread raises
            self.say(f"{action.host} could not be ended: {error}")
        finally:
            self.memory.ending.discard(action.host)
            self.memory.draining.pop(action.host, None)
            self._sent.pop(action.host, None)


def _mark(values: dict[str, bytes]) -> str:
    text = b"\0".join(name.encode() + b"=" + value for name, value in sorted(values.items()))
    return hashlib.sha256(text).hexdigest()
