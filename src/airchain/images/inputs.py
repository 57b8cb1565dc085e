"""What an image is made from, as one hash: the same inputs are not built again."""

from __future__ import annotations

import hashlib
import json
import posixpath
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from airchain.errors import BuildError
from airchain.spec import dockerfile
from airchain.spec.model import Image

# Part of every hash: change it where the way of building changes what is built.
FORMAT = "2"
LENGTH = 16
PARENT = "image "
_IGNORE = ".dockerignore"
# Before the names of files: a file may be called like any other input, such as `test`.
_HERE = "./"
# What BuildKit reads in another way than `selected` does: variables, quotes, classes, escapes.
_UNCLEAR = frozenset("$\"'[\\")


@dataclass(frozen=True)
class Inputs:
    """Everything that decides what an image becomes: names for people, and their values."""

    parts: Mapping[str, str]

    @cached_property
    def key(self) -> str:
        """The hash of it all: the tag under which the image is found again."""
        return _digest(json.dumps(dict(self.parts), sort_keys=True).encode())[:LENGTH]

    def changes(self, before: Mapping[str, str]) -> tuple[str, ...]:
        """The names of what differs from the parts `before`."""
        names = sorted(self.parts.keys() | before.keys())
        return tuple(n.removeprefix(_HERE) for n in names if self.parts.get(n) != before.get(n))


@dataclass(frozen=True)
class Context:
    """The folder and Dockerfile of an image, as found. `ignore` are the patterns left out."""

    folder: Path
    dockerfile: Path
    text: str
    ignore: tuple[str, ...]
    ignore_file: Path | None


def read_context(name: str, image: Image, folder: Path) -> Context:
    """Read the Dockerfile of `image`; raises `BuildError` where it or the folder is missing."""
    context = folder / (image.build or "")
    where = f"images.{name}"
    if not context.is_dir():
        raise BuildError(f"there is no folder {image.build}", where=f"{where}.build")
    path = context / image.dockerfile
    try:
        text = path.read_text()
    except OSError as error:
        raise BuildError(
            f"cannot read {image.build}/{image.dockerfile}: {error.strerror}",
            where=f"{where}.dockerfile",
        ) from error
    own = path.with_name(path.name + _IGNORE)
    general = context / _IGNORE
    ignore_file = own if own.is_file() else general if general.is_file() else None
    ignore = tuple(patterns(ignore_file.read_text())) if ignore_file else ()
    return Context(context, path, text, ignore, ignore_file)


def patterns(text: str) -> Iterator[str]:
    """The patterns of a .dockerignore file."""
    for raw in text.splitlines():
        line = raw.strip()
        if line and not line.startswith("#"):
            yield line


def week(now: datetime | None = None) -> str:
    """The ISO week (`2026-W47`) that images with `rebuild: weekly` belong to."""
    year, number, _ = (now or datetime.now(UTC)).isocalendar()
    return f"{year}-W{number:02d}"


def dockerfile_inputs(
    image: Image, context: Context, parents: Mapping[str, str], *, platform: str, week: str
) -> Inputs:
    """The inputs of an image from a Dockerfile. `parents` are image IDs, by name."""
    return Inputs(
        {
            **{_HERE + n: what for n, what in hash_files(context.folder, _used(context))},
            f"{image.dockerfile} (Dockerfile)": _digest(context.text.encode()),
            **{f"argument {name}": value for name, value in image.args.items()},
            **{PARENT + name: value for name, value in parents.items()},
            "platform": platform,
            **_common(image, week),
        }
    )


def bootstrap_inputs(image: Image, recipe: str, *, week: str) -> Inputs:
    """The inputs of an image from the archive. `recipe` is `mmdebstrap.Recipe.key()`."""
    return Inputs({"bootstrap": recipe, **_common(image, week)})


def hash_files(folder: Path, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """`(name, what it is)` of the named files below `folder`.

    What it is: content or target of a link, and permissions.
    """
    for name in sorted(names):
        path = folder / name
        info = path.lstat()
        mode = f"{stat.S_IMODE(info.st_mode):o}"
        if stat.S_ISLNK(info.st_mode):
            yield name, f"link {path.readlink()}"
        elif stat.S_ISREG(info.st_mode):
            with path.open("rb") as file:
                yield name, f"{mode} {hashlib.file_digest(file, 'sha256').hexdigest()}"
        else:
            yield name, f"{mode} folder"


def sources(text: str) -> frozenset[str] | None:
    """What a Dockerfile copies from its context, as patterns; None where that is not clear."""
    found: set[str] = set()
    for instruction in dockerfile.instructions(text):
        flags = dict(instruction.flags)
        if instruction.name == "ONBUILD":
            return None
        if instruction.name == "RUN":
            mounts = [value for flag, value in instruction.flags if flag == "mount"]
            found |= {source for mount in mounts if (source := _bind(mount)) is not None}
        elif instruction.name in ("COPY", "ADD") and "from" not in flags:
            words = _words(instruction.rest)
            if words is None:
                return None
            found |= {
                word for word in words[:-1] if not word.startswith("<<") and "://" not in word
            }
    if any(_UNCLEAR & set(source) for source in found):
        return None
    cleaned = {posixpath.normpath(f"/{source}").lstrip("/") for source in found}
    return None if cleaned & {"", "*"} else frozenset(cleaned)


def selected(names: Iterable[str], wanted: frozenset[str]) -> Iterator[str]:
    """Those paths that a pattern of `wanted` names, or that lie below one."""
    from fnmatch import fnmatchcase

    for name in names:
        parts = name.split("/")
        heads = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        if any(fnmatchcase(head, pattern) for head in heads for pattern in wanted):
            yield name


def _used(context: Context) -> Iterator[str]:
    from docker.utils.build import exclude_paths

    own = str(context.dockerfile.relative_to(context.folder))
    present: set[str] = exclude_paths(str(context.folder), list(context.ignore), dockerfile=own)
    # The Dockerfile is an input of its own; "" is the folder itself.
    names = sorted(present - {"", own, own + _IGNORE, _IGNORE})
    wanted = sources(context.text)
    yield from names if wanted is None else selected(names, wanted)


def _common(image: Image, week: str) -> Mapping[str, str]:
    found = {"format": FORMAT}
    if image.rebuild == "weekly":
        found["week"] = week
    if image.test is not None:
        # An image is in the registry only once its test has passed.
        found["test"] = image.test.model_dump_json()
    return found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _bind(mount: str) -> str | None:
    """The folder of the context that `RUN --mount=…` shows; None where it shows none."""
    options = dict(part.partition("=")[::2] for part in mount.split(","))
    if options.get("type", "bind") != "bind" or "from" in options:
        return None
    return options.get("source") or options.get("src") or "."


def _words(rest: str) -> list[str] | None:
    if not rest.startswith("["):
        return rest.split()
    try:
        words = json.loads(rest)
    except ValueError:
        return None
    return [str(word) for word in words]
