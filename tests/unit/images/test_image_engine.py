"""Which engine is used, and how a private one is started beside others."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

import pytest

from airchain.errors import EngineError, PreflightError
from airchain.images import dockerd, engine, limits
from airchain.paths import Home

ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
docker0\t0000D60A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""


def commands(folder: Path, **scripts: str) -> str:
    """Make `docker` commands in folders of their own and return a PATH of them."""
    paths = []
    for name, script in scripts.items():
        path = folder / name / "docker"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        paths.append(str(path.parent))
    return os.pathsep.join(paths)


NEW_WITHOUT = '[ "$1" = --version ] && echo "Docker version 28.2.2, build e6534b4" || exit 1'
NEW_WITH = 'echo "Docker version 28.2.2, build e6534b4"'
OLD = '[ "$1" = --version ] && echo "Docker version 20.10.24+dfsg1, build 297e128" || exit 1'


@pytest.fixture(autouse=True)
def no_debian_cli(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "DEBIAN_CLI", Path("/nonexistent/docker"))
    engine.buildkit_cli.cache_clear()


def test_a_command_without_buildkit_is_passed_over(tmp_path: Path) -> None:
    """A newer one earlier on PATH needs a plug-in that it may lack."""
    path = commands(tmp_path, new=NEW_WITHOUT, old=OLD)
    assert engine.buildkit_cli(path) == tmp_path / "old" / "docker"


def test_a_newer_command_with_the_plugin_is_fine(tmp_path: Path) -> None:
    """Then the first one wins."""
    path = commands(tmp_path, new=NEW_WITH, old=OLD)
    assert engine.buildkit_cli(path) == tmp_path / "new" / "docker"


def test_no_usable_command_is_explained(tmp_path: Path) -> None:
    """With the ones that were tried."""
    with pytest.raises(PreflightError, match="new/docker cannot use BuildKit"):
        engine.buildkit_cli(commands(tmp_path, new=NEW_WITHOUT))
    with pytest.raises(PreflightError, match="no docker command"):
        engine.buildkit_cli("")


def test_a_dead_docker_host_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not silently replaced by another engine."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(EngineError, match="DOCKER_HOST names does not answer"):
        engine.find(Home(tmp_path))


def test_an_old_engine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what would do."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setattr(engine, "_ask", lambda _: engine._Answer("19.03.15", "1.40"))
    with pytest.raises(EngineError, match=r"19\.03\.15 is too old: 20\.10"):
        engine.find(Home(tmp_path))


def test_a_dead_socket_is_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed engine leaves behind is not taken for one."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(engine, "MACHINE_SOCKET", tmp_path / "none.sock")
    home = Home(tmp_path)
    home.engine.mkdir()
    home.engine_socket.write_text("")
    assert engine.find(home) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("20.10.24+dfsg1", (20, 10)), ("v28.2.2", (28, 2)), ("dev", None), ("", None)],
)
def test_versions_are_compared_as_numbers(text: str, number: tuple[int, int] | None) -> None:
    """What is no version is not judged."""
    assert engine.release_number(text) == number


def test_networks_of_the_machine_are_read() -> None:
    """The default route is none of them."""
    assert list(dockerd.parse_routes(ROUTES)) == [
        ipaddress.ip_network("192.168.0.0/24"),
        ipaddress.ip_network("10.214.0.0/16"),
    ]


def test_addresses_avoid_what_is_in_use() -> None:
    """The next block after the one of the route above."""
    found = dockerd.choose_addresses(dockerd.parse_routes(ROUTES))
    assert found == dockerd.Addresses("10.215.0.1/24", "10.215.128.0/17")


def test_addresses_never_overlap_those_inside_hosts() -> None:
    """Not even where everything else is taken."""
    taken = [ipaddress.IPv4Network(f"10.{n}.0.0/16") for n in range(256) if n != 213]
    with pytest.raises(EngineError, match="in use"):
        dockerd.choose_addresses(taken)


def test_a_long_path_is_explained() -> None:
    """Before the engine fails with `invalid argument`."""
    dockerd.check_socket(Path("/" + "x" * 99))
    with pytest.raises(PreflightError, match="101 characters") as error:
        dockerd.check_socket(Path("/" + "x" * 100))
    assert "AIRCHAIN_HOME" in (error.value.hint or "")


def test_two_state_folders_have_two_bridges(tmp_path: Path) -> None:
    """With names that the kernel takes."""
    one, two = (dockerd.bridge_name(Home(tmp_path / name)) for name in "ab")
    assert one != two
    assert len(one) <= 15


def test_the_command_line_keeps_to_the_state_folder(tmp_path: Path) -> None:
    """Nothing of another engine is shared, not even its configuration."""
    words = dockerd.argv(Home(tmp_path), "br", dockerd.Addresses("10.1.0.1/24", "10.1.128.0/17"))
    options = dict(zip(words[1::2], words[2::2], strict=True))
    for name in ("--data-root", "--exec-root", "--pidfile", "--config-file"):
        assert options[name].startswith(str(tmp_path))
    assert options["--default-address-pool"] == "base=10.1.128.0/17,size=24"


@pytest.mark.parametrize("text", ["", "x", pytest.param(str(os.getpid()), id="ours"), "999999999"])
def test_a_stale_pid_file_is_not_an_engine(tmp_path: Path, text: str) -> None:
    """Also where the number belongs to another process by now."""
    home = Home(tmp_path)
    home.engine.mkdir()
    (home.engine / "dockerd.pid").write_text(text)
    assert dockerd.observe(home).pid is None
    assert engine.stop(home) is False


def test_builds_give_way_where_the_kernel_lets_us(tmp_path: Path) -> None:
    """Version 1 and 2 of control groups, and machines without."""
    assert limits.soften_builds(tmp_path / "none") is False
    (tmp_path / "v1" / "cpu" / "docker").mkdir(parents=True)
    assert limits.soften_builds(tmp_path / "v1") is True
    assert (tmp_path / "v1/cpu/docker/buildkit/cpu.shares").read_text() == "128"
    (tmp_path / "v2" / "docker").mkdir(parents=True)
    assert limits.soften_builds(tmp_path / "v2") is True
    assert (tmp_path / "v2/docker/buildkit/cpu.weight").read_text() == "12"


def test_the_addresses_of_a_neighbours_bridge_are_read() -> None:
    """What `ip -json address show` prints: IPv4 only, with the length of the prefix."""
    shown = """[{"ifname": "docker0", "addr_info": [
        {"family": "inet", "local": "172.17.0.1", "prefixlen": 16},
        {"family": "inet6", "local": "fe80::1", "prefixlen": 64}]}]"""
    assert dockerd.bridge_addresses(shown) == ("172.17.0.1/16",)
    assert dockerd.bridge_addresses("[]") == ()
