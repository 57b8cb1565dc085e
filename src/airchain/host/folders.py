"""The folders of files that this host shares with all others of its environment."""

from __future__ import annotations

from collections.abc import Iterable

from airchain.host.identity import Places

# Whoever a container runs as may write; who may not is not given the folder.
_MODE = 0o777


def make_folders(places: Places, names: Iterable[str]) -> None:
    """Have a folder for each of `names`; what is in it stays."""
    for name in names:
        folder = places.files / name
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(_MODE)
