"""What the engine is asked for when a host is created."""

from __future__ import annotations

from dataclasses import replace

from airchain.fleet import host_args
from airchain.fleet.host_args import HostPlan

PLAN = HostPlan(
    product="tv",
    environment="prod",
    fleet="web",
    host="web-4f1c",
    image="localhost:5050/airchain/host@sha256:aa",
    cpus=0.5,
    memory="1g",
    capabilities=("SYS_ADMIN", "NET_ADMIN"),
    store="/state/store",
    identity="/state/environments/tv/prod/hosts/web-4f1c/host.json",
    registry="localhost:5050",
)
OWN = "products/tv/environments/prod/hosts/web-4f1c"
LEASES = "products/tv/environments/prod/leases"


def test_capabilities_of_a_whole_machine() -> None:
    """A full bounding set gives all but those that Docker 20.10 does not know."""
    names = host_args.capabilities(0x1FFFFFFFFFF)
    assert len(names) == 38
    assert "SYS_RESOURCE" in names
    assert "BPF" not in names


def test_capabilities_that_the_engine_lacks_are_not_asked_for() -> None:
    """Bit 24 is SYS_RESOURCE: engines in some machines are without it."""
    names = host_args.capabilities(0x1FFFEFFFFFF)
    assert "SYS_RESOURCE" not in names
    assert len(names) == 37


def test_what_no_host_can_do_without() -> None:
    """An ordinary container's fourteen capabilities are not enough."""
    assert host_args.missing(host_args.capabilities(0xA80425FB)) == ("NET_ADMIN", "SYS_ADMIN")
    assert host_args.missing(host_args.capabilities(0x1FFFFFFFFFF)) == ()


def test_sizes() -> None:
    """Memory in bytes, processors in billionths."""
    assert host_args.memory_bytes("512m") == 536_870_912
    assert host_args.memory_bytes("2g") == 2_147_483_648
    config = host_args.body(PLAN)["HostConfig"]
    assert config["NanoCpus"] == 500_000_000
    assert config["Memory"] == 1_073_741_824


def test_a_host_is_not_privileged_but_may_run_an_engine() -> None:
    """Own control groups, named capabilities, nothing masked, memory for what changes."""
    config = host_args.body(PLAN)["HostConfig"]
    assert "Privileged" not in config
    assert config["CgroupnsMode"] == "private"
    assert config["CapDrop"] == ["ALL"]
    assert config["CapAdd"] == ["SYS_ADMIN", "NET_ADMIN"]
    assert config["MaskedPaths"] == config["ReadonlyPaths"] == []
    assert set(config["Tmpfs"]) == {"/run", "/run/lock", "/tmp"}


def test_no_port_of_a_host_is_published() -> None:
    """Hosts are reached through the edge."""
    assert "PortBindings" not in host_args.body(PLAN)["HostConfig"]


def test_a_host_may_write_its_own_folder_and_the_leases_only() -> None:
    """The store is read-only but for two folders."""
    mounts = host_args.mounts(PLAN, {})
    binds = {m["Target"]: (m["Source"], m["ReadOnly"]) for m in mounts if m["Type"] == "bind"}
    assert binds == {
        "/srv/store": ("/state/store", True),
        f"/srv/store/{OWN}": (f"/state/store/{OWN}", False),
        f"/srv/store/{LEASES}": (f"/state/store/{LEASES}", False),
        "/etc/airchain/host.json": (PLAN.identity, True),
    }


def test_everything_is_named_and_labelled_by_environment() -> None:
    """So that `down` finds it and two environments do not meet."""
    body = host_args.body(PLAN)
    assert body["HostConfig"]["NetworkMode"] == "airchain_tv_prod"
    assert body["Labels"] == {
        "airchain.product": "tv",
        "airchain.environment": "prod",
        "airchain.role": "host",
        "airchain.name": "web-4f1c",
        "airchain.fleet": "web",
    }
    own, shared = (m for m in body["HostConfig"]["Mounts"] if m["Type"] == "volume")
    assert own["Source"] == "airchain_tv_prod_web-4f1c"
    assert own["VolumeOptions"]["Labels"] == body["Labels"]
    assert (shared["Source"], shared["Target"]) == ("airchain_tv_prod__files", "/srv/files")
    assert shared["VolumeOptions"]["Labels"]["airchain.role"] == "files"


def test_an_alias_of_the_registry_is_loopback_on_a_host() -> None:
    """`localhost` needs no help; any other name is pointed at the host itself."""
    assert host_args.body(PLAN)["HostConfig"]["ExtraHosts"] == []
    aliased = replace(PLAN, registry="registry.example.com:5000")
    assert host_args.body(aliased)["HostConfig"]["ExtraHosts"] == ["registry.example.com:127.0.0.1"]
