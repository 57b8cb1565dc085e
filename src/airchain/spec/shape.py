"""From plain data to typed items, each by itself.

A broken field becomes a finding and is left out of its item, which stays, so
that what relates the others can be checked in the same run; `broken` names
the fields that rules must draw nothing from. Names stay declared even where
their item is no mapping, so a reference to it is not called dangling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from airchain.spec.document import FieldPath, kind
from airchain.spec.model import (
    Backing,
    Deploy,
    Edge,
    Files,
    Fleet,
    Image,
    Name,
    Registry,
    Route,
    Secret,
    SecretName,
    Service,
    Size,
    Storage,
)
from airchain.spec.wording import Finding, finding, unknown

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
    "product", "registry", "store", "sizes", "secrets", "images", "services", "backing", "files",
    "routes", "deploy", "environments",
)  # fmt: skip
# What stands in for a required field that is broken or missing.
_STAND_INS: Mapping[str, Any] = {
    "image": "none",
    "kind": "task",
    "path": "/",
    "port": 1,
    "services": [],
}
# Among an item's broken fields, its own name.
_NAME = ""
Broken = Mapping[FieldPath, frozenset[str]]
ENVIRONMENT = ("services", "backing", "files", "routes", "fleets", "edge", "deploy")


@dataclass(frozen=True)
class EnvironmentDraft:
    """The items of an environment, and every name that is `declared` in a section.

    A section that is broken as a whole is missing in `declared`. Fields that
    are `broken`, by path of their item, hold a default.
    """

    services: Mapping[str, Service] = field(default_factory=dict)
    backing: Mapping[str, Backing] = field(default_factory=dict)
    files: Mapping[str, Files] = field(default_factory=dict)
    routes: Mapping[int, Route] = field(default_factory=dict)
    fleets: Mapping[str, Fleet] = field(default_factory=dict)
    edge: Edge | None = None
    deploy: Deploy | None = None
    declared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    broken: Broken = field(default_factory=dict)

    def whole(self, *path: str | int) -> bool:
        """Whether the field `path`, such as `("services", "web", "kind")`, can be relied on."""
        return not is_broken(self.broken, path)


@dataclass(frozen=True)
class Draft:
    """The items of a product, and every name that is `declared` in a section.

    Fields that are `broken`, by path of their item, hold a default.
    """

    product: str | None = None
    registry: Registry | None = None
    store: Storage | None = None
    sizes: Mapping[str, Size] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    images: Mapping[str, Image] = field(default_factory=dict)
    environments: Mapping[str, EnvironmentDraft] = field(default_factory=dict)
    declared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    broken: Broken = field(default_factory=dict)

    def whole(self, *path: str | int) -> bool:
        """Whether the field `path`, such as `("images", "www", "build")`, can be relied on."""
        return not is_broken(self.broken, path)


class Shape:
    """Reads sections of `data` and collects findings."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.findings: list[Finding] = []
        self.broken: dict[FieldPath, frozenset[str]] = {}

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
            store=self._one("store", Storage),
            sizes=self._items("sizes", Size, data=with_defaults),
            secrets=self._items("secrets", Secret, names=_SecretName),
            images=self._items("images", Image, required=True),
            declared={
                **self._declared("images", required=True),
                **self._declared("secrets"),
                "sizes": frozenset(with_defaults),
            },
            broken=self.broken,
        )

    def environment(self) -> EnvironmentDraft:
        """One environment, from its merged layers."""
        self._unknown(ENVIRONMENT)
        return EnvironmentDraft(
            services=self._items("services", Service, required=True),
            backing=self._items("backing", Backing),
            files=self._items("files", Files),
            routes=self._list("routes", Route),
            fleets=self._items("fleets", Fleet, required=True),
            edge=self._one("edge", Edge),
            deploy=self._one("deploy", Deploy),
            declared={
                **self._declared("services", required=True),
                **self._declared("backing"),
                **self._declared("files"),
                **self._declared("fleets", required=True),
            },
            broken=self.broken,
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
            item = self._item(model, {} if raw is None else raw, path)
            if item is not None:
                items[name] = item
            if named is None:
                self.broken[path] = self.broken.get(path, frozenset()) | {_NAME}
        return items

    def _list(self, section: str, model: type[M]) -> dict[int, M]:
        found = self.data.get(section)
        if found is not None and not isinstance(found, list):
            self._not((section,), "a list", found)
        items = {}
        for index, raw in enumerate(found if isinstance(found, list) else []):
            item = self._item(model, raw, (section, index))
            if item is not None:
                items[index] = item
        return items

    def _item(self, model: type[M], raw: Any, path: FieldPath) -> M | None:
        """The item, without its broken fields; None where nothing can be made of it."""
        known = len(self.findings)
        found = self._check(model, raw, path)
        if found is not None or not isinstance(raw, Mapping):
            return found
        # A key that is wrong has the path of its value; what concerns the item has its own.
        wrong = {str(f.path[len(path)]) for f in self.findings[known:] if len(f.path) > len(path)}
        fields = model.model_fields
        meant = {n for w in wrong - set(fields) for n in get_close_matches(w, fields, n=1)}
        self.broken[path] = frozenset(wrong | meant)
        rest = {name: value for name, value in raw.items() if name not in wrong}
        for name, declared in fields.items():
            if declared.is_required() and name not in rest and name in _STAND_INS:
                rest[name] = _STAND_INS[name]
        try:
            return model.model_validate_json(json.dumps(rest), strict=True)
        except ValidationError:
            return None

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


def is_broken(broken: Broken, path: FieldPath) -> bool:
    """Whether the field that `path` leads to, or into, is broken; of an item, its name."""
    return (path[2] if len(path) > 2 else _NAME) in broken.get(path[:2], ())


def dangling(declared: Mapping[str, frozenset[str]], section: str, name: str) -> bool:
    """Whether `name` is not declared; unknown, hence False, where the section is broken."""
    return section in declared and name not in declared[section]


def _keys(data: object) -> Sequence[str]:
    return list(data) if isinstance(data, Mapping) else []
