"""One YAML file as plain data that knows the line of every field.

Nothing is constructed from tags, and every duplicate key is found, which is
why the node tree is read here rather than by a YAML constructor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airchain.errors import Problem

FieldPath = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"
_MAX_DEPTH = 40
# An alias of aliases of aliases is a short file and a long document.
_MAX_VALUES = 100_000


@dataclass(frozen=True)
class Document:
    """A file's `data`; `lines` (from 1) and `texts` (scalars as written) by field path."""

    file: str
    data: Mapping[str, Any]
    lines: Mapping[FieldPath, int] = field(default_factory=dict)
    texts: Mapping[FieldPath, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def dotted(path: FieldPath) -> str:
    """`("routes", 0, "to")` as `routes[0].to`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read(path: Path, *, hint: str | None = None) -> Document:
    """The document in the file `path`; whatever is wrong is in `problems`, nothing is raised."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _broken(path.name, None, f"not found in {path.parent}", hint)
    except (OSError, UnicodeDecodeError) as error:
        return _broken(path.name, None, f"cannot be read: {error}", None)
    return parse(text, path.name)


def parse(text: str, file: str) -> Document:
    """The document in `text`; whatever is wrong is in `problems`, nothing is raised."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(str(part) for part in (error.context, error.problem) if part)
        hint = "indent with spaces, not tabs" if "\\t" in what else None
        return _broken(file, mark.line + 1 if mark else None, f"not YAML: {what}", hint)
    except (YAMLError, RecursionError) as error:
        return _broken(file, None, f"not YAML: {str(error).splitlines()[0]}", None)
    if root is None:
        return _broken(file, None, "is empty", "`airchain init` writes one to begin from")
    reader = _Reader(file)
    data = reader.value(root, ())
    if not isinstance(data, dict):
        return _broken(file, root.start_mark.line + 1, f"must be a mapping, got {kind(data)}", None)
    return Document(file, data, reader.lines, reader.texts, tuple(reader.problems))


def kind(value: object) -> str:
    """What a value is called in messages."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return "nothing" if value is None else repr(value)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[FieldPath, int] = {}
        self.texts: dict[FieldPath, str] = {}
        self.problems: list[Problem] = []
        self.count = 0

    def value(self, node: Any, path: FieldPath) -> Any:
        self.count += 1
        if self.count > _MAX_VALUES:
            if self.count == _MAX_VALUES + 1:
                self._problem(node, path[:1], f"holds more than {_MAX_VALUES} values")
            return None
        self.lines.setdefault(path, node.start_mark.line + 1)
        if len(path) > _MAX_DEPTH:
            self._problem(node, path[:3], "is nested too deeply")
            return None
        if node.id == "mapping":
            return self._mapping(node, path)
        if node.id == "sequence":
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: Any, path: FieldPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        own: dict[str, int] = {}
        for key, value in _without_merges(node):
            if key.id != "scalar":
                self._problem(key, path, "a key must be text")
                continue
            name, line = str(key.value), key.start_mark.line + 1
            where = (*path, name)
            if name in own:
                self._problem(key, where, f"is written twice, first in line {own[name]}")
                continue
            own[name] = line
            self.lines[where] = line
            found[name] = self.value(value, where)
        for key, value in _merged(node, ()):
            name = str(key.value)
            if name not in found:
                self.lines[(*path, name)] = key.start_mark.line + 1
                found[name] = self.value(value, (*path, name))
        return found

    def _scalar(self, node: Any, path: FieldPath) -> Any:
        tag, text = str(node.tag).removeprefix(_TAG), str(node.value)
        if tag == "null":
            self.texts[path] = ""
            return None
        self.texts[path] = text
        if tag == "bool":
            return text.lower() == "true"
        try:
            if tag == "int":
                digits = text.replace("_", "")
                return int(digits, 0 if digits.lstrip("+-")[:2].lower() in ("0x", "0o") else 10)
            if tag == "float":
                return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
        except ValueError:
            return text
        if tag not in ("str", "timestamp"):
            self._problem(node, path, f"the tag {node.tag} is not allowed")
        return text

    def _problem(self, node: Any, path: FieldPath, message: str) -> None:
        line = node.start_mark.line + 1
        self.problems.append(Problem(self.file, line, dotted(path), message))


def _is_merge(key: Any) -> bool:
    return str(key.tag) == f"{_TAG}merge"


def _without_merges(node: Any) -> Iterator[tuple[Any, Any]]:
    return ((key, value) for key, value in node.value if not _is_merge(key))


def _merged(node: Any, within: tuple[Any, ...]) -> Iterator[tuple[Any, Any]]:
    """The fields that `<<: *anchor` or `<<: [*a, *b]` brings in; earlier ones win.

    `within` are the mappings that are being merged: one that holds itself adds nothing.
    """
    for key, value in node.value:
        if _is_merge(key):
            for source in value.value if value.id == "sequence" else [value]:
                if source.id == "mapping" and not any(source is outer for outer in within):
                    yield from _without_merges(source)
                    yield from _merged(source, (*within, source))


def _broken(file: str, line: int | None, message: str, hint: str | None) -> Document:
    return Document(file, {}, problems=(Problem(file, line, "", message, hint),))
