"""The environment on which faults are caused: a fleet on air, as seen from outside and inside.

It is brought up once and lives through every fault. `viewers` ask all the
time; `deploy` and `driver` act as a user would; `unsettled` says in words what
is not as it shall be, down to containers and units on each host.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tests.support.cli import COMMAND, Product
from tests.support.probe import Seen, probe
from tests.support.waiting import wait_until

from airchain.fleet import local, names
from airchain.fleet import place as places
from airchain.fleet.place import Place
from airchain.host.leases import host_of
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.release import pointer as pointers
from airchain.release.make import unsigned
from airchain.run import Result, run
from airchain.store import DirectoryStore
from airchain.store.records import (
    Lease,
    Pointer,
    Release,
    Report,
    lease_key,
    read,
    report_key,
)

NAME, ENVIRONMENT, PORT, SIZE = "faults", "prod", 18088, 3
# What a dead host was just answering is lost: at most one request of each viewer.
IN_FLIGHT = 6
# Beside the deployment's own bounds, what a busy machine may take.
PATIENCE = 90.0

# How a deployment that came to its end says so.
SUCCESS = " serves on "

Overlay = Mapping[str, Any]


@dataclass
class Driver:
    """An `airchain` command that runs beside the test, and may be killed."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        """What it printed so far."""
        return self.log.read_text(errors="replace")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it stand still, as in a laptop that was shut."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as the kernel would: it can do nothing about it."""
        assert self.process.poll() is None, f"it ended before it was killed:\n{self.said}"
        self.process.kill()
        self.process.wait(10)

    def end(self, within: float = PATIENCE) -> int:
        """Its exit status, once it has ended by itself."""
        return self.process.wait(within)

    def succeed(self, within: float = PATIENCE) -> None:
        """See it end well, and say so."""
        assert self.end(within) == 0, self.said
        assert SUCCESS in self.said, self.said


