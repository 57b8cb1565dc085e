"""Keys for signed addresses, from the secrets to where nginx reads them.

Both are memory, closed to all but root. nginx's configuration names the file and
never holds the value, so that neither it nor a complaint about it gives a key away.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from airchain.errors import DeployError
from airchain.files import write_whole
from airchain.host.identity import Places

# Nothing that nginx would read as anything else than text, and too long to be guessed.
_KEY = re.compile(r"[A-Za-z0-9_-]{16,256}")


def install(places: Places, names: Iterable[str]) -> Mapping[str, str]:
    """Write the keys `names` for nginx; return a mark of each value, to tell a new one by."""
    places.site_keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    marks = {}
    for name in names:
        value = (places.secrets / name).read_text(errors="replace").strip()
        write_whole(file(places, name), setting(name, value).encode(), mode=0o600)
        marks[name] = hashlib.sha256(value.encode()).hexdigest()
    return marks


def file(places: Places, name: str) -> Path:
    """Where nginx reads the key `name`."""
    return places.site_keys / f"{name}.conf"


def setting(name: str, value: str) -> str:
    """The key as a line of nginx's configuration."""
    if not _KEY.fullmatch(value):
        raise DeployError(
            f"{name} cannot sign addresses: 16 to 256 letters, digits, - and _ are needed",
            where="routes: signed.secret",
            hint=f"declare it as `{name}: {{generate: true}}`, or `openssl rand -hex 32 | "
            f"airchain secrets set ENV {name}`",
        )
    return f'set $airchain_key "{value}";\n'
