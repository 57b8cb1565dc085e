"""Words of nginx's configuration. Pure."""

from __future__ import annotations

# What every answer carries. Where a block adds a header, it has to add these again.
HEADERS = """\
add_header X-Served-By $hostname always;
add_header X-Request-Id $airchain_request always;
"""


def quote(text: str) -> str:
    """One word of nginx's configuration."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def duration(seconds: float) -> str:
    """Whole seconds, at least one: that is how nginx counts validity."""
    return f"{max(1, round(seconds))}s"


def header(name: str) -> str:
    """The variable with a header of the request."""
    return "$http_" + name.lower().replace("-", "_")


def indented(text: str, depth: int) -> str:
    """Each line `depth` deeper."""
    return "".join(" " * depth + line for line in text.splitlines(keepends=True))