@dataclass
class Air:
    """An environment of three hosts, and the releases that were made for it."""

    engine: Engine
    home: Home
    product: Product
    scratch: Path
    made: dict[str, str] = field(default_factory=dict)
    records: dict[str, Release] = field(default_factory=dict)
    drivers: int = 0

    # Releases

    def release(self, text: str, overlay: Overlay | None = None) -> str:
        """The digest of a release that says `text`, with `overlay` laid over its environment."""
        if text not in self.made:
            path = self.product.folder / "airchain.yaml"
            before = path.read_text()
            document = YAML(typ="safe").load(before)
            environment = document["environments"][ENVIRONMENT]
            lay_over(environment, {"services": {"web": {"env": {"TEXT": text}}}})
            lay_over(environment, overlay or {})
            with path.open("w") as file:
                YAML().dump(document, file)
            self.product.commit(f"say {text}")
            try:
                self.made[text] = self.product.json("release")["digest"]
            finally:
                path.write_text(before)
                self.product.commit("put back")
        return self.made[text]

    def faulty(self, text: str, **behaviour: str) -> str:
        """A release whose web service misbehaves as app/service.py has it."""
        return self.release(text, {"services": {"web": {"env": behaviour}}})

    @property
    def good(self) -> str:
        """The release that serves now."""
        return self.pointer.release

    def other(self, overlay: Overlay | None = None, name: str = "slow ") -> str:
        """A good release that does not serve now: of two with this overlay the other one.

        Another overlay needs another `name`.
        """
        mark = name if overlay else ""
        first, second = (self.release(f"{mark}{t}", overlay) for t in ("morning", "evening"))
        return second if self.good == first else first

    def text(self, release: str) -> str:
        """What a release says to viewers."""
        return next(text for text, digest in self.made.items() if digest == release)

    @contextmanager
    def settings(self, **changed: Any) -> Iterator[None]:
        """The folder's own airchain.yaml with other settings of the environment."""
        path = self.product.folder / "airchain.yaml"
        before = path.read_text()
        document = YAML(typ="safe").load(before)
        lay_over(document["environments"][ENVIRONMENT], changed)
        with path.open("w") as file:
            YAML().dump(document, file)
        try:
            yield
        finally:
            path.write_text(before)

    # What a user does

    def deploy(self, release: str, *words: str) -> Result:
        """`airchain deploy`, to its end; whether it succeeded is for the test to say."""
        return self.product.airchain(
            "deploy", ENVIRONMENT, release, *words, timeout=150, check=False
        )

    def succeed(self, release: str) -> Result:
        """A deployment that has to end well, and to say so."""
        result = self.deploy(release)
        assert result.returncode == 0, result.stderr
        assert SUCCESS in result.stdout, result.stdout
        return result

    def bring(self, release: str) -> None:
        """A deployment that has to succeed, seen through."""
        self.succeed(release)
        self.settle(release)

    @contextmanager
    def driver(self, *release: str) -> Iterator[Driver]:
        """`airchain deploy` beside the test; killed at the end where it still runs."""
        self.drivers += 1
        log = self.scratch / f"driver-{self.drivers}.log"
        command: list[str | Path] = [
            COMMAND,
            "-C",
            self.product.folder,
            "deploy",
            ENVIRONMENT,
            *release,
        ]
        with log.open("wb") as file:
            process = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
        try:
            yield Driver(process, log)
        finally:
            process.kill()
            process.wait(10)

    def viewers(self, path: str = "/") -> AbstractContextManager[Seen]:
        """Requests through the edge until left, 60 a second."""
        return probe(PORT, "localhost", path)

    def scale(self, hosts: int) -> None:
        """`airchain scale`, to its end."""
        self.product.airchain("scale", ENVIRONMENT, "web", str(hosts))

    def up(self) -> Result:
        """`airchain up` with the release that the pointer names: what mends an environment."""
        return self.product.airchain("up", ENVIRONMENT, self.good.removeprefix("sha256:"))

    def status(self) -> str:
        """What `airchain status` says to people, of itself or of what it cannot read."""
        said = self.product.airchain("--plain", "status", ENVIRONMENT, check=False)
        return said.stdout + said.stderr

    # What is true

    @property
    def place(self) -> Place:
        """The environment, for those who ask the product's own code."""
        store = DirectoryStore(self.home.store)
        return Place(self.engine, self.home, store, NAME, ENVIRONMENT)

    @property
    def pointer(self) -> Pointer:
        """The environment's pointer."""
        held = pointers.hold(self.place.scope)
        assert held is not None, "there is no pointer"
        return held.pointer

    def chosen(self) -> str:
        """The host that runs a new release first, as soon as a deployment has chosen it."""
        self.until(lambda: bool(self.pointer.admitted), "a canary is chosen", 60)
        return (self.pointer.admitted or ("",))[0]

    def task_host(self) -> str:
        """The host that runs the task `migrate` of the release that is deployed, once one does."""
        found: list[str] = []

        def runs() -> bool:
            name = f"task/{self.good.removeprefix('sha256:')[:12]}/migrate"
            lease = read(self.place.store, lease_key(NAME, ENVIRONMENT, name), Lease)
            found[:] = [host_of(lease)] if lease and lease.state == "running" else []
            return any("-migrate-" in " ".join(self.containers(host)) for host in found)

        self.until(runs, "the task runs", 30)
        return found[0]

    @property
    def hosts(self) -> list[str]:
        """Names of the hosts whose containers run."""
        return [h.name for h in local.hosts(*self._key) if h.state == "running"]

    def report(self, host: str) -> Report:
        """What a host last said."""
        found = read(self.place.store, report_key(NAME, ENVIRONMENT, host), Report)
        assert found is not None, f"{host} has not said anything"
        return found

    def on(self, host: str, *words: str, check: bool = True) -> str:
        """What a command on a host printed."""
        name = self.container(host)
        argv: list[str | Path] = [self.engine.cli, "exec", name, *words]
        return run(argv, env=self.engine.env(), timeout=60, check=check).stdout.strip()

    def docker(self, *words: str) -> str:
        """Run `docker WORDS` against the engine that the hosts are on."""
        return run([self.engine.cli, *words], env=self.engine.env(), timeout=60).stdout.strip()

    def container(self, name: str) -> str:
        """The container of a host, a backing service or the edge."""
        return names.container(NAME, ENVIRONMENT, name)

    def containers(self, host: str) -> set[str]:
        """Names of the services' containers on a host."""
        return set(self.on(host, "docker", "ps", "--format", "{{.Names}}").split())

    def running(self, host: str) -> set[str]:
        """IDs of the services' containers on a host: another one after each start."""
        return set(self.on(host, "docker", "ps", "--no-trunc", "--quiet").split())

    def lines(self, service: str) -> list[str]:
        """What a service wrote, on all hosts together."""
        words = ("--identifier", service, "--output", "cat", "--no-pager", "--quiet")
        return [
            line for host in self.hosts for line in self.on(host, "journalctl", *words).splitlines()
        ]

    def said(self, service: str, words: str) -> int:
        """How often a service said these words, on all hosts together."""
        return self.lines(service).count(words)

    def forget_image(self, name: str) -> None:
        """Take an image away from every host, so that it has to be pulled."""
        repository = f"{self.registry}/{NAME}/{name}"

        def gone(host: str) -> bool:
            listed = self.on(host, "docker", "images", "-q", repository)
            if listed:
                remove = ("docker", "image", "rm", "--force", *set(listed.split()))
                self.on(host, *remove, check=False)
            return not listed

        # A container of the release before may still be draining, and holds its image.
        for host in self.hosts:
            self.until(partial(gone, host), f"{host} has no image {name}")

    def until(self, true: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
        """Wait for `true`; where it does not become so, show what hosts say."""
        try:
            wait_until(true, what, within)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.evidence()}") from None

    def evidence(self) -> str:
        """What somebody who looks for the reason would look at first."""
        said = [self.status()]
        for host in self.hosts:
            journal = ("journalctl", "--unit=airchain-agent", "-n", "25", "--output=cat")
            said.append(f"--- {host}\n{self.on(host, *journal, check=False)}")
        log = self.home.environment(NAME, ENVIRONMENT) / "keeper.log"
        return "\n".join([*said, "--- keeper", *log.read_text().splitlines()[-25:]])

    # What shall be true

    def unsettled(self, *, inside: bool = True) -> list[str]:
        """What is not as it shall be, in words; empty where all is well.

        `inside` looks at containers and units on every host too.
        """
        specification = self.record(self.good).environments[ENVIRONMENT]
        found = places.observe(self.place, specification)
        wrong = list(found.unsettled)
        if found.rollout != "complete":
            wrong.append(f"the deployment is {found.rollout}")
        wrong += [f"{n} {state}" for n, state in found.backing.items() if state != "running"]
        wrong += [
            f"the {n} is {s}"
            for n, s in (("keeper", found.keeper), ("edge", found.edge))
            if s != "running"
        ]
        if not wrong and inside:
            stays = sorted(
                n for n, s in specification.services.items() if s.kind in ("web", "worker")
            )
            wrong = [text for host in self.hosts for text in self._inside(host, stays)]
        return wrong

    def _inside(self, host: str, services: list[str]) -> Iterator[str]:
        """One container and one unit for each service, and nothing else."""
        listed = sorted(name.split("-")[1] for name in self.containers(host))
        if listed != services:
            yield f"{host} has containers of {listed}, not of {services}"
        units = self.on(
            host, "systemctl", "list-units", "--no-legend", "--plain", f"{NAME}-*.service"
        )
        # A task that failed stays listed: systemd shows its end to who looks for it.
        lines = [u for u in units.splitlines() if not u.startswith(f"{NAME}-migrate-")]
        if sorted(u.split("-")[1] for u in lines if " running " in u) != services:
            yield f"{host} has units {units!r}"
        yield from (f"{host} has failed: {u}" for u in lines if " failed " in u)

    def settle(self, release: str, within: float = PATIENCE) -> None:
        """Wait until every host serves `release` and nothing else is left of what happened."""
        assert self.good == release, f"the pointer is at {self.good}, not at {release}"
        left: list[str] = []

        def settled() -> bool:
            left[:] = self.unsettled()
            return not left

        try:
            self.until(settled, "the fleet settles", within)
        except AssertionError as error:
            raise AssertionError(f"{'; '.join(left)}\n{error}") from None

    def repair(self) -> None:
        """Bring back what a test left broken: the good release on all hosts."""
        good = self.release("morning")
        self.product.airchain("up", ENVIRONMENT, good)
        self.scale(SIZE)
        self.settle(good)

    @property
    def registry(self) -> str:
        """The registry that the product names."""
        return str(self._document()["registry"]["name"])

    def _document(self) -> dict[str, Any]:
        return dict(YAML(typ="safe").load(self.product.folder / "airchain.yaml"))

    def record(self, release: str) -> Release:
        """What stands in a release; asked for once, since the registry is not always there."""
        if release not in self.records:
            self.records[release] = unsigned(self.registry, NAME, release)
        return self.records[release]

    @property
    def _key(self) -> tuple[Engine, str, str]:
        return self.engine, NAME, ENVIRONMENT


def lay_over(document: dict[str, Any], overlay: Overlay) -> None:
    """Change `document` as `overlay` says, at whatever depth."""
    for key, value in overlay.items():
        if isinstance(value, Mapping) and isinstance(document.get(key), dict):
            lay_over(document[key], value)
        else:
            document[key] = value
