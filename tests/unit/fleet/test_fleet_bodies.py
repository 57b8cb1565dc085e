"""Containers of backing services and of the edge, and build contexts, as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from airchain.errors import FleetError
from airchain.fleet import backing, edge, host_image, settings
from airchain.fleet.settings import Settings
from airchain.paths import Home
from airchain.spec.model import Backing, Fleet, Registry, Size

SETTINGS = Settings(
    product="tv",
    environment="prod",
    registry="localhost:5050",
    sizes={"small": Size(cpus=1, memory="1g")},
    host_image="host",
    edge_image="edge",
)
MYSQL = Backing(
    image="mysql",
    port=3306,
    command="mariadbd --user 'a b'",
    env={"TZ": "UTC"},
    secrets=("PASSWORD",),
    data="/var/lib/mysql",
    memory="512m",
)


def test_backing_service() -> None:
    """Its name is its address, its secret a file, its data a volume; nothing is published."""
    body = backing.container_body(SETTINGS, "mysql", MYSQL, "mysql@sha256:aa", Path("/s"))
    config = body["HostConfig"]
    assert body["Image"] == "mysql@sha256:aa"
    assert body["Cmd"] == ["mariadbd", "--user", "a b"]
    assert body["Env"] == ["PASSWORD_FILE=/run/secrets/PASSWORD", "TZ=UTC"]
    assert [(m["Source"], m["Target"]) for m in config["Mounts"]] == [
        ("/s/PASSWORD", "/run/secrets/PASSWORD"),
        ("airchain_tv_prod_mysql", "/var/lib/mysql"),
    ]
    assert config["Memory"] == 536_870_912
    assert "PortBindings" not in config
    endpoint = body["NetworkingConfig"]["EndpointsConfig"]["airchain_tv_prod"]
    assert endpoint["Aliases"] == ["mysql"]


def test_a_backing_service_is_replaced_only_for_a_reason() -> None:
    """Image, settings and values of secrets count."""

    def mark(service: Backing = MYSQL, image: str = "a", value: bytes = b"1") -> str:
        body = backing.container_body(SETTINGS, "mysql", service, image, Path("/s"))
        return backing.fingerprint(body, {"PASSWORD": value})

    other = MYSQL.model_copy(update={"env": {"TZ": "CET"}})
    assert mark() == mark()
    assert len({mark(), mark(other), mark(image="b"), mark(value=b"2")}) == 4


def test_the_edge_listens_on_loopback_only(tmp_path: Path) -> None:
    """And can do nothing else."""
    config = edge.container_body(Home(tmp_path), SETTINGS, 8080)["HostConfig"]
    assert config["PortBindings"] == {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}
    assert config["CapDrop"] == ["ALL"]
    assert config["ReadonlyRootfs"]


def test_settings_are_read_as_they_were_written(tmp_path: Path) -> None:
    """None are an error that says what to run."""
    home = Home(tmp_path)
    with pytest.raises(FleetError) as caught:
        settings.load(home, "tv", "prod")
    assert caught.value.hint == "run `airchain up prod`"
    settings.save(home, SETTINGS)
    assert settings.load(home, "tv", "prod") == SETTINGS


def test_a_size_that_this_machine_does_not_know() -> None:
    """A later release may name one."""
    with pytest.raises(FleetError, match="size large is not defined"):
        SETTINGS.size("web", Fleet(services=("django",), size="large"))


def test_host_image_context(tmp_path: Path) -> None:
    """What the agent imports, nothing else of Airchain; fixed modes."""
    folder = tmp_path / "host"
    host_image.stage_host(folder)
    code = {p.name for p in (folder / "airchain").iterdir()}
    assert {"host", "store", "registry", "spec", "run.py", "errors.py"} <= code
    assert not code & {"cli", "fleet", "release", "images", "__pycache__"}
    assert not (folder / "airchain/host/image").exists()
    modes = {p: p.stat().st_mode & 0o777 for p in folder.rglob("*")}
    assert modes[folder / "rootfs/usr/lib/airchain/init"] == 0o755
    assert modes[folder / "rootfs/etc/nginx/nginx.conf"] == 0o644


def test_edge_image_context(tmp_path: Path) -> None:
    """The page for when no host answers is as long as it says."""
    folder = tmp_path / "edge"
    host_image.stage_edge(folder)
    head, body = (folder / "503.http").read_bytes().split(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head


def test_own_images_are_a_product() -> None:
    """Their base image first, from the archive."""
    own = host_image.own_product(Registry())
    assert own.repository("host") == "localhost:5050/airchain/host"
    assert own.images["debian"].bootstrap is not None
