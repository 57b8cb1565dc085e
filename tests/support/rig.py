"""One host and its agent, without edge, keeper and command line.

The release's services come from hello's image; a pointer is written as a
deployment would write it, and everything is judged from outside and by the report.
"""

from __future__ import annotations

import http.client
import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.cli import ROOT

from airchain.fleet import host_image, local, names
from airchain.fleet.settings import Settings
from airchain.images import build_and_push
from airchain.images import engine as engines
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.progress import Silent
from airchain.registry import serve
from airchain.registry.client import push_artifact
from airchain.release import pointer as pointers
from airchain.release.keys import Keys
from airchain.release.make import MEDIA_TYPE
from airchain.release.scope import Scope
from airchain.run import run
from airchain.spec.load import load
from airchain.spec.model import Cache, Environment, Files, Fleet, Registry, Route, Service, Signed
from airchain.store import DirectoryStore
from airchain.store.records import (
    ImageDigest,
    Pointer,
    Release,
    Report,
    environment_key,
    read,
    report_key,
)

REGISTRY = Registry(name=os.environ.get("AIRCHAIN_TEST_REGISTRY", "localhost:5050"))
PRODUCT = "hello-test"
ENVIRONMENT = "agent"
HOST = "web-0001"
SIGNING_KEY = "0123456789abcdef-sesame"
MEDIA = Route(
    path="/media",
    files="media",
    signed=Signed(secret="MEDIA_KEY", cookie="viewer", folders=2),
    cache=Cache(seconds=3600),
)


def web(greeting: str, **more: Any) -> Service:
    fields = {"image": "web", "kind": "web", "port": 8000, "health": {"within": 5}}
    return Service.model_validate({**fields, "env": {"GREETING": greeting}, **more})


def other(kind: str, command: str, **more: Any) -> Service:
    fields = {"image": "web", "kind": kind, "command": command, "stop_timeout": 1}
    return Service.model_validate({**fields, **more})


@dataclass
class Seen:
    """Requests that went straight to the host."""

    greetings: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Rig:
    """The host under test, and what a deployment may do to it."""

    engine: Engine
    home: Home
    images: Mapping[str, ImageDigest]

    @property
    def store(self) -> DirectoryStore:
        return DirectoryStore(self.home.store)

    @property
    def report(self) -> Report:
        found = read(self.store, report_key(PRODUCT, ENVIRONMENT, HOST), Report)
        assert found is not None
        return found

    @property
    def address(self) -> str:
        (host,) = local.hosts(self.engine, PRODUCT, ENVIRONMENT)
        return host.address

    def release(self, *routes: Route, **services: Service) -> str:
        listed = {n.replace("_", "-"): s for n, s in services.items()}
        environment = Environment(
            services=listed,
            routes=(*routes, Route(path="/", to="web")),
            files={route.files: Files() for route in routes if route.files},
            fleets={"web": Fleet(services=tuple(n for n, s in listed.items() if s.kind != "task"))},
        )
        record = Release(
            product=PRODUCT,
            revision="tested",
            images=self.images,
            environments={ENVIRONMENT: environment},
        )
        repository = f"{PRODUCT}/releases"
        digest = push_artifact(
            REGISTRY.name, repository, media_type=MEDIA_TYPE, data=record.encode(), annotations={}
        )
        self.keys.sign_release(digest)
        return digest

    @property
    def keys(self) -> Keys:
        return Keys(self.home, self.store, PRODUCT)

    def point(self, release: str, admitted: tuple[str, ...] | None = None) -> int:
        """Write the pointer as a deployment does, whatever stands there; return its serial."""
        scope = Scope(self.store, PRODUCT, ENVIRONMENT, self.keys)
        held, _ = pointers.take_up(scope)
        old = held.pointer if held else None
        new = Pointer(
            serial=old.serial + 1 if old else 1,
            release=release,
            previous=old.release if old else None,
            admitted=admitted,
            updated=datetime.now(UTC),
            author="test",
        )
        return pointers.write(scope, new, held).pointer.serial

    def deploy(self, *routes: Route, **services: Service) -> Report:
        """Point at a release of these services and wait for the host's verdict."""
        return self.bring(self.release(*routes, **services))

    def bring(self, release: str) -> Report:
        serial = self.point(release)
        return self.wait(
            lambda r: (
                r.serial == serial
                and (r.state == "failed" or (r.state == "in_service" and r.running == release))
            ),
            f"a verdict on deployment {serial}",
        )

    def wait(self, true: Callable[[Report], bool], what: str, seconds: float = 60) -> Report:
        deadline = time.monotonic() + seconds
        while not true(report := self.report):
            if time.monotonic() > deadline:
                pytest.fail(
                    f"not within {seconds} s: {what}: {report}\n"
                    f"containers: {self.containers()}\n"
                    + self.on_host("journalctl", "--unit=airchain-agent", "-n80", "--output=cat")
                )
            time.sleep(0.02)
        return report

    def on_host(self, *words: str, check: bool = True) -> str:
        container = names.container(PRODUCT, ENVIRONMENT, HOST)
        argv = [str(self.engine.cli), "exec", container, *words]
        return run(argv, env=self.engine.env(), timeout=60, check=check).stdout

    def containers(self) -> dict[str, str]:
        """IDs of the services' containers by name."""
        listed = self.on_host("docker", "ps", "--no-trunc", "--format", "{{.Names}} {{.ID}}")
        return dict(line.split(maxsplit=1) for line in listed.splitlines())

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self.address, 80, timeout=10)
        connection.request("GET", path, headers=dict(headers or {}))
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    @contextmanager
    def requests(self, pause: float = 0.01) -> Iterator[Seen]:
        """Ask all the time, each request on a connection of its own."""
        seen, end, address = Seen(), threading.Event(), self.address

        def ask() -> None:
            while not end.wait(pause):
                try:
                    connection = http.client.HTTPConnection(address, 80, timeout=10)
                    connection.request("GET", "/")
                    response = connection.getresponse()
                    text = response.read().decode()
                    connection.close()
                except (OSError, http.client.HTTPException) as error:
                    seen.failures.append(repr(error))
                    continue
                if response.status == 200:
                    seen.greetings[text.partition("<h1>")[2].partition("</h1>")[0]] += 1
                else:
                    seen.failures.append(f"{response.status} {text[:80]}")

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            yield seen
        finally:
            end.set()
            for thread in threads:
                thread.join()


