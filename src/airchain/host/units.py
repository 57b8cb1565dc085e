"""From an instance to its systemd unit and `docker run` line, and back. Pure.

The unit carries the instance as JSON in a section that systemd ignores, so an
agent that starts anew finds out from the units alone what runs here.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from airchain.host.identity import FILES, Identity
from airchain.host.instances import NETWORK, Instance
from airchain.spec.model import Service

DOCKER = "/usr/bin/docker"
# Starts a container, or joins the one that outlived the engine (host/image/rootfs).
CONTAINER = "/usr/lib/airchain/container"
_STOP_MARGIN = 10
_FIELD = "Instance="
# Enabled for both: a boot, and an engine that was stopped and started again.
TARGETS = ("multi-user.target", "docker.service")


def docker_run(instance: Instance, identity: Identity, secrets: Path) -> tuple[str, ...]:
    """The command that runs the instance in the foreground; it holds no secret's value."""
    spec = instance.spec
    argv = [DOCKER, "run", "--init", "--pull", "never", "--name", instance.name]
    if not instance.stays:
        # An engine that starts anew removes what was started so, although it runs.
        argv.append("--rm")
    argv += ["--log-driver", "none", "--hostname", instance.service, "--network", NETWORK]
    for label, value in _labels(instance).items():
        argv += ["--label", f"airchain.{label}={value}"]
    if instance.address:
        argv += ["--ip", instance.address]
    argv += [*_limits(spec), *_mounts(instance, secrets)]
    for key, value in _environment(instance, identity).items():
        argv += ["--env", f"{key}={value}"]
    return (*argv, instance.image, *shlex.split(spec.command or ""))


def _limits(spec: Service) -> list[str]:
    """What the container may not do."""
    argv = ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    for capability in spec.capabilities:
        argv += ["--cap-add", capability]
    if spec.read_only:
        argv.append("--read-only")
    if spec.user:
        argv += ["--user", spec.user]
    if spec.memory:
        argv += ["--memory", spec.memory]
    return argv


def _mounts(instance: Instance, secrets: Path) -> list[str]:
    argv: list[str] = []
    for path in instance.spec.tmpfs:
        argv += ["--tmpfs", path]
    for volume in instance.spec.volumes:
        argv += ["--mount", _volume(instance.product, volume)]
    for use in instance.spec.files:
        argv += ["--mount", _files(use)]
    for name in instance.spec.secrets:
        argv += ["--mount", f"type=bind,source={secrets / name},target={_inside(name)},readonly"]
    return argv


def result_file(jobs: Path, instance: Instance) -> Path:
    """Where the unit of a cron or task writes how it ended: systemd's word and the status."""
    return jobs / f"{instance.name}.result"


def mark_file(jobs: Path, instance: Instance) -> Path:
    """What says that the container of a service outlived its unit's command line."""
    return jobs / f"{instance.name}.left"


def docker_stop(instance: Instance) -> tuple[str, ...]:
    """The command that ends the instance's container within its `stop_timeout`."""
    return (DOCKER, "stop", "--time", str(math.ceil(instance.spec.stop_timeout)), instance.name)


def docker_remove(instance: Instance) -> tuple[str, ...]:
    """The command that removes the instance's container, running or not."""
    return (DOCKER, "rm", "--force", instance.name)


def ends_within(instance: Instance) -> float:
    """Seconds that a job's unit may take to end once its time is over.

    First its command line is asked to, then its container, and each gets `TimeoutStopSec`.
    """
    return 2.0 * (math.ceil(instance.spec.stop_timeout) + _STOP_MARGIN)


def unit_text(instance: Instance, identity: Identity, secrets: Path, jobs: Path) -> str:
    """The text of the instance's unit."""
    run = docker_run(instance, identity, secrets)
    service = _lasting(instance, jobs, run) if instance.stays else _ending(instance, jobs, run)
    return "\n".join(
        [
            "[Unit]",
            f"Description={instance.product} {instance.service} ({instance.id})",
            # Not "Requires": containers go on when the engine is started anew.
            "Wants=docker.service",
            # What finishes its work while the host ends still has to find its peers by name.
            "After=docker.service airchain-dns.service",
            "StartLimitIntervalSec=30",
            "StartLimitBurst=5",
            "",
            "[Service]",
            *service,
            f"SyslogIdentifier={instance.service}",
            "",
            "[Install]",
            f"WantedBy={' '.join(TARGETS)}",
            "",
            "[X-Airchain]",
            f"{_FIELD}{instance.model_dump_json()}",
            "",
        ]
    )


