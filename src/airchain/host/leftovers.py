"""What a killed engine leaves below /var/lib/docker that it does not find again itself.

A pull that is cut short leaves a download in `tmp`, and a layer that was being
unpacked: a folder below `overlay2` that no image and no container names.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

# The engine writes a layer's folder first and its name later, within seconds.
GRACE = timedelta(minutes=10)
# What the engine calls a layer; those of BuildKit, which has names of its own, are shorter.
_LAYER = re.compile(r"[0-9a-f]{64}(-init)?")


def find(root: Path, engine_pid: Path, now: datetime) -> Iterator[Path]:
    """Files and folders below the engine's `root` that nothing knows.

    They are older than `GRACE`, or than the engine that runs, whose `engine_pid` file
    tells when it started. Only to be trusted while nothing is pulled.
    """
    oldest = (now - GRACE).timestamp()
    if engine_pid.is_file():
        oldest = max(oldest, engine_pid.stat().st_mtime)
    for path in (*_downloads(root), *_layers(root)):
        try:
            if path.stat().st_mtime < oldest:
                yield path
        except FileNotFoundError:
            continue


def remove(path: Path) -> None:
    """Remove the download or the layer with the short name that leads to it."""
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    link = path / "link"
    if link.is_file():
        (path.parent / "l" / link.read_text().strip()).unlink(missing_ok=True)
    shutil.rmtree(path)


def _downloads(root: Path) -> Iterator[Path]:
    yield from (root / "tmp").glob("GetImageBlob*")


def _layers(root: Path) -> Iterator[Path]:
    """Layers without a name; none where this engine keeps them in another way."""
    known = root / "image" / "overlay2" / "layerdb"
    if not (known / "sha256").is_dir():
        return
    layers = [p for p in (root / "overlay2").iterdir() if _LAYER.fullmatch(p.name)]
    # Read after the folders: a layer that is named meanwhile is known.
    named = {
        file.read_text().strip()
        for pattern in ("sha256/*/cache-id", "mounts/*/mount-id", "mounts/*/init-id")
        for file in known.glob(pattern)
    }
    yield from (layer for layer in layers if layer.name not in named)
