"""Unit files: quoting, limits, what each kind gets, and the way back."""

from __future__ import annotations

import itertools
import os
import shlex
from pathlib import Path
from typing import Any

import pytest

import airchain
from airchain.host.identity import Identity
from airchain.host.instances import Instance
from airchain.host.jobs import bound
from airchain.host.units import docker_run, parse, quote, unit_text
from airchain.run import run
from airchain.spec.model import Service

IDENTITY = Identity(
    product="tv", environment="prod", fleet="web", host="web-1a2b", registry="localhost:5050"
)
SECRETS = Path("/run/airchain/secrets")
JOBS = Path("/run/airchain/jobs")
SCRIPT = Path(airchain.__file__).parent / "host/image/rootfs/usr/lib/airchain/container"


def instance(kind: str = "web", address: str | None = "10.213.1.64", **more: Any) -> Instance:
    spec = Service.model_validate({"image": "www", "kind": kind, **more})
    return Instance(
        id="1a2b3c4d5e",
        product="tv",
        service="django",
        image="localhost:5050/tv/www@sha256:aa",
        spec=spec,
        address=address,
    )


def argv(**more: Any) -> list[str]:
    return list(docker_run(instance(**more), IDENTITY, SECRETS))


def lines(**more: Any) -> list[str]:
    return unit_text(instance(**more), IDENTITY, SECRETS, JOBS).splitlines()


def pairs(words: list[str], option: str) -> list[str]:
    return [value for name, value in itertools.pairwise(words) if name == option]


def test_files_are_mounted_by_their_name() -> None:
    """Read-only where that is asked for."""
    assert pairs(argv(files=["media", "art:ro"]), "--mount") == [
        "type=bind,source=/srv/files/media,target=/files/media",
        "type=bind,source=/srv/files/art,target=/files/art,readonly",
    ]


def test_a_container_may_as_little_as_possible() -> None:
    """Read-only, no capabilities, no new privileges, an init, no pull at start."""
    words = argv()
    assert words[:2] == ["/usr/bin/docker", "run"]
    assert {"--init", "--read-only"} <= set(words)
    assert pairs(words, "--cap-drop") == ["ALL"]
    assert pairs(words, "--security-opt") == ["no-new-privileges"]
    assert pairs(words, "--pull") == ["never"]
    assert pairs(words, "--ip") == ["10.213.1.64"]
    assert pairs(words, "--tmpfs") == ["/tmp"]
    assert words[-1] == "localhost:5050/tv/www@sha256:aa"


def test_what_the_service_asks_for_is_given() -> None:
    """Capabilities, user, memory, writable root, volumes."""
    words = argv(
        capabilities=["NET_BIND_SERVICE"],
        user="1000",
        memory="64m",
        read_only=False,
        volumes=["media:/var/media", "/scratch", "art:/art:ro"],
    )
    assert "--read-only" not in words
    assert pairs(words, "--cap-add") == ["NET_BIND_SERVICE"]
    assert pairs(words, "--user") == ["1000"]
    assert pairs(words, "--memory") == ["64m"]
    assert pairs(words, "--mount") == [
        "type=volume,source=tv-media,target=/var/media",
        "type=volume,target=/scratch",
        "type=volume,source=tv-art,target=/art,readonly",
    ]


def test_secrets_come_as_files_and_never_as_values() -> None:
    """A read-only mount from tmpfs, and a variable that names the file."""
    words = argv(secrets=["SECRET_KEY"])
    assert pairs(words, "--mount") == [
        "type=bind,source=/run/airchain/secrets/SECRET_KEY,target=/run/secrets/SECRET_KEY,readonly"
    ]
    assert "SECRET_KEY_FILE=/run/secrets/SECRET_KEY" in pairs(words, "--env")


def test_the_environment_says_where_it_runs_but_not_the_release() -> None:
    """The release would give an unchanged service a new environment."""
    env = pairs(argv(env={"A": "1"}), "--env")
    assert env == [
        "A=1",
        "AIRCHAIN_PRODUCT=tv",
        "AIRCHAIN_ENVIRONMENT=prod",
        "AIRCHAIN_HOST=web-1a2b",
        "AIRCHAIN_SERVICE=django",
    ]


def test_the_command_is_split_as_a_shell_would() -> None:
    """Quotes group words; nothing is run by a shell."""
    words = argv(command="""sh -c 'echo "a  b" 100% $HOME'""")
    assert words[-3:] == ["sh", "-c", 'echo "a  b" 100% $HOME']


QUOTED = {
    "plain": '"plain"',
    "two words": '"two words"',
    'say "hi"': '"say \\"hi\\""',
    "100%": '"100%%"',
    "$HOME": '"$$HOME"',
    "back\\slash": '"back\\\\slash"',
    "it's": '"it\'s"',
    "": '""',
    ";": '";"',
    "a\nb\tc": '"a\\x0ab\\x09c"',
    "café": '"café"',
}


@pytest.mark.parametrize("word", QUOTED)
def test_systemd_expands_nothing(word: str) -> None:
    """Specifiers, variables, quotes and line ends are escaped."""
    assert quote(word) == QUOTED[word]


def test_the_command_line_stays_one_line() -> None:
    """A value of several lines does not end the setting."""
    start = [x for x in lines(env={"KEY": "a\n[Install]\nb"}) if x.startswith("ExecStart=")]
    assert len(start) == 1
    assert "a\\x0a[Install]\\x0ab" in start[0]