def parse(text: str) -> Instance | None:
    """The instance that a unit's text was made from; None for a unit that is not ours."""
    for line in reversed(text.splitlines()):
        if line.startswith(_FIELD):
            try:
                return Instance.model_validate_json(line.removeprefix(_FIELD))
            except ValidationError:
                return None
    return None


def quote(argument: str) -> str:
    """`argument` as one word of a unit's command line, with nothing in it expanded."""
    text = argument.replace("\\", "\\\\").replace('"', '\\"')
    text = text.replace("%", "%%").replace("$", "$$")
    text = "".join(c if c.isprintable() else _escape(c) for c in text)
    return f'"{text}"'


def _escape(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode())


def _lasting(instance: Instance, jobs: Path, run: Sequence[str]) -> list[str]:
    seconds = math.ceil(instance.spec.stop_timeout)
    known_as = (str(mark_file(jobs, instance)), instance.name)
    return [
        "Type=exec",
        "Restart=always",
        "RestartSec=500ms",
        # The command line of docker leaves with the status of the container.
        "SuccessExitStatus=137 143",
        "TimeoutStartSec=60",
        f"TimeoutStopSec={seconds + _STOP_MARGIN}",
        f"ExecStop=-{_quiet(*docker_stop(instance))}",
        f"ExecStart={_line(CONTAINER, 'run', *known_as, *run)}",
        # A command line that was killed leaves its container, an engine that ended leaves
        # all of them, a host that fell leaves their names.
        f"ExecStopPost=-{_line(CONTAINER, 'left', *known_as)}",
    ]


def _ending(instance: Instance, jobs: Path, run: Sequence[str]) -> list[str]:
    seconds = math.ceil(instance.spec.stop_timeout)
    return [
        "Type=oneshot",
        f"TimeoutStartSec={math.ceil(instance.spec.timeout)}",
        f"TimeoutStopSec={seconds + _STOP_MARGIN}",
        # Runs after a failure too, above all after a run that took too long.
        f"ExecStopPost=-{_quiet(*docker_stop(instance))}",
        # For an agent that was not there when it ended.
        'ExecStopPost=-/bin/sh -c \'echo "$$SERVICE_RESULT $$EXIT_STATUS" '
        f">{result_file(jobs, instance)}'",
        f"ExecStartPre=-{_quiet(*docker_remove(instance))}",
        f"ExecStart={_line(*run)}",
    ]


def _line(*argv: str) -> str:
    return " ".join(quote(argument) for argument in argv)


def _quiet(*argv: str) -> str:
    # "No such container" is no line that belongs into a service's log.
    return f"/bin/sh -c 'exec {' '.join(argv)} >/dev/null 2>&1'"


def _labels(instance: Instance) -> dict[str, str]:
    return {
        "product": instance.product,
        "service": instance.service,
        "instance": instance.id,
        "kind": instance.kind,
    }


def _environment(instance: Instance, identity: Identity) -> dict[str, str]:
    return {
        **instance.spec.env,
        **{f"{name}_FILE": _inside(name) for name in instance.spec.secrets},
        "AIRCHAIN_PRODUCT": instance.product,
        "AIRCHAIN_ENVIRONMENT": identity.environment,
        "AIRCHAIN_HOST": identity.host,
        "AIRCHAIN_SERVICE": instance.service,
    }


def _inside(secret: str) -> str:
    return f"/run/secrets/{secret}"


def _files(use: str) -> str:
    name = use.removesuffix(":ro")
    mount = f"type=bind,source={FILES / name},target=/files/{name}"
    return mount if use == name else f"{mount},readonly"


def _volume(product: str, volume: str) -> str:
    """`NAME:PATH[:ro]`, or `PATH[:ro]` for one without a name, as a mount of the engine's."""
    name, path, *mode = (
        volume.split(":") if not volume.startswith("/") else ["", *volume.split(":")]
    )
    source = f"source={product}-{name}," if name else ""
    return f"type=volume,{source}target={path}{',readonly' if mode == ['ro'] else ''}"
