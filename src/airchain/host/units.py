"""From an instance to its systemd unit and `docker run` line, and back. Pure.

The unit carries the instance as JSON in a section that systemd ignores, so an
agent that starts anew finds out from the units alone what runs here.
"""

from __future__ import annotations

import math
import shlex
from pathlib import Path

from pydantic import ValidationError

from airchain.host.identity import Identity
from airchain.host.instances import NETWORK, Instance
from airchain.spec.model import Service

DOCKER = "/usr/bin/docker"
_STOP_MARGIN = 10
_FIELD = "Instance="
# Enabled for both: a boot, and an engine that was stopped and started again.
TARGETS = ("multi-user.target", "docker.service")


def docker_run(instance: Instance, identity: Identity, secrets: Path) -> tuple[str, ...]:
    """The command that runs the instance in the foreground; it holds no secret's value."""
    spec = instance.spec
    argv = [DOCKER, "run", "--rm", "--init", "--pull", "never", "--name", instance.name]
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
    for name in instance.spec.secrets:
        argv += ["--mount", f"type=bind,source={secrets / name},target={_inside(name)},readonly"]
    return argv


def result_file(jobs: Path, instance: Instance) -> Path:
    """Where the unit of a cron or task writes how it ended: systemd's word and the status."""
    return jobs / f"{instance.name}.result"


def unit_text(instance: Instance, identity: Identity, secrets: Path, jobs: Path) -> str:
    """The text of the instance's unit."""
    service = _lasting(instance) if instance.stays else _ending(instance, jobs)
    run = " ".join(quote(a) for a in docker_run(instance, identity, secrets))
    return "\n".join(
        [
            "[Unit]",
            f"Description={instance.product} {instance.service} ({instance.id})",
            "Requires=docker.service",
            # What finishes its work while the host ends still has to find its peers by name.
            "After=docker.service airchain-dns.service",
            "StartLimitIntervalSec=30",
            "StartLimitBurst=5",
            "",
            "[Service]",
            *service,
            f"SyslogIdentifier={instance.service}",
            f"ExecStart={run}",
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


def _lasting(instance: Instance) -> list[str]:
    seconds = math.ceil(instance.spec.stop_timeout)
    return [
        "Type=exec",
        "Restart=always",
        "RestartSec=500ms",
        # The command line of docker leaves with the status of the container.
        "SuccessExitStatus=137 143",
        "TimeoutStartSec=60",
        f"TimeoutStopSec={seconds + _STOP_MARGIN}",
        f"ExecStop=-{_quiet(f'{DOCKER} stop --time {seconds} {instance.name}')}",
        # A container that is left over holds the name: from a command line that was
        # killed, or from a host that fell (125: the engine refused to make another).
        # The next start finds the name free, and an ordinary one has nothing to remove.
        f"ExecStopPost=-{_if_left_over(_remove(instance))}",
    ]


def _ending(instance: Instance, jobs: Path) -> list[str]:
    seconds = math.ceil(instance.spec.stop_timeout)
    stop = f"-{_quiet(f'{DOCKER} stop --time {seconds} {instance.name}')}"
    return [
        "Type=oneshot",
        f"TimeoutStartSec={math.ceil(instance.spec.timeout)}",
        f"TimeoutStopSec={seconds + _STOP_MARGIN}",
        # Runs after a failure too, above all after a run that took too long.
        f"ExecStopPost={stop}",
        # For an agent that was not there when it ended.
        'ExecStopPost=-/bin/sh -c \'echo "$$SERVICE_RESULT $$EXIT_STATUS" '
        f">{result_file(jobs, instance)}'",
        f"ExecStartPre=-{_quiet(_remove(instance))}",
    ]


def _remove(instance: Instance) -> str:
    return f"{DOCKER} rm --force {instance.name}"


def _if_left_over(command: str) -> str:
    # `$$` is systemd's way to leave a `$` to the shell.
    return (
        "/bin/sh -c 'case $$EXIT_CODE.$$EXIT_STATUS in exited.125|killed.*|dumped.*) "
        f"exec {command} >/dev/null 2>&1;; esac'"
    )


def _quiet(command: str) -> str:
    # "No such container" is no line that belongs into a service's log.
    return f"/bin/sh -c 'exec {command} >/dev/null 2>&1'"


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


def _volume(product: str, volume: str) -> str:
    """`NAME:PATH[:ro]`, or `PATH[:ro]` for one without a name, as a mount of the engine's."""
    name, path, *mode = (
        volume.split(":") if not volume.startswith("/") else ["", *volume.split(":")]
    )
    source = f"source={product}-{name}," if name else ""
    return f"type=volume,{source}target={path}{',readonly' if mode == ['ro'] else ''}"
