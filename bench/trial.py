"""A product brought up to be measured, and one round of change, release and deployment."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.cli import Product
from tests.support.probe import Seen, probe

from airchain.errors import AirchainError
from airchain.fleet import names
from airchain.images.engine import Engine, find
from airchain.paths import Home
from airchain.run import Result
from bench import machine
from bench.figures import Round, on_air, stepped
from bench.subjects import Subject, take

ENVIRONMENT = "prod"
# Old instances are stopped by then, so that a round does not pay for the one before.
SETTLE = 4.0
RATE = 55.0
# Of each host, straight: the edge spares a host that has slow requests in hand.
RATE_OF_HOST = 8.0
_HTTP = 80
_TAIL = 0.5
_COMMAND = 300.0


@dataclass
class Trial:
    """A product that is up. `number` is the take that is on air."""

    subject: Subject
    product: Product
    engine: Engine
    image: str
    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    number: int = 0
    _ids: tuple[str, ...] = field(default=(), repr=False)

    def scale(self, count: int) -> None:
        """Have `count` hosts in service."""
        if len(self.hosts) != count:
            self.product.airchain("scale", ENVIRONMENT, self.subject.web, str(count))
        hosts = self.product.hosts(ENVIRONMENT, self.subject.web)
        self.hosts = tuple(h["name"] for h in hosts)
        self.addresses = tuple(h["address"] for h in hosts)
        containers = (names.container(self.subject.product, ENVIRONMENT, h) for h in self.hosts)
        self._ids = tuple(self.product.docker("inspect", "-f", "{{.Id}}", c) for c in containers)

    def round(self, mode: str, options: Sequence[str]) -> Round:
        """Change the line, release it, bring it to every host under a probe."""
        digest, release, steps = self.release()
        time.sleep(SETTLE)
        engine = machine.engine_run(self.engine, self.image)
        used = machine.processor_seconds(self._ids)
        with self.viewers() as seen:
            time.sleep(_TAIL)
            began = time.monotonic()
            self.product.airchain("deploy", ENVIRONMENT, digest, *options, timeout=_COMMAND)
            exited = time.monotonic() - began
            after = machine.processor_seconds(self._ids)
            time.sleep(_TAIL)
        aired = on_air((a for s in seen for a in s.answers), take(self.number), began)
        if missing := set(self.hosts) - aired.keys():
            raise AirchainError(
                f"no viewer had {take(self.number)!r} from {', '.join(sorted(missing))}",
                where=f"{self.subject.product} {ENVIRONMENT}",
            )
        test = stepped(steps, "test")
        return Round(
            product=self.subject.name,
            mode=mode,
            hosts=len(self.hosts),
            release=release,
            untested=release - test,
            build=stepped(steps, "build"),
            test=test,
            push=stepped(steps, "push"),
            first=min(aired.values()),
            all=max(aired.values()),
            exit=exited,
            cpu=None if used is None or after is None else (after - used) / len(self.hosts),
            engine=engine,
            requests=sum(len(s.answers) for s in seen),
            failed=sum(len(s.failures) for s in seen),
        )

    def release(self) -> tuple[str, float, list[dict[str, Any]]]:
        """Change the line, commit and release: digest, seconds, steps of the command."""
        began = time.monotonic()
        # No earlier run has built this take: the registry would still have it.
        number = max(self.number + 1, int(time.time()))
        self.subject.change(self.product, self.number, number)
        self.number = number
        self.product.commit(take(self.number))
        done = self.product.airchain("--json", "release", timeout=1800)
        return json.loads(done.stdout)["digest"], time.monotonic() - began, steps_of(done)

    @contextmanager
    def viewers(self) -> Iterator[list[Seen]]:
        """Viewers who ask often, who are slow to be answered, and who send something.

        They come through the edge. Whether a host is on air, each host is asked itself.
        """
        port, domain = self.subject.port, self.subject.domain
        with ExitStack() as stack:
            often = probe(port, domain, rate=RATE, workers=8)
            slow = probe(port, domain, "/slow", rate=1.5, workers=3)
            sent = probe(port, domain, method=self.subject.method, rate=5, workers=2)
            each = [
                probe(_HTTP, domain, rate=RATE_OF_HOST, workers=1, address=address)
                for address in self.addresses
            ]
            yield [stack.enter_context(viewer) for viewer in (often, slow, sent, *each)]


def steps_of(done: Result) -> list[dict[str, Any]]:
    """Where the time of a command went, as it said itself."""
    for line in reversed(done.stderr.splitlines()):
        said = json.loads(line)
        if "steps" in said:
            return list(said["steps"])
    return []


@contextmanager
def up(subject: Subject, folder: Path, registry: str) -> Iterator[Trial]:
    """The product up with one host per fleet; taken down again when left."""
    product = subject.copy(folder, registry)
    try:
        product.airchain("up", ENVIRONMENT, timeout=1800)
        engine = find(Home.from_environment())
        assert engine is not None, "no engine answers"
        image = f"{registry}/{subject.product}/{subject.image}:latest"
        yield Trial(subject, product, engine, image)
    finally:
        product.airchain("down", ENVIRONMENT)
