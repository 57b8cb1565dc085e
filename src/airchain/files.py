"""Files that others may read at any moment."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# What a name begins with while the file is being written.
PARTIAL = ".partial-"


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace the file at `path`; readers see the old or the new content.

    Folders above it are made. An `OSError` leaves what was there before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(prefix=PARTIAL, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(partial).chmod(mode)
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
