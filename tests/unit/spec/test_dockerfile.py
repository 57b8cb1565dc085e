"""The parents of an image are read from its Dockerfile."""

from __future__ import annotations

import pytest

from airchain.spec.dockerfile import instructions, parents

CASES: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "a sibling through IMAGES": ("ARG IMAGES\nFROM ${IMAGES}/debian\n", {}, ("debian",)),
    "the build's IMAGES wins over the file's default": (
        "ARG IMAGES=elsewhere:5000/x\nFROM $IMAGES/debian:latest\n",
        {},
        ("debian",),
    ),
    "an argument of the image wins over ours": (
        "ARG IMAGES\nFROM ${IMAGES}/debian\n",
        {"IMAGES": "hub.example/other"},
        (),
    ),
    "written out, with tag and digest": (
        "FROM localhost:5050/tv/www-base:latest@sha256:00 AS base\nFROM base\n",
        {},
        ("www-base",),
    ),
    "an image of a hub is no sibling": ("FROM python:3.11-slim\n", {}, ()),
    "scratch is no image": ("FROM scratch\nCOPY a /a\n", {}, ()),
    "another product's image is no sibling": ("FROM localhost:5050/radio/debian\n", {}, ()),
    "platform flag and lower case": (
        "ARG IMAGES\nfrom --platform=linux/amd64 ${IMAGES}/debian as x\n",
        {},
        ("debian",),
    ),
    "copied from a sibling, a stage, and a stage's number": (
        "ARG IMAGES\nFROM ${IMAGES}/go AS build\nFROM scratch\nARG IMAGES\n"
        "COPY --chown=1:1 --from=${IMAGES}/assets /a /a\nCOPY --from=build /b /b\n"
        "COPY --from=0 /c /c\n",
        {},
        ("go", "assets"),
    ),
    "a stage sees an outer argument only where it declares it": (
        "ARG IMAGES\nFROM scratch\nCOPY --from=${IMAGES}/assets /a /a\n",
        {},
        (),
    ),
    "mounted from a sibling": (
        "ARG IMAGES\nFROM ${IMAGES}/debian\nARG IMAGES\n"
        "RUN --mount=type=bind,from=${IMAGES}/wheels,target=/w pip install /w/*\n",
        {},
        ("debian", "wheels"),
    ),
    "an argument made from another": (
        "ARG IMAGES\nARG BASE=${IMAGES}/debian\nFROM ${BASE}\n",
        {},
        ("debian",),
    ),
    "an override chooses the base": (
        "ARG IMAGES\nARG BASE=debian\nFROM ${IMAGES}/${BASE}\n",
        {"BASE": "alpine"},
        ("alpine",),
    ),
    "a default in the reference": (
        "FROM ${BASE:-localhost:5050/tv/debian}\n",
        {},
        ("debian",),
    ),
    "continued lines and comments between": (
        "# FROM localhost:5050/tv/not\nFROM \\\n# a remark\n  localhost:5050/tv/debian\n",
        {},
        ("debian",),
    ),
    "the body of a here-document is not read": (
        "FROM localhost:5050/tv/debian\nRUN <<EOF\nFROM localhost:5050/tv/not\nEOF\n"
        "COPY <<-'END' /x\nFROM localhost:5050/tv/nor\n\tEND\n"
        "COPY --from=localhost:5050/tv/b / /\n",
        {},
        ("debian", "b"),
    ),
    "another escape character": (
        "# escape=`\nFROM `\n localhost:5050/tv/debian\n",
        {},
        ("debian",),
    ),
    "each once": (
        "FROM localhost:5050/tv/debian AS a\nFROM localhost:5050/tv/debian:x\n",
        {},
        ("debian",),
    ),
    "an empty file": ("", {}, ()),
    "a FROM without image": ("FROM\n", {}, ()),
}


@pytest.mark.parametrize("case", CASES)
def test_parents(case: str) -> None:
    """Siblings come out by name, once, in order of use; nothing else does."""
    text, args, expected = CASES[case]
    assert parents(text, registry="localhost:5050", product="tv", args=args) == expected


def test_instruction_keeps_the_line_it_begins_on() -> None:
    """Errors can name the line of the instruction."""
    found = [(i.name, i.line) for i in instructions("# x\n\nFROM a\nRUN b \\\n  c\nCMD d\n")]
    assert found == [("FROM", 3), ("RUN", 4), ("CMD", 6)]
