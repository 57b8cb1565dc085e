"""What BuildKit is given, and what its output means."""

from __future__ import annotations

import pytest

from airchain.images import recipe

DOCKERFILE = """\
# syntax and such
ARG IMAGES=localhost:5050/tv
FROM ${IMAGES}/debian AS build
# about the next line
RUN make \\
    all
FROM scratch
COPY --from=build /x /x
"""
ARGUMENTS = {"PIP_CERT": "/ca"}


def test_arguments_are_declared_in_every_stage() -> None:
    """After FROM, because what stands before it is not seen inside the stage."""
    assert recipe.with_arguments(DOCKERFILE, ARGUMENTS).text.splitlines() == [
        "# syntax and such",
        "ARG IMAGES=localhost:5050/tv",
        "FROM ${IMAGES}/debian AS build",
        "# about the next line",
        "ARG PIP_CERT=/ca",
        "RUN make \\",
        "    all",
        "FROM scratch",
        "ARG PIP_CERT=/ca",
        "COPY --from=build /x /x",
    ]


def test_line_numbers_are_those_of_the_user() -> None:
    """Whatever was added above."""
    rewritten = recipe.with_arguments(DOCKERFILE, ARGUMENTS)
    assert [rewritten.original(n) for n in (3, 6, 7, 10)] == [3, 5, 6, 8]


def test_without_arguments_nothing_changes() -> None:
    """The usual case: a machine that trusts nobody extra."""
    rewritten = recipe.with_arguments(DOCKERFILE, {})
    assert rewritten.text == DOCKERFILE
    assert rewritten.original(8) == 8


def test_a_last_stage_without_instructions_gets_them_too() -> None:
    """FROM may be the last line."""
    assert recipe.with_arguments("FROM a\n", ARGUMENTS).text == "FROM a\nARG PIP_CERT=/ca\n"


FAILED = """\
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 100B done
#1 DONE 0.0s
#5 [build 2/2] RUN make     all
#5 0.213 cc: no such file
#5 ERROR: executor failed running [/bin/sh -c make     all]: exit code: 2
------
 > [build 2/2] RUN make     all:
#5 0.213 cc: no such file
------
executor failed running [/bin/sh -c make     all]: exit code: 2
"""


def test_the_failing_step_and_its_line_are_found() -> None:
    """Line 5 is where the RUN begins in the user's file."""
    built = recipe.with_arguments(DOCKERFILE, ARGUMENTS)
    found = recipe.explain(FAILED.splitlines(), built)
    assert found.step == "RUN make     all"
    assert found.line == 5
    assert "cc: no such file" in found.log
    assert not any("load build definition" in line for line in found.log)


def test_a_line_that_docker_cannot_read_is_found() -> None:
    """BuildKit counts the added lines, we do not."""
    output = ["failed to solve: dockerfile parse error line 10: unknown instruction: COPPY"]
    found = recipe.explain(output, recipe.with_arguments(DOCKERFILE, ARGUMENTS))
    assert found.line == 8
    assert found.step == "unknown instruction: COPPY"


def test_the_log_ends_with_the_last_lines() -> None:
    """Fifty of them."""
    output = [f"#5 0.1 line {n}" for n in range(200)]
    found = recipe.explain(output, recipe.with_arguments(DOCKERFILE, {}))
    assert len(found.log) == recipe.LOG_LINES
    assert found.log[-1] == "line 199"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("failed to resolve docker.io/docker/dockerfile:1: dial tcp", "# syntax="),
        ("SSL: CERTIFICATE_VERIFY_FAILED", "ca-certificates"),
        ("write /x: no space left on device", "disk is full"),
        ("docker.io/library/nope: not found", "base image"),
    ],
)
def test_known_causes_have_a_hint(text: str, hint: str) -> None:
    """The rest speaks for itself."""
    found = recipe.explain([text], recipe.with_arguments(DOCKERFILE, {}))
    assert hint in (found.hint or "")


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("#5 [build 2/2] RUN make", "[build 2/2] RUN make"),
        ("#1 [internal] load metadata", None),
        ("#5 DONE 0.1s", None),
        ("------", None),
    ],
)
def test_only_steps_are_shown_while_building(line: str, note: str | None) -> None:
    """Not every line of a compiler."""
    assert recipe.progress_note(line) == note
