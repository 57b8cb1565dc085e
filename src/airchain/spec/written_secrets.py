"""Secrets that somebody wrote into airchain.yaml instead of declaring them.

Pure: plain data in, findings out. A finding never repeats the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from airchain.spec.document import FieldPath
from airchain.spec.wording import Finding

_NAME_PARTS = {"SECRET", "PASSWORD", "PASSWD", "TOKEN", "KEY", "CREDENTIAL", "CREDENTIALS"}
# `…_FILE` names where a secret is, `…_ID` or `…_TTL` says something about it.
_HARMLESS_ENDS = {"FILE", "PATH", "DIR", "ID", "NAME", "PREFIX", "URL", "TTL", "AGE", "TIMEOUT"}
_HARMLESS_VALUES = {"", "0", "1", "true", "false", "yes", "no", "on", "off"}
_SHAPES = {
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access token": re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{30,}|xox[abpr]-[A-Za-z0-9-]{10,})"),
    "a URL with a password": re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s:@$]+@"),
}
_HINT = (
    "declare it under `secrets:` at the top and list it in the `secrets` of the service; "
    "the container reads the file that NAME_FILE names"
)


def find(data: Any, path: FieldPath = ()) -> Iterator[Finding]:
    """Every value below `data` that looks like a secret."""
    if isinstance(data, Mapping):
        named = len(path) >= 1 and path[-1] in ("env", "args")
        for name, value in data.items():
            where = (*path, name)
            if named and isinstance(value, str) and named_like_a_secret(str(name), value):
                message = "its name says that this is a secret, and secrets are not written here"
                yield Finding(where, message, _HINT)
            else:
                yield from find(value, where)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from find(value, (*path, index))
    elif isinstance(data, str):
        for what, shape in _SHAPES.items():
            if shape.search(data):
                yield Finding(path, f"holds {what}, and secrets are not written here", _HINT)
                break


def named_like_a_secret(name: str, value: str) -> bool:
    """Whether a variable's name asks for a secret and its value could be one."""
    words = name.upper().split("_")
    if words[-1] in _HARMLESS_ENDS or not _NAME_PARTS & set(words):
        return False
    return value.lower() not in _HARMLESS_VALUES and not value.startswith("/")
