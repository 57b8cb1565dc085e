"""From plain data to typed items, each by itself.

A broken item becomes findings and is left out; the others stay, so that what
relates them can be checked in the same run. Names stay declared even where
their item is broken, so a reference to it is not called dangling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from airchain.spec.document import FieldPath, kind
from airchain.spec.model import (
    Backing,
    Edge,
    Fleet,
    Image,
    Name,
    Registry,
    Route,
    Secret,
    SecretName,
    Service,
    Size,
)

M = TypeVar("M", bound=BaseModel)


class _Name(RootModel[Name]):
    pass


class _SecretName(RootModel[SecretName]):
    pass


DEFAULT_SIZES: Mapping[str, Mapping[str, Any]] = {
    "small": {"cpus": 1, "memory": "1g", "aws": "t3.micro"},
    "medium": {"cpus": 2, "memory": "2g", "aws": "t3.small"},
    "large": {"cpus": 4, "memory": "4g", "aws": "t3.medium"},
}

TOP = (
    "product", "registry", "sizes", "secrets", "images", "services", "backing", "routes",
    "environments",
)  # fmt: skip
ENVIRONMENT = ("services", "backing", "routes", "fleets", "edge")

# What a pattern of the model asks for, in words.
_PATTERNS = {
    r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$": (
        "must be lower-case letters, digits and single dashes, beginning with a letter"
    ),
    r"^[A-Z][A-Z0-9_]*$": "must be upper-case letters, digits and underscores",
    r"^[1-9][0-9]*[mg]$": "must be a number followed by m or g, such as 512m or 2g",
    r"^[a-z0-9.-]+:[0-9]+$": "must be HOST:PORT, such as localhost:5050",
    r"^/": "must begin with /",
    r"^/[^\s]*$": "must begin with / and hold no space",
    r"^/[A-Za-z0-9._~/-]*$": "must begin with / and hold letters, digits and . _ ~ - / only",
    r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$": "must be a name such as www.example.com",
}
_TYPES = {
    "int": "a whole number",
    "float": "a number or a duration such as 500ms, 30s, 2m",
    "string": "text",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "a mapping",
    "model": "a mapping",
}


@dataclass(frozen=True)
class Finding:
    """Something wrong at a field path of the merged data; not yet traced to a line."""

    path: FieldPath
    message: str
    hint: str | None = None


@dataclass(frozen=True)
class EnvironmentDraft:
    """The whole items of an environment, and every name that is `declared` in a section.

    A section that is broken as a whole is missing in `declared`.
    """

    services: Mapping[str, Service] = field(default_factory=dict)
    backing: Mapping[str, Backing] = field(default_factory=dict)
    routes: Mapping[int, Route] = field(default_factory=dict)
    fleets: Mapping[str, Fleet] = field(default_factory=dict)
    edge: Edge | None = None
    declared: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """The whole items of a product, and every name that is `declared` in a section."""

    product: str | None = None
    registry: Registry | None = None
    sizes: Mapping[str, Size] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    images: Mapping[str, Image] = field(default_factory=dict)
    environments: Mapping[str, EnvironmentDraft] = field(default_factory=dict)
    declared: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Shape:
    """Reads sections of `data` and collects findings."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.findings: list[Finding] = []

    def product(self) -> Draft:
        """The product without its environments."""
        self._unknown(TOP)
        for name in _keys(self.data.get("environments")):
            self._check(_Name, name, ("environments", name))
        sizes = self.data.get("sizes")
        with_defaults = {**DEFAULT_SIZES, **sizes} if isinstance(sizes, Mapping) else DEFAULT_SIZES
        if sizes is not None and not isinstance(sizes, Mapping):
            self._not(("sizes",), "a mapping", sizes)
        return Draft(
            product=self._name(),
            registry=self._one("registry", Registry),
            sizes=self._items("sizes", Size, data=with_defaults),
            secrets=self._items("secrets", Secret, names=_SecretName),
            images=self._items("images", Image, required=True),
            declared={
                **self._declared("images", required=True),
                **self._declared("secrets"),
                "sizes": frozenset(with_defaults),
            },
        )

    def environment(self) -> EnvironmentDraft:
        """One environment, from its merged layers."""
        self._unknown(ENVIRONMENT)
        return EnvironmentDraft(
            services=self._items("services", Service, required=True),
            backing=self._items("backing", Backing),
            routes=self._list("routes", Route),
            fleets=self._items("fleets", Fleet, required=True),
            edge=self._one("edge", Edge),
            declared={
                **self._declared("services", required=True),
                **self._declared("backing"),
                **self._declared("fleets", required=True),
            },
        )

    def _declared(self, section: str, *, required: bool = False) -> dict[str, frozenset[str]]:
        """The section's names; none at all where it is broken as a whole."""
        found = self.data.get(section)
        if isinstance(found, Mapping):
            return {section: frozenset(found)}
        return {} if required or found is not None else {section: frozenset()}

    def _name(self) -> str | None:
        if self.data.get("product") is None:
            self.findings.append(Finding(("product",), "is required", "such as `product: hello`"))
            return None
        found = self._check(_Name, self.data["product"], ("product",))
        return None if found is None else found.root

    def _one(self, section: str, model: type[M]) -> M | None:
        return self._check(model, self.data.get(section) or {}, (section,))

    def _items(
        self,
        section: str,
        model: type[M],
        *,
        names: type[RootModel[str]] = _Name,
        required: bool = False,
        data: Mapping[str, Any] | None = None,
    ) -> dict[str, M]:
        found = self.data.get(section) if data is None else data
        if not found and required and not isinstance(found, list):
            self.findings.append(Finding((section,), "is required: at least one"))
        if found is None:
            return {}
        if not isinstance(found, Mapping):
            self._not((section,), "a mapping", found)
            return {}
        items = {}
        for name, raw in found.items():
            path = (section, name)
            named = self._check(names, name, path)
            item = self._check(model, {} if raw is None else raw, path)
            if item is not None and named is not None:
                items[name] = item
        return items

    def _list(self, section: str, model: type[M]) -> dict[int, M]:
        found = self.data.get(section)
        if found is not None and not isinstance(found, list):
            self._not((section,), "a list", found)
        items = {}
        for index, raw in enumerate(found if isinstance(found, list) else []):
            item = self._check(model, raw, (section, index))
            if item is not None:
                items[index] = item
        return items

    def _check(self, model: type[M], raw: Any, path: FieldPath) -> M | None:
        try:
            return model.model_validate_json(json.dumps(raw), strict=True)
        except ValidationError as error:
            self.findings += [
                finding(model, path, detail) for detail in error.errors(include_url=False)
            ]
            return None

    def _not(self, path: FieldPath, wanted: str, got: object) -> None:
        self.findings.append(Finding(path, f"must be {wanted}, got {kind(got)}"))

    def _unknown(self, known: Sequence[str]) -> None:
        for name in self.data:
            if name not in known:
                self.findings.append(unknown((name,), known))


