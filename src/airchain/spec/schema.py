"""The JSON Schema of airchain.yaml, as people write it: with short forms and overlays."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from airchain.spec.model import (
    Backing,
    Deploy,
    Edge,
    Files,
    Fleet,
    Image,
    Model,
    Name,
    Registry,
    Route,
    Secret,
    SecretName,
    Service,
    Size,
    Storage,
)

# `$id` of the schema; nothing is fetched from there.
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SHORT = {
    ("Service", "health"): {"type": "string", "pattern": "^/", "description": "Path of the check."},
    ("Image", "test"): {"type": "string", "description": "Command that must succeed inside."},
}
_SCALAR = {"type": ["string", "number", "boolean", "null"]}


class EnvironmentSource(Model):
    """An environment as written: laid over what the product says for all of them."""

    fleets: Mapping[Name, Fleet]
    edge: Edge = Edge()
    deploy: Deploy = Deploy()
    services: Mapping[Name, Service] = {}
    backing: Mapping[Name, Backing] = {}
    files: Mapping[Name, Files] = {}
    routes: tuple[Route, ...] = ()


class Source(Model):
    """What one airchain.yaml describes."""

    product: Name
    registry: Registry = Registry()
    store: Storage = Storage()
    sizes: Mapping[Name, Size] = {}
    secrets: Mapping[SecretName, Secret] = {}
    images: Mapping[Name, Image]
    services: Mapping[Name, Service] = {}
    backing: Mapping[Name, Backing] = {}
    files: Mapping[Name, Files] = {}
    routes: tuple[Route, ...] = ()
    deploy: Deploy = Deploy()
    environments: Mapping[Name, EnvironmentSource] = Field(min_length=1)


def schema() -> dict[str, Any]:
    """The schema. Parts of an overlay need not be whole, and `null` removes one."""
    made = Source.model_json_schema()
    parts: dict[str, Any] = made["$defs"]
    for (part, name), short in _SHORT.items():
        field = parts[part]["properties"][name]
        field["anyOf"] = [short, *field["anyOf"]]
    for part in ("Service", "Backing", "Image"):
        for name in ("env", "args"):
            if name in parts[part]["properties"]:
                parts[part]["properties"][name]["additionalProperties"] = _SCALAR
    for part in parts.values():
        for field in part["properties"].values():
            _tidy(field)
    for part in ("Service", "Backing", "Files"):
        parts[f"{part}Overlay"] = _partial(parts[part])
        section = parts["EnvironmentSource"]["properties"][
            part.lower().replace("service", "services")
        ]
        section["additionalProperties"] = {
            "anyOf": [{"$ref": f"#/$defs/{part}Overlay"}, {"type": "null"}]
        }
    # Fleets may stand in an overlay file instead.
    parts["EnvironmentSource"].pop("required", None)
    return {"$schema": _DIALECT, **made, "title": "airchain.yaml"}


def _partial(part: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields, none of them required and none with a default."""
    partial = copy.deepcopy(dict(part))
    partial.pop("required", None)
    for field in partial["properties"].values():
        field.pop("default", None)
    return partial


def _tidy(field: dict[str, Any]) -> None:
    """Write the bounds of a duration where JSON Schema has them: at its number."""
    low, high = field.pop("gt", None), field.pop("le", None)
    for choice in field.get("anyOf", []):
        if choice.get("type") == "number" and low is not None:
            choice |= {"exclusiveMinimum": low, "maximum": high}
        if choice.get("type") == "string" and low is not None:
            choice["pattern"] = r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$"
