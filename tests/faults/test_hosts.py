"""Parts of a host die, or hosts do. The others serve; what died comes back or is replaced."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest
from tests.faults.air import ENVIRONMENT, NAME, PORT, SIZE, Air
from tests.faults.causes import AGENT, frozen, kill
from tests.faults.releases import SLOW
from tests.support.probe import Answer, ask

from airchain.fleet import keeper
from airchain.registry import serve

# What a dead host was just answering is lost: at most one request of each viewer.
IN_FLIGHT = 6


def canary(air: Air) -> str | None:
    """The host that runs the new release first, once it is chosen."""
    admitted = air.pointer.admitted
    return admitted[0] if admitted else None


def chosen(air: Air) -> str:
    """Wait for the canary."""
    air.until(lambda: canary(air) is not None, "a canary is chosen", 20)
    return canary(air) or ""


def starting(air: Air, host: str) -> bool:
    return any(s.state == "starting" for s in air.report(host).services)


def draining(air: Air, host: str) -> bool:
    return air.report(host).running == air.good and len(air.containers(host)) > 1


STEPS: dict[str, Callable[[Air, str], bool]] = {"start": starting, "drain": draining}


@pytest.mark.parametrize("step", STEPS)
def test_agent_killed(air: Air, step: str) -> None:
    """systemd starts it again, it goes on from what it finds, and the deployment succeeds."""
    new = air.other(SLOW)
    answers: list[Answer] = []
    # Requests that take long keep the old containers in use.
    slow = [
        threading.Thread(target=lambda: answers.append(ask(PORT, "localhost", "/wait/6")))
        for _ in range(SIZE * 2)
    ]
    with air.viewers() as seen:
        for thread in slow:
            thread.start()
        with air.driver(new) as driver:
            host = chosen(air)
            air.until(lambda: STEPS[step](air, host), f"the step {step} on {host}", 20)
            kill(air, host, AGENT)
            assert driver.end() == 0, driver.said
        for thread in slow:
            thread.join()
        air.settle(new)
    assert [a.status for a in answers] == [200] * len(slow)
    assert not seen.failures, seen.summary()


def test_agent_killed_while_it_switches(air: Air) -> None:
    """Between the new container and nginx: the old one serves until the agent is back."""
    new = air.other()
    with air.viewers() as seen:
        for host in air.hosts:
            air.on(host, "sh", "-c", SLOW_NGINX)
        try:
            with air.driver(new) as driver:
                host = chosen(air)
                air.until(
                    lambda: "tested" in air.on(host, "ls", "/run"), f"{host} is to switch", 20
                )
                kill(air, host, AGENT)
                assert driver.end() == 0, driver.said
        finally:
            for host in air.hosts:
                air.on(host, "sh", "-c", "umount /usr/sbin/nginx; rm -f /run/tested", check=False)
        air.settle(new)
    assert not seen.failures, seen.summary()


# `nginx -t`, which the agent asks before it switches, takes two seconds.
SLOW_NGINX = """
cp /usr/sbin/nginx /run/nginx-itself
printf '#!/bin/sh\\ntouch /run/tested; sleep 2; exec /run/nginx-itself "$@"\\n' >/run/nginx-slow
chmod +x /run/nginx-slow
mount --bind /run/nginx-slow /usr/sbin/nginx
"""


@pytest.mark.parametrize("unit", ["nginx", "airchain-registry", "airchain-dns", AGENT])
def test_unit_of_a_host_killed(air: Air, unit: str) -> None:
    """systemd brings it back; the other hosts answer meanwhile."""
    host = air.hosts[0]
    before = air.containers(host)
    with air.viewers() as seen:
        kill(air, host, unit)
        air.until(
            lambda: air.on(host, "systemctl", "is-active", unit, check=False) == "active",
            f"{unit} is back",
            20,
        )
        air.settle(air.good)
    assert air.containers(host) == before
    assert len(seen.failures) <= (IN_FLIGHT if unit == "nginx" else 0), seen.summary()


@pytest.mark.parametrize("how", ["restarted", "killed"])
def test_engine_of_a_host(air: Air, how: str) -> None:
    """Its containers come back with it, without the agent's help; the edge asks other hosts."""
    host = air.hosts[0]
    with air.viewers() as seen:
        if how == "killed":
            kill(air, host, "docker")
            air.until(
                lambda: air.on(host, "systemctl", "is-active", "docker", check=False) == "active",
                "the engine is back",
            )
        else:
            air.on(host, "systemctl", "restart", "docker")
        time.sleep(3)
        air.settle(air.good)
    assert host in air.hosts, "it was not replaced"
    assert len(seen.failures) <= IN_FLIGHT, seen.summary()


