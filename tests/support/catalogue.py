"""What of tv can be watched, as its API tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def playable(api: Callable[[str], Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Titles with the first of their episodes that has a video and is free.

    `api` returns what the API answers anyone at a path.
    """
    for item in api("/titles?limit=100")["items"]:
        title = api(f"/titles/{item['slug']}")
        episodes = [episode for season in title["seasons"] for episode in season["episodes"]]
        for episode in [e for e in episodes if e["video"] and e["access"]["allowed"]][:1]:
            yield title, episode