def test_a_lasting_service_is_restarted_within_limits() -> None:
    """Five starts in 30 seconds, then it has failed; it gets its time to stop."""
    text = lines(kind="worker", stop_timeout=119.5)
    for expected in (
        "Restart=always",
        "StartLimitIntervalSec=30",
        "StartLimitBurst=5",
        "TimeoutStopSec=130",
        "WantedBy=multi-user.target docker.service",
        "Wants=docker.service",
    ):
        assert expected in text
    (stop,) = [x for x in text if x.startswith("ExecStop=")]
    assert "docker stop --time 120 tv-django-1a2b3c4d5e" in stop


def test_a_start_is_one_call_of_the_engine() -> None:
    """Nothing is asked for or removed before; what is left of the run is seen to after it."""
    text = lines()
    assert not any(x.startswith("ExecStartPre=") for x in text)
    mark = "/run/airchain/jobs/tv-django-1a2b3c4d5e.left"
    start = shlex.split(next(x for x in text if x.startswith("ExecStart=")))
    assert start[1:6] == ["run", mark, "tv-django-1a2b3c4d5e", "/usr/bin/docker", "run"]
    after = shlex.split(next(x for x in text if x.startswith("ExecStopPost=")))
    assert after[1:] == ["left", mark, "tv-django-1a2b3c4d5e"]


# How the command line ended, whether it had joined: whether its container may run on.
LEFT = {
    "the service ended": ("exited.1", False, False),
    "it was stopped": ("exited.143", False, False),
    "a joined one was stopped": ("exited.143", True, False),
    "the engine ended": ("exited.125", False, True),
    "the engine of a joined one ended": ("exited.1", True, True),
    "the command line was killed": ("killed.KILL", False, True),
    "the command line crashed": ("dumped.ABRT", False, True),
    "it did not stop in time": ("killed.KILL timeout", False, False),
}


@pytest.mark.parametrize("case", LEFT)
def test_a_container_that_may_run_on_is_marked(case: str, tmp_path: Path) -> None:
    """The engine is not asked: it may be what has ended. Any other container is removed."""
    end, joined, left = LEFT[case]
    status, _, result = end.partition(" ")
    code, _, number = status.partition(".")
    mark, calls = tmp_path / "jobs" / "left", called(tmp_path, "true")
    if joined:
        mark.parent.mkdir()
        mark.touch()
    said = {"EXIT_CODE": code, "EXIT_STATUS": number, "SERVICE_RESULT": result or "exit-code"}
    env = {**said, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    run([SCRIPT, "left", mark, "tv-web-1"], env=env, timeout=10)
    assert mark.exists() == left
    assert calls.read_text() == ("" if left else "rm --force tv-web-1\n")


# Whether it is marked, whether it runs: the last thing that the engine is asked for.
STARTS = {
    "as usual": (False, "", "run a  b"),
    "it runs on": (True, "true", "attach --no-stdin tv-web-1"),
    "it ended meanwhile": (True, "false", "run a  b"),
    "it is gone": (True, "", "run a  b"),
}


@pytest.mark.parametrize("case", STARTS)
def test_a_container_that_runs_already_is_joined(tmp_path: Path, case: str) -> None:
    """Instead of being started a second time under the same name."""
    marked, running, last = STARTS[case]
    calls, mark = called(tmp_path, running), tmp_path / "left"
    if marked:
        mark.touch()
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    run([SCRIPT, "run", mark, "tv-web-1", "docker", "run", "a  b"], env=env, timeout=10)
    done = calls.read_text().splitlines()
    assert done[-1] == last
    assert len(done) == (1 if not marked else 3 if running == "true" else 4)
    assert mark.exists() == (running == "true")


def called(folder: Path, running: str) -> Path:
    """Where an engine of which nothing but `running` is known writes what it is asked for."""
    calls = folder / "calls"
    calls.touch()
    engine = folder / "docker"
    engine.write_text(f'#!/bin/sh\necho "$@" >>{calls}\n[ "$1" != inspect ] || echo {running}\n')
    engine.chmod(0o755)
    return calls


@pytest.mark.parametrize("kind", ["cron", "task"])
def test_what_ends_by_itself_is_bounded(kind: str) -> None:
    """A one-shot unit with the service's timeout, never restarted."""
    text = lines(kind=kind, address=None, timeout=90)
    assert "Type=oneshot" in text
    assert "--rm" in argv(kind=kind, address=None)
    assert "TimeoutStartSec=90" in text
    (before,) = [x for x in text if x.startswith("ExecStartPre=")]
    assert "docker rm --force tv-django-1a2b3c4d5e" in before
    assert not any(x.startswith("Restart=") for x in text)
    assert not any("--ip" in x for x in text)


def test_a_job_has_ended_within_the_bound_of_its_lease() -> None:
    """Its time, then its command line is asked to end, then its container: only then another
    host may take the job up."""
    settings: dict[str, Any] = {"timeout": 60, "stop_timeout": 130}
    text = lines(kind="cron", schedule="* * * * *", **settings)
    limits = dict(line.split("=", 1) for line in text if line.startswith("Timeout"))
    longest = int(limits["TimeoutStartSec"]) + 2 * int(limits["TimeoutStopSec"])
    assert bound(instance(kind="cron", schedule="* * * * *", **settings)) >= longest


def test_an_agent_finds_out_from_the_unit_what_runs() -> None:
    """The unit carries the whole instance."""
    made = instance(env={"A": "x = [y]"}, command="a 'b c'")
    assert parse(unit_text(made, IDENTITY, SECRETS, JOBS)) == made


@pytest.mark.parametrize("text", ["", "[Service]\nExecStart=/bin/true\n", "Instance={broken"])
def test_units_of_others_are_not_ours(text: str) -> None:
    """They are left alone."""
    assert parse(text) is None


def test_the_shell_words_around_the_container_hold_no_surprises() -> None:
    """Names are made of characters that need no quoting."""
    assert shlex.quote(instance().name) == instance().name
