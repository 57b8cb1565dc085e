"""What the engine is asked for when a local host is created. Pure.

A host is a system container: systemd as first process, an engine of its own
inside. `--privileged` would do on most machines, but fails where the outer
engine lacks a capability itself; so the capabilities are named one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from airchain.fleet import names
from airchain.host.identity import FILES
from airchain.store.records import host_key, lease_key

# Number of the bit in /proc/PID/status is the place in this list. The last
# three of the kernel (perfmon, bpf, checkpoint_restore) are unknown to Docker
# 20.10, and nothing on a host needs them.
CAPABILITIES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"),
    *("SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW"),
    *("IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE"),
    *("SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME"),
    *("SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP"),
    *("MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ"),
)
# Without these no engine runs inside.
REQUIRED = frozenset({"SYS_ADMIN", "NET_ADMIN", "MKNOD"})

STORE = PurePosixPath("/srv/store")
IDENTITY = PurePosixPath("/etc/airchain/host.json")
_UNITS = {"m": 1024**2, "g": 1024**3}


@dataclass(frozen=True)
class HostPlan:
    """One host to create. Folders are paths on the engine's machine.

    `store` is None where the store is not a folder.
    """

    product: str
    environment: str
    fleet: str
    host: str
    image: str
    cpus: float
    memory: str
    capabilities: tuple[str, ...]
    store: str | None
    identity: str
    registry: str


def capabilities(mask: int) -> tuple[str, ...]:
    """Names of the capabilities in a bounding set that a host is given."""
    return tuple(name for bit, name in enumerate(CAPABILITIES) if mask >> bit & 1)


def missing(granted: Sequence[str]) -> tuple[str, ...]:
    """Capabilities without which hosts cannot run on this engine."""
    return tuple(sorted(REQUIRED.difference(granted)))


def memory_bytes(text: str) -> int:
    """`512m` or `2g` in bytes."""
    return int(text[:-1]) * _UNITS[text[-1]]


def body(plan: HostPlan) -> dict[str, Any]:
    """The body of the Engine API's `POST /containers/create`."""
    network = names.network(plan.product, plan.environment)
    labels = names.labels(plan.product, plan.environment, "host", plan.host, fleet=plan.fleet)
    alias = plan.registry.rpartition(":")[0]
    return {
        "Image": plan.image,
        "Hostname": plan.host,
        "Labels": labels,
        "HostConfig": {
            "NetworkMode": network,
            "CgroupnsMode": "private",
            "CapDrop": ["ALL"],
            "CapAdd": list(plan.capabilities),
            "SecurityOpt": ["seccomp=unconfined", "apparmor=unconfined"],
            # Both empty is what the command line calls systempaths=unconfined.
            "MaskedPaths": [],
            "ReadonlyPaths": [],
            "DeviceCgroupRules": ["a *:* rwm"],
            "Tmpfs": {"/run": "exec,mode=755", "/run/lock": "", "/tmp": "exec"},  # noqa: S108
            "Mounts": mounts(plan, labels),
            # An alias of the registry means loopback here too, whoever resolves it elsewhere.
            "ExtraHosts": [f"{alias}:127.0.0.1"] if alias != "localhost" else [],
            "NanoCpus": round(plan.cpus * 1e9),
            "Memory": memory_bytes(plan.memory),
            "LogConfig": {"Type": "local", "Config": {"max-size": "1m", "max-file": "2"}},
        },
        "NetworkingConfig": {"EndpointsConfig": {network: {"Aliases": [plan.host]}}},
    }


def writable(plan: HostPlan) -> tuple[str, str]:
    """The two folders of the store that the host may write."""
    return (
        host_key(plan.product, plan.environment, plan.host),
        lease_key(plan.product, plan.environment, "x").removesuffix("/x"),
    )


def mounts(plan: HostPlan, labels: dict[str, str]) -> list[dict[str, Any]]:
    """The engine's volume, that of the environment's files, the store, the identity.

    A store that is a folder is read-only but for two parts. The files are there whether or
    not a release has any: a later one may.
    """
    name = names.container(plan.product, plan.environment, plan.host)
    shared = names.labels(plan.product, plan.environment, "files", "files")
    return [
        _volume(name, "/var/lib/docker", labels),
        _volume(names.files(plan.product, plan.environment), str(FILES), shared),
        *(_store(plan.store, writable(plan)) if plan.store else ()),
        _bind(plan.identity, IDENTITY, read_only=True),
    ]


def _store(store: str, writable: Sequence[str]) -> list[dict[str, Any]]:
    return [
        _bind(store, STORE, read_only=True),
        *(_bind(f"{store}/{key}", STORE / key, read_only=False) for key in writable),
    ]


def _volume(name: str, target: str, labels: dict[str, str]) -> dict[str, Any]:
    options = {"NoCopy": True, "Labels": labels}
    return {"Type": "volume", "Source": name, "Target": target, "VolumeOptions": options}


def _bind(source: str, target: PurePosixPath, *, read_only: bool) -> dict[str, Any]:
    return {"Type": "bind", "Source": source, "Target": str(target), "ReadOnly": read_only}
