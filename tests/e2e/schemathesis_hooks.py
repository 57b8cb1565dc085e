"""What schemathesis cannot make up from the description of tv's API."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import schemathesis
from hypothesis import strategies as st


def cursor(popularity: int, slug: str) -> str:
    """A place in a list of titles; see tv/www/api/v1/cursors.py."""
    text = json.dumps([-popularity, slug], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


schemathesis.openapi.format(
    "cursor",
    st.builds(cursor, st.integers(0, 1_000_000), st.from_regex(r"[a-z0-9]{1,40}", fullmatch=True)),
)
