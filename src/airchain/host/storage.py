"""Where this host's engine keeps what it unpacked: the layout of its overlay2 driver.

    image/overlay2/layerdb/sha256/CHAIN/   cache-id, diff, tar-split.json.gz
    overlay2/CACHE-ID/                     diff/ (the files), link, lower
    overlay2/l/LINK                        a short name of a layer's files

A layer's chain is the hash of its own digest and of those below it; the cache
id is drawn anew each time it is unpacked. The golden image fixes both the engine
and the driver, so that the layout is known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True)
class Layer:
    """One layer as the engine holds it. `diff` is the digest of the archive it came from."""

    chain: str
    diff: str
    cache: str
    record: Path
    folder: Path

    @property
    def files(self) -> Path:
        """The folder that the layer was unpacked into."""
        return self.folder / "diff"

    @property
    def archive_record(self) -> Path:
        """What is needed, beside the files, to write the layer's archive again byte by byte."""
        return self.record / "tar-split.json.gz"


def chains(diffs: Sequence[str]) -> tuple[str, ...]:
    """The chains of an image's layers, lowest first."""
    found: list[str] = []
    for diff in diffs:
        below = found[-1] if found else None
        found.append(diff if below is None else _digest(f"{below} {diff}"))
    return tuple(found)


class Storage:
    """The engine's folder, `/var/lib/docker` on a host."""

    def __init__(self, root: Path) -> None:
        self._layers = root / "image/overlay2/layerdb"
        self._folders = root / "overlay2"

    def layer(self, chain: str, diff: str) -> Layer | None:
        """The layer, or None where the engine has none of that chain."""
        record = self._layers / "sha256" / chain.removeprefix("sha256:")
        cache = _text(record / "cache-id")
        if not cache or "/" in cache:
            return None
        return Layer(chain, diff, cache, record, self._folders / cache)

    def mountable(self, layer: Layer, below: Layer | None) -> bool:
        """Whether the engine's notes of how to stack the layer on the one below are whole."""
        link = _text(layer.folder / "link")
        if not link or (self._folders / "l" / link).resolve() != layer.files.resolve():
            return False
        return below is None or _text(layer.folder / "lower") == self._stack(below)

    def _stack(self, layer: Layer) -> str:
        own = f"l/{_text(layer.folder / 'link')}"
        lower = _text(layer.folder / "lower")
        return f"{own}:{lower}" if lower else own


def _digest(text: str) -> str:
    return "sha256:" + sha256(text.encode()).hexdigest()


def _text(path: Path) -> str:
    """What a small file says; empty where it is missing or cannot be read."""
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