def unknown(path: FieldPath, known: Sequence[str]) -> Finding:
    """The finding for a field that is none of `known`."""
    return Finding(path, "unknown field", did_you_mean(str(path[-1]), known))


def did_you_mean(name: str, known: Sequence[str]) -> str | None:
    """The closest of `known`, or all of them, or None where there are none."""
    if close := get_close_matches(name, known, n=1):
        return f"did you mean {close[0]}?"
    return f"known: {', '.join(known)}" if known else None


def finding(model: type[BaseModel], base: FieldPath, error: ErrorDetails) -> Finding:
    """pydantic's error in our words: what the field must be, and what it is."""  # noqa: D403
    loc: FieldPath = tuple(part for part in error["loc"] if part != "[key]")
    path, type_, got = (*base, *loc), error["type"], error["input"]
    node = _node(model, loc)
    if type_ == "missing":
        return Finding(path, "is required")
    if type_ == "extra_forbidden":
        return unknown(path, tuple(_node(model, loc[:-1]).get("properties", {})))
    if type_ == "literal_error":
        allowed = [str(value) for value in node.get("enum", [])]
        close = get_close_matches(str(got), allowed, n=1)
        hint = f"did you mean {close[0]}?" if close else None
        return Finding(path, f"must be one of {', '.join(allowed)}, got {kind(got)}", hint)
    if type_ == "string_pattern_mismatch":
        pattern = str(error["ctx"]["pattern"])
        words = _PATTERNS.get(pattern, f"must match {pattern}")
        return Finding(path, f"{words}, got {kind(got)}")
    if type_ == "string_too_long":
        longest = error["ctx"]["max_length"]
        return Finding(path, f"must have at most {longest} characters, got {len(str(got))}")
    if type_.startswith(("greater_than", "less_than")):
        return Finding(path, f"must be {_range(node, error['ctx'])}, got {got!r}")
    wanted = _TYPES.get(type_.partition("_")[0])
    message = f"must be {wanted}, got {kind(got)}" if wanted else error["msg"].lower()
    return Finding(path, message)


def _range(node: Mapping[str, Any], ctx: Mapping[str, Any]) -> str:
    if "minimum" in node and "maximum" in node:
        return f"{node['minimum']}..{node['maximum']}"
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    return " and ".join(f"{words[key]} {value:g}" for key, value in ctx.items() if key in words)


@cache
def _schema(model: type[BaseModel]) -> Mapping[str, Any]:
    return model.model_json_schema()


def _node(model: type[BaseModel], loc: FieldPath) -> Mapping[str, Any]:
    """The part of the model's JSON Schema that describes the field `loc`."""
    whole = _schema(model)
    node: Mapping[str, Any] = whole
    for part in (None, *loc):
        if isinstance(part, int):
            node = node.get("items", {})
        elif part is not None:
            inner = node.get("properties", {}).get(part)
            node = inner if inner is not None else node.get("additionalProperties", {}) or {}
        node = next((n for n in node.get("anyOf", []) if n.get("type") != "null"), node)
        if "$ref" in node:
            node = whole["$defs"][node["$ref"].rpartition("/")[2]]
    return node


def _keys(data: object) -> Sequence[str]:
    return list(data) if isinstance(data, Mapping) else []
