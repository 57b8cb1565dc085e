"""When an image is built again, and when not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from airchain.errors import BuildError
from airchain.images import inputs
from airchain.images.inputs import Inputs
from airchain.spec.model import Bootstrap, Image, ImageTest

IMAGE = Image(build="app")
DOCKERFILE = "FROM base\nCOPY src /src\nCOPY main.py /\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    app = tmp_path / "app"
    (app / "src").mkdir(parents=True)
    (app / "Dockerfile").write_text(DOCKERFILE)
    (app / "main.py").write_text("1")
    (app / "src" / "a.py").write_text("a")
    (app / "notes.txt").write_text("never copied")
    return tmp_path


def found(
    folder: Path,
    image: Image = IMAGE,
    parents: Mapping[str, str] | None = None,
    week: str = "2026-W01",
) -> Inputs:
    context = inputs.read_context("app", image, folder)
    return inputs.dockerfile_inputs(image, context, parents or {}, platform="amd64", week=week)


def test_the_same_files_are_the_same_inputs(folder: Path) -> None:
    """Times of files do not count."""
    before = found(folder)
    (folder / "app" / "main.py").write_text("1")
    assert found(folder).key == before.key
    assert len(before.key) == inputs.LENGTH


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("main.py", "2"),
        ("src/a.py", "b"),
        ("src/new.py", ""),
        ("Dockerfile", DOCKERFILE + "CMD a\n"),
    ],
)
def test_a_changed_file_is_a_changed_input(folder: Path, path: str, text: str) -> None:
    """And it is named."""
    before = found(folder)
    (folder / "app" / path).write_text(text)
    after = found(folder)
    assert after.key != before.key
    assert any(path in name for name in after.changes(before.parts))


@pytest.mark.parametrize("name", ["test", "week", "platform", "format", "image base"])
def test_a_file_may_be_called_like_another_input(folder: Path, name: str) -> None:
    """Its change is not hidden by that other input."""
    (folder / "app" / "Dockerfile").write_text("FROM base\nCOPY . /\n")
    image = IMAGE.model_copy(update={"test": ImageTest(run="true"), "rebuild": "weekly"})
    (folder / "app" / name).write_text("1")
    before = found(folder, image, {"base": "sha256:1"})
    (folder / "app" / name).write_text("2")
    after = found(folder, image, {"base": "sha256:1"})
    assert after.key != before.key
    assert after.changes(before.parts) == (name,)


def test_permissions_and_links_count(folder: Path) -> None:
    """They are part of what COPY copies."""
    before = found(folder)
    (folder / "app" / "main.py").chmod(0o755)
    executable = found(folder)
    (folder / "app" / "src" / "link").symlink_to("a.py")
    linked = found(folder)
    (folder / "app" / "src" / "link").unlink()
    (folder / "app" / "src" / "link").symlink_to("b.py")
    assert len({before.key, executable.key, linked.key, found(folder).key}) == 4


def test_what_the_dockerfile_does_not_copy_does_not_count(folder: Path) -> None:
    """So a base image is not built again when the application in the same folder changes."""
    before = found(folder)
    (folder / "app" / "notes.txt").write_text("changed")
    (folder / "app" / "other").mkdir()
    assert found(folder).key == before.key


def test_ignored_files_do_not_count(folder: Path) -> None:
    """`.dockerignore` is honoured, and a Dockerfile's own one wins over it."""
    (folder / "app" / ".dockerignore").write_text("# a comment\nsrc/*.py\n")
    before = found(folder)
    (folder / "app" / "src" / "a.py").write_text("changed")
    assert found(folder).key == before.key
    (folder / "app" / "Dockerfile.dockerignore").write_text("nothing\n")
    assert found(folder).key != before.key


def test_arguments_parents_and_tests_count(folder: Path) -> None:
    """An argument, the parent's ID, and the test that the image has to pass."""
    keys = {
        found(folder).key,
        found(folder, IMAGE.model_copy(update={"args": {"A": "1"}})).key,
        found(folder, IMAGE.model_copy(update={"test": ImageTest(run="true")})).key,
        found(folder, parents={"base": "sha256:1"}).key,
        found(folder, parents={"base": "sha256:2"}).key,
    }
    assert len(keys) == 5


def test_only_weekly_images_know_the_week(folder: Path) -> None:
    """Others stay what they are."""
    weekly = IMAGE.model_copy(update={"rebuild": "weekly"})
    assert found(folder, week="a").key == found(folder, week="b").key
    assert found(folder, weekly, week="a").key != found(folder, weekly, week="b").key
    base = Image(bootstrap=Bootstrap(), rebuild="weekly")
    one, two = (inputs.bootstrap_inputs(base, "recipe", week=w).key for w in ("a", "b"))
    assert one != two


def test_the_week_changes_on_monday() -> None:
    """The ISO week, also around the turn of a year."""
    assert inputs.week(datetime(2026, 11, 22, tzinfo=UTC)) == "2026-W47"
    assert inputs.week(datetime(2026, 11, 23, tzinfo=UTC)) == "2026-W48"
    assert inputs.week(datetime(2027, 1, 1, tzinfo=UTC)) == "2026-W53"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COPY a b /x\n", {"a", "b"}),
        ("COPY --chown=1:1 ./a/ /x\nADD https://example.org/x /x\n", {"a"}),
        ('COPY ["a b", "/x"]\n', {"a b"}),
        ("COPY --from=build /a /b\n", set()),
        ("RUN --mount=type=bind,source=c,target=/c make\n", {"c"}),
        ("RUN --mount=type=cache,target=/c make\n", set()),
        ("COPY <<EOF /x\nCOPY inside /\nEOF\nCOPY a /\n", {"a"}),
        ("COPY . /x\n", None),
        ("COPY a/../b c//d ../e /x\n", {"b", "c/d", "e"}),
        ("COPY $WHAT /x\n", None),
        ('COPY "a" /x\n', None),
        ("COPY [^a]* /x\n", None),
        ("RUN --mount=type=bind,target=/c make\n", None),
        ("ONBUILD COPY a /\n", None),
    ],
)
def test_what_a_dockerfile_copies(text: str, expected: set[str] | None) -> None:
    """None means: take the whole context, because it is not clear."""
    assert inputs.sources("FROM x\n" + text) == expected


def test_patterns_select_what_lies_below() -> None:
    """A folder's name selects what is in it, a wildcard what it fits."""
    names = ["a", "a/b", "ab", "c.py", "d/c.py"]
    assert list(inputs.selected(names, frozenset({"a", "*.py"}))) == ["a", "a/b", "c.py", "d/c.py"]


@pytest.mark.parametrize("missing", ["app", "app/Dockerfile"])
def test_a_missing_folder_or_dockerfile_is_named(folder: Path, missing: str) -> None:
    """With the field of airchain.yaml that names it."""
    (folder / missing).rename(folder / "elsewhere")
    with pytest.raises(BuildError, match=r"images\.app\."):
        found(folder)
