"""Parts of a host die, or hosts do. The others serve; what died comes back or is replaced."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest
from tests.faults.air import ENVIRONMENT, IN_FLIGHT, NAME, PORT, SIZE, Air
from tests.faults.causes import AGENT, frozen, kill
from tests.faults.releases import HEAVY, SLOW, SLOWER
from tests.support.probe import Answer, ask

from airchain.fleet import keeper
from airchain.registry import serve


def starting(air: Air, host: str) -> bool:
    return any(s.state == "starting" for s in air.report(host).services)


def serving(air: Air, host: str) -> bool:
    return air.report(host).running == air.good


def draining(air: Air, host: str) -> bool:
    return serving(air, host) and len(air.containers(host)) > 1


STEPS: dict[str, Callable[[Air, str], bool]] = {"start": starting, "drain": draining}


@pytest.mark.parametrize("step", STEPS)
def test_agent_killed(air: Air, step: str) -> None:
    """systemd starts it again, it goes on from what it finds, and the deployment succeeds."""
    new = air.other(SLOWER, "slower ")
    answers: list[Answer] = []
    # Requests that take long keep the old containers in use.
    slow = [
        threading.Thread(target=lambda: answers.append(ask(PORT, "localhost", "/wait/8")))
        for _ in range(SIZE * 4)
    ]
    with air.viewers() as seen:
        with air.driver(new) as driver:
            host = air.chosen()
            air.until(lambda: starting(air, host), f"{host} starts the release", 60)
            for thread in slow:
                thread.start()
            air.until(lambda: STEPS[step](air, host), f"the step {step} on {host}", 60)
            kill(air, host, AGENT)
            late = serving(air, host) if step == "start" else not draining(air, host)
            assert not late, f"it was killed after the step {step}"
            driver.succeed()
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
            air.on(host, "sh", "-c", DEADLY_NGINX)
        try:
            air.succeed(new)
            killed = [host for host in air.hosts if "killed" in air.on(host, "ls", "/run/deadly")]
        finally:
            for host in air.hosts:
                undo = "umount --lazy /usr/sbin/nginx; rm -r /run/deadly"
                air.on(host, "sh", "-c", undo, check=False)
        assert killed == air.hosts
        air.settle(new)
    assert not seen.failures, seen.summary()


# `nginx -t`, which the agent asks before it switches, kills the agent that asks first.
DEADLY_NGINX = f"""
mkdir /run/deadly
cp /usr/sbin/nginx /run/deadly/itself
cat >/run/deadly/nginx <<'END'
#!/bin/sh
if mkdir /run/deadly/killed 2>/dev/null; then
    systemctl kill --signal=KILL {AGENT}
fi
exec /run/deadly/itself "$@"
END
chmod +x /run/deadly/nginx
mount --bind /run/deadly/nginx /usr/sbin/nginx
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
    """Its containers run on and their units join them again; nobody notices."""
    host = air.hosts[0]
    before = air.running(host)
    with air.viewers() as seen:
        if how == "killed":
            engine = air.on(host, "systemctl", "show", "docker", "--property=MainPID")
            kill(air, host, "docker")
            air.until(lambda: engine_is_new(air, host, engine), "the engine is back")
        else:
            air.on(host, "systemctl", "restart", "docker")
        air.settle(air.good)
    assert air.running(host) == before, "no container was started anew"
    assert host in air.hosts, "it was not replaced"
    assert not seen.failures, seen.summary()


def engine_is_new(air: Air, host: str, before: str) -> bool:
    said = air.on(host, "systemctl", "show", "docker", "--property=ActiveState,MainPID")
    return "ActiveState=active" in said and before not in said


def test_deploy_after_the_engine_was_killed(air: Air) -> None:
    """Containers that outlived it are drained and stopped like any other, nothing is left."""
    with air.viewers() as seen:
        for host in air.hosts:
            kill(air, host, "docker")
        air.bring(air.other())
    assert not seen.failures, seen.summary()


