"""Labels, sizes and command lines of images."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from airchain.errors import BuildError
from airchain.images import build, inputs, prune, recipe, sizes, source, test
from airchain.images.build import Workshop
from airchain.images.engine import Engine
from airchain.images.inputs import Inputs
from airchain.paths import Home
from airchain.progress import Silent
from airchain.spec.model import Image, ImageTest, Product

PREFIX = "localhost:5050/tv"


class Tool(Engine):
    """An engine whose command nobody runs."""

    @property
    def cli(self) -> Path:
        return Path("/usr/bin/docker")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    image = Image(build="www", args={"B": "2", "A": "1"})
    product = Product(product="tv", sizes={}, environments={}, images={"www": image})
    engine = Tool("unix:///x", "20.10", "private")
    return Workshop(product, tmp_path, engine, Home(tmp_path / "home"), Silent(), "a" * 40)


@pytest.mark.parametrize(
    ("address", "clean"),
    [
        ("https://user:secret@example.org/a/b.git", "https://example.org/a/b.git"),
        ("ssh://git@example.org:2222/a/b", "ssh://example.org:2222/a/b"),
        ("git@example.org:a/b.git", "ssh://example.org/a/b.git"),
        ("/srv/git/b.git", None),
        ("file:///srv/git/b.git", None),
    ],
)
def test_the_source_has_no_credentials(address: str, clean: str | None) -> None:
    """Nor a path of this machine."""
    assert source.clean_address(address) == clean


def test_labels_outside_of_git(tmp_path: Path) -> None:
    """There is no source to name; the version is the commit's short name."""
    found = source.labels(tmp_path, "a" * 40 + "-dirty", datetime(2026, 11, 22, tzinfo=UTC))
    assert found == {
        "org.opencontainers.image.created": "2026-11-22T00:00:00Z",
        "org.opencontainers.image.revision": "a" * 40 + "-dirty",
        "org.opencontainers.image.version": "a" * 12 + "-dirty",
    }


@pytest.mark.parametrize(
    ("text", "base"),
    [
        (f"FROM {PREFIX}/debian\n", "debian"),
        ("ARG IMAGES=x\nFROM ${IMAGES}/go AS build\nFROM scratch\n", "scratch"),
        ("ARG IMAGES=x\nFROM ${IMAGES}/a AS one\nFROM one AS two\nFROM two\n", "a"),
        ("FROM debian:bookworm\n", "debian:bookworm"),
        ("ARG V=3\nFROM python:${V}\n", "python:3"),
    ],
)
def test_the_base_is_that_of_the_last_stage(text: str, base: str) -> None:
    """Stages that only compile do not count."""
    assert sizes.final_base(text, {"IMAGES": PREFIX}, PREFIX) == base


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-22T22:19:13.712676123Z", datetime(2026, 11, 22, 22, 19, 13, 712676, UTC)),
        ("2026-11-22T22:19:13.5Z", datetime(2026, 11, 22, 22, 19, 13, 500000, UTC)),
        ("2026-11-21T02:10:46Z", datetime(2026, 11, 21, 2, 10, 46, tzinfo=UTC)),
    ],
)
def test_times_of_the_engine_are_read(text: str, time: datetime) -> None:
    """Whatever number of digits they have."""
    assert sizes.parse_time(text) == time


def test_what_is_no_time_is_an_error() -> None:
    """And not a traceback."""
    with pytest.raises(BuildError, match="'soon'"):
        sizes.parse_time("soon")


def test_the_command_line_of_a_build(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments in a fixed order; proxies by name only, so that no password shows in `ps`."""
    for name in build.PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy")
    monkeypatch.setattr(source, "changed", lambda _: 1700000000)
    (workshop.folder / "www").mkdir()
    (workshop.folder / "www" / "Dockerfile").write_text("FROM scratch\n")
    image = workshop.product.images["www"]
    context = inputs.read_context("www", image, workshop.folder)
    assert workshop.argv(image, context, Path("/f")) == [
        "/usr/bin/docker",
        "build",
        "--progress=plain",
        "--file=/f",
        "--build-arg=A=1",
        "--build-arg=B=2",
        f"--build-arg=IMAGES={PREFIX}",
        "--build-arg=SOURCE_DATE_EPOCH=1700000000",
        "--build-arg=HTTPS_PROXY",
    ]


def test_the_container_of_a_test(workshop: Workshop) -> None:
    """No network, and labels by which what a killed run leaves is found."""
    made = test.settings(workshop, "image:tag", ImageTest(run="pytest -q && true"))
    assert (made["image"], made["network_mode"]) == ("image:tag", "none")
    assert made["labels"] == ["airchain.role=test", "airchain.product=tv"]
    assert [*made["entrypoint"], *made["command"]] == ["/bin/sh", "-c", "pytest -q && true"]


def test_what_changed_is_told_in_a_line() -> None:
    """The first three, and how many more."""
    assert build.summary(("a",)) == "a"
    assert build.summary(("a", "b", "c", "d", "e")) == "a, b, c and 2 more"


def test_changes_are_those_since_the_last_build(workshop: Workshop) -> None:
    """Before the first build there is nothing to compare with; a damaged record is none."""
    before, after = Inputs({"a": "1", "b": "1"}), Inputs({"b": "2", "c": "1"})
    assert workshop.changes("www", after) == ()
    workshop.remember("www", before)
    assert workshop.changes("www", after) == ("a", "b", "c")
    assert workshop.changes("www", before) == ()


def test_a_failed_build_points_into_the_users_file() -> None:
    """File and line as an editor takes them."""
    error = build.failure(
        "www",
        Image(build="www"),
        [" > [2/2] RUN false:", "exit code: 1"],
        recipe.with_arguments("FROM x\nRUN false\n", {"A": "1"}),
    )
    assert str(error) == "www/Dockerfile:2: image www could not be built: RUN false"


def test_the_newest_tags_are_kept() -> None:
    """Of each repository, with the current one among them, whatever its age."""
    tags = [prune.Tagged("www", f"t{n}", f"2026-11-2{n}") for n in range(6)]
    tags += [prune.Tagged("www", "latest", "2026-11-01"), prune.Tagged("other", "x", "2020-01-01")]
    removed = [tag.reference for tag in prune.outdated(tags, frozenset({"www:t0"}), keep=3)]
    assert removed == ["www:t3", "www:t2", "www:t1"]
