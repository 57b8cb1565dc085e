"""Hosts, edge and backing services on a real engine, without a release.

nginx on the hosts answers from a configuration of the test's own, so that
what is seen here is the fleet's doing and not the agent's.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from tests.support.ground import prepare
from tests.support.probe import ask, probe

from airchain.errors import FleetError
from airchain.fleet import backing, edge, haproxy, local, machine, names, secrets
from airchain.fleet.edge_config import EdgeServer
from airchain.fleet.haproxy import ServerStats
from airchain.fleet.settings import Settings
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.run import run
from airchain.spec import model
from airchain.spec.model import Environment, Fleet, Route, Secret, Service

PRODUCT, PORT = "fleet-test", 18089
HOSTS = ("web-0001", "web-0002", "web-0003")
SPECIFICATION = Environment(
    services={"web": Service(image="web", kind="web", port=8000, secrets=("KEY",))},
    routes=(Route(path="/", to="web"),),
    fleets={"web": Fleet(services=("web",))},
    edge=model.Edge(port=PORT),
)
SITE = """
server {
    listen 80 default_server;
    add_header X-Served-By $hostname;
    location = /.airchain/health { return 200; }
    location / { return 200 "here"; }
}
"""


@dataclass(frozen=True)
class Ground:
    """Where the tests' fleet stands."""

    engine: Engine
    home: Home
    settings: Settings

    def on(self, host: str, script: str, stdin: str | None = None) -> str:
        """What a shell on a host printed."""
        container = names.container(PRODUCT, "prod", host)
        command = ["exec", "-i", container, "sh", "-euc", script]
        return run(
            [self.engine.cli, *command], env=self.engine.env(), stdin=stdin, timeout=60
        ).stdout.strip()

    def server(self, host: str) -> ServerStats | None:
        """What the edge says of a host."""
        servers = haproxy.runtime(self.home, PRODUCT, "prod").servers()
        return next((s for s in servers if s.host == host), None)

    def add(self, host: str) -> None:
        """Put a host behind the edge and wait until its check has succeeded."""
        address = {h.name: h.address for h in local.hosts(self.engine, PRODUCT, "prod")}[host]
        haproxy.runtime(self.home, PRODUCT, "prod").add(EdgeServer("web", host, address))
        for _ in range(100):
            if (seen := self.server(host)) and seen.state == "up":
                return
            time.sleep(0.05)
        pytest.fail(f"{host} did not become healthy: {self.server(host)}")

    def take_away(self, host: str) -> None:
        """Drain a host and take it away from the edge."""
        runtime = haproxy.runtime(self.home, PRODUCT, "prod")
        runtime.drain("web", host)
        for _ in range(100):
            seen = self.server(host)
            if seen is not None and not seen.sessions and runtime.remove("web", host):
                return
            time.sleep(0.05)
        pytest.fail(f"{host} was not drained: {self.server(host)}")


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Three hosts, booted."""
    engine, home, made = prepare(PRODUCT)
    found = Ground(engine, home, made)
    machine.require_inotify(len(HOSTS))
    secrets.ensure(home, PRODUCT, "prod", ["KEY"], {"KEY": Secret(generate=True)})
    try:
        local.ensure_network(engine, PRODUCT, "prod")
        with ThreadPoolExecutor() as pool:
            list(
                pool.map(
                    lambda name: local.launch(engine, home, made, SPECIFICATION, "web", name),
                    HOSTS,
                )
            )
        for name in HOSTS:
            found.on(
                name, "timeout 30 sh -c 'until systemctl is-system-running --wait; do :; done'"
            )
        yield found
    finally:
        for name in HOSTS:
            local.terminate(engine, home, PRODUCT, "prod", name, timeout=0)
        edge.remove(engine, home, PRODUCT, "prod")
        backing.remove(engine, PRODUCT, "prod")
        local.remove_network(engine, PRODUCT, "prod")
        for folder in (home.secrets(PRODUCT, "prod"), home.environment(PRODUCT, "prod")):
            shutil.rmtree(folder.parent)
        shutil.rmtree(home.store / "products" / PRODUCT)


@pytest.fixture
def front(ground: Ground) -> Iterator[Ground]:
    """The edge with the first host behind it; every host answers."""
    for name in HOSTS:
        script = "systemctl stop airchain-agent; cat >/etc/nginx/airchain/site.conf"
        ground.on(name, f"{script}; nginx -s reload", stdin=SITE)
    edge.ensure(ground.engine, ground.home, ground.settings, SPECIFICATION)
    ground.add(HOSTS[0])
    yield ground
    edge.remove(ground.engine, ground.home, PRODUCT, "prod")
    for name in HOSTS:
        ground.on(name, "systemctl start airchain-agent")


def test_a_host_boots_whole(ground: Ground) -> None:
    """Every unit runs, within seconds."""
    host = HOSTS[0]
    units = "docker nginx airchain-registry airchain-dns airchain-agent"
    assert set(ground.on(host, f"systemctl is-active {units}").split()) == {"active"}
    assert ground.on(host, "systemctl list-units --failed --no-legend") == ""
    assert "overlay2" in ground.on(host, "docker info --format '{{.Driver}}'")
    analysis = ground.on(host, "systemd-analyze | head -1")
    seconds = analysis.split(" in ")[1].split("s (")[0]
    assert seconds.endswith("m") or float(seconds) < 10, analysis


def test_a_host_sees_the_store_and_writes_its_own_folder(ground: Ground) -> None:
    """Everything else is read-only."""
    own = f"/srv/store/products/{PRODUCT}/environments/prod"
    ground.on(HOSTS[0], f"touch {own}/hosts/{HOSTS[0]}/x {own}/leases/x")
    others = f"{own}/x /srv/store/x {own}/hosts/{HOSTS[1]}/x"
    refused = ground.on(HOSTS[0], f"for f in {others}; do touch $f 2>&1 || :; done")
    assert refused.count("Read-only file system") == 3
    ground.on(HOSTS[0], f"rm {own}/hosts/{HOSTS[0]}/x {own}/leases/x")


def test_secrets_are_in_memory_only(ground: Ground) -> None:
    """In a folder that only root enters, complete, and on no disk."""
    folder = "/run/airchain/secrets"
    assert ground.on(HOSTS[0], f"stat -c %a {folder} {folder}/KEY").split() == ["700", "444"]
    assert ground.on(HOSTS[0], f"ls -A {folder}").split() == [".complete", "KEY"]
    assert ground.on(HOSTS[0], f"stat -f -c %T {folder}/KEY") == "tmpfs"
    value = secrets.values(ground.home, PRODUCT, "prod", ["KEY"])["KEY"].decode()
    container = names.container(PRODUCT, "prod", HOSTS[0])
    shown = run([ground.engine.cli, "inspect", container], env=ground.engine.env(), timeout=30)
    assert value not in shown.stdout


def test_hosts_know_each_other_by_name(ground: Ground) -> None:
    """As they know backing services."""
    assert ground.on(HOSTS[0], f"getent hosts {HOSTS[1]}").endswith(HOSTS[1])


def test_hosts_come_and_go_without_a_failed_request(front: Ground) -> None:
    """Added, drained, removed and added again while a viewer asks."""
    with probe(PORT, "localhost", rate=200) as seen:
        for name in HOSTS[1:]:
            front.add(name)
        time.sleep(0.5)
        front.take_away(HOSTS[0])
        time.sleep(0.5)
        front.add(HOSTS[0])
        for name in HOSTS[1:]:
            front.take_away(name)
    assert not seen.failures, seen.summary()
    assert set(seen.hosts) == set(HOSTS)


def test_a_reload_keeps_the_hosts(front: Ground) -> None:
    """A new route is served by the hosts of the moment, and no request fails."""
    routes = (*SPECIFICATION.routes, Route(path="/api", to="web"))
    changed = SPECIFICATION.model_copy(update={"routes": routes})
    with probe(PORT, "localhost", rate=200) as seen:
        assert edge.ensure(front.engine, front.home, front.settings, changed)
        assert not edge.ensure(front.engine, front.home, front.settings, changed)
        server = front.server(HOSTS[0])
        assert server is not None
        assert server.state == "up"
        time.sleep(0.5)
    assert not seen.failures, seen.summary()


def test_without_a_host_the_edge_says_so(front: Ground) -> None:
    """503 with a page for people; nobody may ask how hosts are."""
    assert ask(PORT, "localhost").status == 200
    assert ask(PORT, "localhost", "/.airchain/health").status == 404
    front.take_away(HOSTS[0])
    answer = ask(PORT, "localhost")
    assert answer.status == 503
    assert "No host can answer right now" in answer.body


def test_a_taken_port_is_named(front: Ground) -> None:
    """With who holds it, and nothing is left of the attempt."""
    other = front.settings.model_copy(update={"environment": "qa"})
    local.ensure_network(front.engine, PRODUCT, "qa")
    try:
        with pytest.raises(FleetError, match=f"port {PORT} is taken") as caught:
            edge.ensure(front.engine, front.home, other, SPECIFICATION)
        assert names.container(PRODUCT, "prod", "edge") in caught.value.message
    finally:
        edge.remove(front.engine, front.home, PRODUCT, "qa")
        local.remove_network(front.engine, PRODUCT, "qa")


def test_a_backing_service_that_ends_shows_its_log(ground: Ground) -> None:
    """Not a time-out but its own last words."""
    service = model.Backing(image="x", port=1, command="-dV")
    specification = SPECIFICATION.model_copy(update={"backing": {"db": service}})
    image = ground.settings.edge_image
    with pytest.raises(FleetError, match="ended with exit status 1") as caught:
        backing.ensure(ground.engine, ground.home, ground.settings, specification, "db", image)
    assert "Cannot open configuration file" in (caught.value.detail or "")
    backing.remove(ground.engine, PRODUCT, "prod")


def test_an_ended_host_leaves_nothing(ground: Ground) -> None:
    """Neither container, volume nor folders; ending it twice is fine."""
    name = "web-00ff"
    parts = (ground.engine, ground.home)
    local.launch(*parts, ground.settings, SPECIFICATION, "web", name)
    for timeout in (1.0, 0.0):
        local.terminate(*parts, PRODUCT, "prod", name, timeout=timeout)
    assert name not in {h.name for h in local.hosts(ground.engine, PRODUCT, "prod")}
    volumes = run([ground.engine.cli, "volume", "ls", "-q"], env=ground.engine.env(), timeout=30)
    assert names.container(PRODUCT, "prod", name) not in volumes.stdout.split()
    assert not (ground.home.environment(PRODUCT, "prod") / "hosts" / name).exists()