@contextmanager
def booted(folder: Path) -> Iterator[Rig]:
    """A booted host that has not been told any release; hello is copied below `folder`."""
    home = Home.from_environment()
    engine = engines.ensure(home, Silent())
    serve.ensure(home, REGISTRY.name)
    folder = folder / "hello"
    shutil.copytree(ROOT / "examples" / "hello", folder)
    product = load(folder / "airchain.yaml").model_copy(
        update={"product": PRODUCT, "registry": REGISTRY}
    )
    images = build_and_push(
        product, folder, engine=engine, home=home, revision="tested", progress=Silent(), test=False
    )
    host, _ = host_image.build(engine, home, REGISTRY, Silent())
    made = Rig(engine, home, images)
    clean(made)
    made.keys.ensure()
    settings = Settings(
        product=PRODUCT,
        environment=ENVIRONMENT,
        registry=REGISTRY.name,
        sizes=product.sizes,
        host_image=host,
        edge_image=host,
    )
    environment = Environment(
        services={"web": web("hello", secrets=["API_TOKEN"])},
        routes=(MEDIA,),
        fleets={"web": Fleet(services=("web",))},
    )
    token = home.secrets(PRODUCT, ENVIRONMENT) / "API_TOKEN"
    token.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    token.write_text("sesame-open")
    token.with_name("MEDIA_KEY").write_text(SIGNING_KEY)
    local.ensure_network(engine, PRODUCT, ENVIRONMENT)
    try:
        local.launch(engine, home, settings, environment, "web", HOST)
        deadline = time.monotonic() + 60
        while made.store.get(report_key(PRODUCT, ENVIRONMENT, HOST)) is None:
            assert time.monotonic() < deadline, "the host never reported"
            time.sleep(0.1)
        yield made
    finally:
        clean(made)


def clean(rig: Rig) -> None:
    local.terminate(rig.engine, rig.home, PRODUCT, ENVIRONMENT, HOST, timeout=0)
    local.remove_network(rig.engine, PRODUCT, ENVIRONMENT)
    local.remove_files(rig.engine, PRODUCT, ENVIRONMENT)
    shutil.rmtree(rig.home.store / environment_key(PRODUCT, ENVIRONMENT), ignore_errors=True)
    shutil.rmtree(rig.home.secrets(PRODUCT, ENVIRONMENT), ignore_errors=True)
    # This machine's own memory of the pointer, which would be put back.
    (rig.home.keys(PRODUCT) / "environments" / f"{ENVIRONMENT}.json").unlink(missing_ok=True)