def test_host_killed_in_mid_wave(air: Air) -> None:
    """The canary dies; another host is asked, the deployment succeeds, the fleet is refilled."""
    new = air.other(SLOW)
    with air.viewers() as seen:
        with air.driver(new) as driver:
            victim = chosen(air)
            air.docker("kill", air.container(victim))
            assert driver.end() == 0, driver.said
        air.settle(new)
    assert victim not in air.hosts
    assert len(air.hosts) == SIZE
    assert len(seen.failures) <= IN_FLIGHT, seen.summary()


@pytest.mark.long
def test_half_of_the_hosts_killed(air: Air) -> None:
    """The rest carries the load until the keeper has made new ones, which boot into the release."""
    victims = air.hosts[: (SIZE + 1) // 2]
    with air.viewers() as seen:
        air.docker("kill", *(air.container(host) for host in victims))
        air.until(lambda: len(air.unsettled(inside=False)) > 0, "it is noticed", 10)
        air.settle(air.good)
    assert not set(victims) & set(air.hosts)
    assert len(seen.failures) <= IN_FLIGHT * len(victims), seen.summary()


def test_host_cut_off_from_the_network(air: Air) -> None:
    """The edge finds out by its own checks and asks the others; with the network it is back."""
    host = air.hosts[0]
    network = f"airchain_{NAME}_{ENVIRONMENT}"
    with air.viewers() as seen:
        air.docker("network", "disconnect", network, air.container(host))
        try:
            air.until(lambda: f"{host} is not yet at the edge" in air.unsettled(), "noticed", 15)
            assert f"not settled: {host} is not yet at the edge" in air.status()
        finally:
            air.docker("network", "connect", "--alias", host, network, air.container(host))
        air.settle(air.good)
    assert len(seen.failures) <= IN_FLIGHT, seen.summary()


@pytest.mark.long
def test_host_boots_in_mid_deploy(air: Air) -> None:
    """It follows the same pointer as the others, and nobody waits for it twice."""
    new = air.other(SLOW)
    with air.viewers() as seen:
        with air.driver(new) as driver:
            chosen(air)
            air.scale(SIZE + 1)
            assert driver.end() == 0, driver.said
        air.settle(new)
        assert len(air.hosts) == SIZE + 1
        air.scale(SIZE)
        air.settle(new)
    assert not seen.failures, seen.summary()


def test_scale_in_during_a_deploy(air: Air) -> None:
    """A host is drained and ended while it is being deployed to."""
    new = air.other(SLOW)
    with air.viewers() as seen:
        with air.driver(new) as driver:
            chosen(air)
            air.scale(SIZE - 1)
            assert driver.end() == 0, driver.said
        air.settle(new)
        assert len(air.hosts) == SIZE - 1
        air.scale(SIZE)
    assert not seen.failures, seen.summary()


def test_edge_restarted(air: Air) -> None:
    """Nobody is answered while it is down: at most five seconds, hosts included."""
    with air.viewers() as seen:
        air.docker("restart", air.container("edge"))
        air.settle(air.good)
        time.sleep(1)
    lost = [a.sent for a in seen.failures]
    assert lost, "a restart of the only edge cannot go unnoticed"
    assert max(lost) - min(lost) < 5, seen.summary()


def test_keeper_killed(air: Air) -> None:
    """What serves goes on; status says so; `up` starts it, and it goes on from what it sees."""
    said = keeper.status(air.home, NAME, ENVIRONMENT)
    assert said is not None
    with air.viewers() as seen:
        os.kill(said.pid, signal.SIGKILL)
        air.until(lambda: "keeper down" in air.status(), "status says so", 10)
        assert (
            "`airchain up prod` starts it"
            in air.product.airchain("scale", ENVIRONMENT, "web", "4", check=False).stderr
        )
        air.up()
        air.settle(air.good)
    assert not seen.failures, seen.summary()


def test_registry_of_this_machine_killed(air: Air) -> None:
    """Hosts have their own, so a deployment of a finished release needs none here."""
    new = air.other()
    port = serve.port_of(air.registry)
    pid = serve.running(air.home, port)
    assert pid is not None
    with air.viewers() as seen:
        os.kill(pid, signal.SIGKILL)
        result = air.deploy(new)
        assert result.returncode == 0, result.stderr
        air.up()
        assert serve.running(air.home, port), "`up` started it again"
        air.settle(new)
    assert not seen.failures, seen.summary()


@pytest.mark.long
def test_agent_hangs(air: Air) -> None:
    """A deployment does not wait for a host that has fallen silent; it follows when it is back."""
    new = air.other()
    host = air.hosts[0]
    with air.viewers() as seen:
        with frozen(air, [host]):
            air.until(lambda: f"{host} is silent" in air.unsettled(inside=False), "noticed", 20)
            result = air.deploy(new)
        assert result.returncode == 0, result.stderr
        air.settle(new)
    assert not seen.failures, seen.summary()
