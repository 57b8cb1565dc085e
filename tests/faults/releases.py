"""What is laid over the environment to make a release that goes its own way."""

from __future__ import annotations

import shlex
from typing import Any

# Slow to start, so that every step of a deployment can be seen and hit.
SLOW = {"services": {"web": {"env": {"START_AFTER": "1.5"}}}}


def with_task(script: str) -> dict[str, Any]:
    """A release whose task `migrate` is this shell script."""
    command = f"sh -c {shlex.quote(script)}"
    return {"services": {"migrate": {"image": "app", "kind": "task", "command": command}}}


# From an image that hosts do not have yet.
HEAVY = {"services": {"web": {"image": "heavy"}}}
