"""Unit files: quoting, limits, what each kind gets, and the way back."""

from __future__ import annotations

import itertools
import shlex
from pathlib import Path
from typing import Any

import pytest

from airchain.host.identity import Identity
from airchain.host.instances import Instance
from airchain.host.units import docker_run, parse, quote, unit_text
from airchain.run import run
from airchain.spec.model import Service

IDENTITY = Identity(
    product="tv", environment="prod", fleet="web", host="web-1a2b", registry="localhost:5050"
)
SECRETS = Path("/run/airchain/secrets")
JOBS = Path("/run/airchain/jobs")


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


def test_a_container_may_as_little_as_possible() -> None:
    """Read-only, no capabilities, no new privileges, an init, no pull at start."""
    words = argv()
    assert words[:2] == ["/usr/bin/docker", "run"]
    assert {"--rm", "--init", "--read-only"} <= set(words)
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
        "Requires=docker.service",
    ):
        assert expected in text
    (stop,) = [x for x in text if x.startswith("ExecStop=")]
    assert "docker stop --time 120 tv-django-1a2b3c4d5e" in stop


LEFT_OVER = {
    "exited.0": False,
    "exited.1": False,
    "exited.137": False,
    "exited.125": True,
    "killed.KILL": True,
    "dumped.ABRT": True,
}


@pytest.mark.parametrize("end", LEFT_OVER)
def test_only_what_may_have_been_left_over_is_removed(end: str) -> None:
    """A start costs no second call of the engine; a leftover does not keep the name."""
    text = lines()
    (after,) = [x for x in text if x.startswith("ExecStopPost=-/bin/sh -c ")]
    assert not any(x.startswith("ExecStartPre=") for x in text)
    _, _, script = shlex.split(after.removeprefix("ExecStopPost=-").replace("$$", "$"))
    code, _, status = end.partition(".")
    said = script.replace("exec /usr/bin/docker", "echo").replace(">/dev/null 2>&1", "")
    done = run(["/bin/sh", "-c", said], env={"EXIT_CODE": code, "EXIT_STATUS": status}, timeout=10)
    assert done.stdout.strip() == ("rm --force tv-django-1a2b3c4d5e" if LEFT_OVER[end] else "")


@pytest.mark.parametrize("kind", ["cron", "task"])
def test_what_ends_by_itself_is_bounded(kind: str) -> None:
    """A one-shot unit with the service's timeout, never restarted."""
    text = lines(kind=kind, address=None, timeout=90)
    assert "Type=oneshot" in text
    assert "TimeoutStartSec=90" in text
    (before,) = [x for x in text if x.startswith("ExecStartPre=")]
    assert "docker rm --force tv-django-1a2b3c4d5e" in before
    assert not any(x.startswith("Restart=") for x in text)
    assert not any("--ip" in x for x in text)


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
