"""Layers of settings: the product's, then an environment's, then its overlay file.

Pure, on plain data: short forms are spelled out, layers are merged, and a
field of the merged data is traced back to the file and line that wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airchain.spec.document import Document, FieldPath, dotted

# What the product may say for all environments, and each environment for itself.
SHARED = ("services", "backing", "files", "routes", "deploy")
# Where text is wanted whatever YAML makes of it: `VERSION: 3.10` is not 3.1.
_TEXTS = ("env", "args")


@dataclass(frozen=True)
class Layer:
    """A part of a document: what stands at `prefix`."""

    document: Document
    prefix: FieldPath = ()
    only: tuple[str, ...] | None = None

    @property
    def data(self) -> Mapping[str, Any]:
        """The part, with short forms spelled out."""
        found = at(self.document.data, self.prefix)
        if not isinstance(found, Mapping):
            return {}
        if self.only is not None:
            found = {name: value for name, value in found.items() if name in self.only}
        spelled: Mapping[str, Any] = spell_out(found, self.document, self.prefix)
        return spelled

    def has(self, path: FieldPath) -> bool:
        """Whether this layer wrote the field itself."""
        return (*self.prefix, *path) in self.document.lines

    def reach(self, path: FieldPath) -> int:
        """How many parts of `path` this layer wrote; -1 where it could not hold it."""
        if self.only is not None and path and path[0] not in self.only:
            return -1
        for length in range(len(path), -1, -1):
            if self.has(path[:length]):
                return length
        return -1


@dataclass(frozen=True)
class Place:
    """Where a field was written."""

    file: str
    line: int | None
    field: str


def locate(layers: Sequence[Layer], path: FieldPath) -> Place:
    """Where the field `path` of the merged `layers` (strongest first) was written.

    A field that nobody wrote is placed at the innermost part that exists, in
    the weakest of the layers that wrote it: where the thing is defined.
    """
    chosen, reached = layers[-1], -1
    for layer in layers:
        reach = layer.reach(path)
        if reach >= reached and reach >= 0:
            chosen, reached = layer, reach
        if reach == len(path):
            break
        data = layer.data
        if any(not isinstance(at(data, path[:n]), Mapping) for n in range(1, reach + 1)):
            break  # a list or scalar hides what weaker layers say
    whole = (*chosen.prefix, *path)
    line = chosen.document.lines.get(whole[: len(chosen.prefix) + max(reached, 0)])
    return Place(chosen.document.file, line, dotted(whole))


def merge(weak: Mapping[str, Any], strong: Mapping[str, Any]) -> dict[str, Any]:
    """`strong` over `weak`: mappings are merged, all else replaced, nothing (null) removes."""
    merged = dict(weak)
    for name, value in strong.items():
        below = merged.get(name)
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            merged[name] = merge(below if isinstance(below, Mapping) else {}, value)
        else:
            merged[name] = value
    return merged


def at(data: Any, path: FieldPath) -> Any:
    """The value at `path`, or None."""
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def spell_out(data: Any, document: Document, path: FieldPath = ()) -> Any:
    """Short forms in full: `test: CMD`, `health: /PATH`; values of `env` and `args` as text."""
    if isinstance(data, list):
        return [spell_out(item, document, (*path, i)) for i, item in enumerate(data)]
    if not isinstance(data, Mapping):
        return data
    full: dict[str, Any] = {}
    for name, value in data.items():
        where = (*path, name)
        if name in _TEXTS and len(path) >= 2 and isinstance(value, Mapping):
            full[name] = {
                key: document.texts.get((*where, key), inner) for key, inner in value.items()
            }
        elif name == "health" and isinstance(value, str) and _stands_in(path, "services"):
            full[name] = {"path": value}
        elif name == "test" and isinstance(value, str) and _stands_in(path, "images"):
            full[name] = {"run": value}
        else:
            full[name] = spell_out(value, document, where)
    return full


def _stands_in(path: FieldPath, section: str) -> bool:
    """Whether `path` is an entry of `section`, as in `("services", "web")`."""
    return len(path) >= 2 and path[-2] == section
