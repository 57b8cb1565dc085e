"""From plain data to typed items, each by itself.

A broken item becomes findings and is left out; the others stay, so that what
relates them can be checked in the same run. Names stay declared even where
their item is broken, so a reference to it is not called dangling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

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
    "product", "registry", "sizes", "secrets", "images", "services", "backing", "routes",
    "environments",
)  # fmt: skip
ENVIRONMENT = ("services", "backing", "routes", "fleets", "edge")


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


def dangling(declared: Mapping[str, frozenset[str]], section: str, name: str) -> bool:
    """Whether `name` is not declared; unknown, hence False, where the section is broken."""
    return section in declared and name not in declared[section]


def _keys(data: object) -> Sequence[str]:
    return list(data) if isinstance(data, Mapping) else []
