"""The Docker Engine that everything goes through.

`DOCKER_HOST` where it is set; else the machine's own engine where it answers;
else a private one under Airchain's state folder (see `dockerd`), which is
started when it is needed.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from airchain import machine
from airchain.errors import EngineError, PreflightError
from airchain.images import dockerd
from airchain.paths import Home
from airchain.progress import Progress
from airchain.run import run

if TYPE_CHECKING:
    from docker import DockerClient

Origin = Literal["DOCKER_HOST", "machine", "private"]

OLDEST = (20, 10)
MACHINE_SOCKET = Path("/var/run/docker.sock")
DEBIAN_CLI = Path("/usr/bin/docker")
PING_TIMEOUT = 5
# Exporting and loading an image of a gigabyte keeps one request open for long.
REQUEST_TIMEOUT = 600
NEEDS = ("engine", "iproute", "iptables")


@dataclass(frozen=True)
class Engine:
    """An engine that answered. `version` is what it says of itself.

    With `api`, its newest API, a connection need not ask for that again.
    """

    url: str
    version: str
    origin: Origin
    api: str | None = None

    def client(self) -> DockerClient:
        """A new connection to the Engine API; close it after use."""
        from docker import DockerClient

        return DockerClient(base_url=self.url, timeout=REQUEST_TIMEOUT, version=self.api)

    def env(self) -> dict[str, str]:
        """The environment that makes the `docker` command use this engine and BuildKit."""
        return {"DOCKER_HOST": self.url, "DOCKER_BUILDKIT": "1", "DOCKER_CONTEXT": ""}

    @property
    def cli(self) -> Path:
        """A `docker` command that can build with BuildKit; raises `PreflightError`."""
        return buildkit_cli()


@dataclass(frozen=True)
class _Answer:
    version: str
    api: str | None


@dataclass(frozen=True)
class Status:
    """What `airchain engine status` shows. `engine` is None where none answers."""

    engine: Engine | None
    private: dockerd.Daemon


def find(home: Home) -> Engine | None:
    """The engine in use, or None where none answers.

    Raises `EngineError` where `DOCKER_HOST` names a dead one or one is too old.
    """
    explicit = os.environ.get("DOCKER_HOST")
    if explicit:
        answer = _ask(explicit)
        if answer is None:
            raise EngineError(
                "the engine that DOCKER_HOST names does not answer",
                where=explicit,
                hint="start it, or unset DOCKER_HOST to use an engine of Airchain's own",
            )
        return _checked(Engine(explicit, answer.version, "DOCKER_HOST", answer.api))
    for url, origin in _candidates(home):
        answer = _ask(url)
        if answer is not None:
            return _checked(Engine(url, answer.version, origin, answer.api))
    return None


def ensure(home: Home, progress: Progress, *, also: Sequence[str] = ()) -> Engine:
    """The engine in use; where there is none, a private one, installed and started.

    `also` names further needs (see `machine.PACKAGES`) to install in the same go.
    """
    found = find(home)
    if found is not None:
        machine.ensure(also, progress)
        return found
    if machine.missing((*NEEDS, *also)):
        machine.ensure((*NEEDS, *also), progress)
        # Debian's package starts an engine of its own where systemd runs.
        found = find(home)
        if found is not None:
            return found
    with progress.step("start a private Docker Engine") as step:
        dockerd.start(home, answers=lambda url: _ask(url) is not None, note=step.note)
        found = find(home)
        if found is None:
            raise EngineError("the private engine stopped answering", where=str(home.engine))
        step.note(f"engine {found.version} at {found.url}")
        return found


def check_alive(engine: Engine) -> None:
    """Raise `EngineError` where the engine has stopped answering since it was found.

    To be asked before a failure is blamed on what ran in it.
    """
    if _ask(engine.url) is None:
        raise EngineError(
            "the engine stopped while it was in use",
            where=engine.url,
            hint="start it again (`airchain engine start`), then run this again",
        )


def stop(home: Home) -> bool:
    """End the private engine and its containers; False where it does not run."""
    return dockerd.stop(home)


def status(home: Home) -> Status:
    """The engine in use and the state of the private one."""
    return Status(find(home), dockerd.observe(home))


def release_number(version: str) -> tuple[int, int] | None:
    """`(20, 10)` of `20.10.24+dfsg1`; None where the text is no version."""
    match = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else None


@cache
def buildkit_cli(path: str | None = None) -> Path:
    """The first `docker` command that can build with BuildKit: Debian's, then those on PATH.

    Before version 23 BuildKit is part of the command; later ones need the
    buildx plug-in.
    """
    search = os.environ.get("PATH", "") if path is None else path
    refused = []
    for candidate in _commands(search):
        if _has_buildkit(candidate):
            return candidate
        refused.append(str(candidate))
    raise PreflightError(
        f"{', '.join(refused)} cannot use BuildKit: the buildx plug-in is missing"
        if refused
        else "there is no docker command",
        hint="sudo apt-get install docker.io (or docker-buildx for a newer docker command)",
    )


def _candidates(home: Home) -> Iterator[tuple[str, Origin]]:
    if MACHINE_SOCKET.exists():
        yield f"unix://{MACHINE_SOCKET}", "machine"
    if home.engine_socket.exists():
        yield f"unix://{home.engine_socket}", "private"


def _ask(url: str) -> _Answer | None:
    """The engine's versions, or None where it does not answer."""
    from docker import DockerClient
    from docker.constants import DEFAULT_DOCKER_API_VERSION
    from docker.errors import DockerException
    from requests import RequestException

    if not _listens(url):
        return None
    try:
        # With a version it asks for none by itself.
        client = DockerClient(
            base_url=url, timeout=PING_TIMEOUT, version=DEFAULT_DOCKER_API_VERSION
        )
    except (DockerException, RequestException):
        return None
    try:
        answer: Mapping[str, str] = client.version(api_version=False)
    except (DockerException, RequestException):
        return None
    finally:
        client.close()
    return _Answer(answer.get("Version", ""), answer.get("ApiVersion"))


def _listens(url: str) -> bool:
    """Whether somebody accepts connections at a `unix://` address; others are not judged."""
    if not url.startswith("unix://"):
        return True
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PING_TIMEOUT)
        try:
            connection.connect(url.removeprefix("unix://"))
        except OSError:
            return False
    return True


def _checked(engine: Engine) -> Engine:
    number = release_number(engine.version)
    if number is not None and number < OLDEST:
        raise EngineError(
            f"Docker Engine {engine.version} is too old: 20.10 or newer is needed",
            where=engine.url,
            hint="upgrade it, or stop it and unset DOCKER_HOST to use one of Airchain's own",
        )
    return engine


def _commands(search: str) -> Iterator[Path]:
    seen = set()
    folders = search.split(os.pathsep)
    for candidate in (DEBIAN_CLI, *(Path(folder) / "docker" for folder in folders if folder)):
        if shutil.which(candidate) and (real := candidate.resolve()) not in seen:
            seen.add(real)
            yield candidate


def _has_buildkit(command: Path) -> bool:
    shown = run([command, "--version"], timeout=20, check=False).stdout
    number = release_number(shown.removeprefix("Docker version "))
    if number is None:
        return False
    if number < (23, 0):
        return True
    return run([command, "buildx", "version"], timeout=20, check=False).returncode == 0