@pytest.mark.long
def test_registry_of_a_host_killed_in_mid_pull(air: Air) -> None:
    """systemd starts it again, what is left of the pull is pulled, the deployment succeeds."""
    new = air.release("heavy, cut off", HEAVY)
    air.forget_image("heavy")
    with air.viewers() as seen:
        for host in air.hosts:
            # One that sees no pull shall not look for it for ever.
            words = ("--quiet", "--collect", "--property=RuntimeMaxSec=60")
            air.on(host, "systemd-run", *words, "sh", "-c", KILL_IN_MID_PULL)
        air.succeed(new)
        air.settle(new)
        for host in air.hosts:
            restarts = ("systemctl", "show", "airchain-registry", "--property=NRestarts")
            assert air.on(host, *restarts) != "NRestarts=0", f"{host}: it was not killed"
            assert air.on(host, "sh", "-c", "ls /var/lib/docker/tmp") == ""
    assert not seen.failures, seen.summary()
    air.bring(air.other())


# The engine stands still meanwhile: otherwise the pull may be over before the registry is killed.
KILL_IN_MID_PULL = """
engine=$(cat /run/docker.pid)
until set -- /var/lib/docker/tmp/GetImageBlob*; test -e "$1"; do :; done
kill -STOP $engine
systemctl kill --signal=KILL airchain-registry
kill -CONT $engine
"""


def test_host_killed_in_mid_wave(air: Air) -> None:
    """The canary dies; another host is asked, the deployment succeeds, the fleet is refilled."""
    new = air.other(SLOW)
    with air.viewers() as seen:
        with air.driver(new) as driver:
            victim = air.chosen()
            air.docker("kill", air.container(victim))
            driver.succeed()
        assert f"canary: {victim}" in driver.said
        air.settle(new)
    assert victim not in air.hosts
    assert len(air.hosts) == SIZE
    assert f"{victim} is ended: " in air.evidence(), "the keeper's log says what it did, and why"
    assert len(seen.failures) <= IN_FLIGHT, seen.summary()


@pytest.mark.long
def test_half_of_the_hosts_killed(air: Air) -> None:
    """The rest carries the load until the keeper has made new ones, which boot into the release."""
    victims = air.hosts[: (SIZE + 1) // 2]
    with air.viewers() as seen:
        air.docker("kill", *(air.container(host) for host in victims))
        air.until(lambda: "not settled" in air.status(), "whoever asks is told so", 10)
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
            air.chosen()
            air.scale(SIZE + 1)
            driver.succeed()
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
            air.chosen()
            air.scale(SIZE - 1)
            driver.succeed()
        air.settle(new)
        assert len(air.hosts) == SIZE - 1
        air.scale(SIZE)
    assert not seen.failures, seen.summary()


def test_edge_restarted(air: Air) -> None:
    """Nobody is answered while it is down: at most ten seconds, hosts included."""
    with air.viewers() as seen:
        air.docker("restart", air.container("edge"))
        air.settle(air.good)
        time.sleep(1)
    lost = [a.sent for a in seen.failures]
    assert lost, "a restart of the only edge cannot go unnoticed"
    assert max(lost) - min(lost) < 10, seen.summary()


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
        air.succeed(new)
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
            air.until(lambda: f"{host} is silent" in air.unsettled(inside=False), "noticed", 60)
            air.succeed(new)
        air.settle(new)
    assert host in air.hosts, "it served all the time, and was not replaced"
    assert not seen.failures, seen.summary()


@pytest.mark.long
def test_agent_hangs_for_good(air: Air) -> None:
    """Another host takes its place; then it is drained, so that no viewer notices."""
    host = air.hosts[0]
    with air.viewers() as seen:
        with frozen(air, [host]):
            air.until(lambda: host not in air.hosts, "it is replaced", 150)
        air.settle(air.good)
    assert not seen.failures, seen.summary()
