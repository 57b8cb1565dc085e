"""What is wrong, in words: pydantic's errors as findings that say what a field must be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from airchain.spec.document import FieldPath, kind
from airchain.spec.model import Name

# What a pattern of the model asks for, in words.
_PATTERNS = {
    r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$": (
        "must be lower-case letters, digits and single dashes, beginning with a letter"
    ),
    r"^[A-Z][A-Z0-9_]*$": "must be upper-case letters, digits and underscores",
    r"^[1-9][0-9]*[mg]$": "must be a number followed by m or g, such as 512m or 2g",
    r"^[a-z0-9.-]+:[0-9]+$": "must be HOST:PORT, such as localhost:5050",
    r"^/": "must begin with /",
    r"^[a-z][a-z0-9]*(-[a-z0-9]+)*(:ro)?$": "must be NAME, or NAME:ro to read only",
    r"^[1-9][0-9]*[kmg]$": "must be a number followed by k, m or g, such as 64k or 100m",
    r"^[A-Za-z0-9_]+$": "must be letters, digits and underscores",
    r"^(X-Forwarded-(For|Proto)|(X-Viewer|CloudFront)-[A-Za-z0-9-]{1,50})$": (
        "must be X-Forwarded-For, X-Forwarded-Proto, X-Viewer-… or CloudFront-…, "
        "since no other header is taken away"
    ),
    r"^[A-Za-z][A-Za-z0-9-]*$": "must be the name of a header, such as X-Viewer",
    r"^/[^\s]*$": "must begin with / and hold no space",
    r"^/[A-Za-z0-9._~/-]*$": "must begin with / and hold letters, digits and . _ ~ - / only",
    r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$": "must be a name such as www.example.com",
    r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$": (
        "must be 3 to 63 lower-case letters, digits, dots and dashes"
    ),
    r"^[a-z0-9-]+$": "must be a name such as eu-central-1",
    r"^([A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*)?$": "must be a path such as airchain/shop",
    r"^https?://[A-Za-z0-9.:\[\]-]+$": "must be http://HOST:PORT or https://HOST, without a path",
}
_QUOTED = re.compile(r"'([^']*)'")
_LINES = (("command",), ("run",), ("test",))
_ONE_LINE = "write it as one line, such as `python3 app.py --port 8000`"
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
        # The schema has no list where a key of a mapping is meant.
        allowed = [str(v) for v in node.get("enum", _QUOTED.findall(error["ctx"]["expected"]))]
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
    hint = _ONE_LINE if path[-1:] in _LINES and isinstance(got, list) else None
    return Finding(path, message, hint)


def is_name(text: str) -> bool:
    """Whether products, services and the like may be named so."""
    try:
        TypeAdapter(Name).validate_python(text)
    except ValidationError:
        return False
    return True


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
