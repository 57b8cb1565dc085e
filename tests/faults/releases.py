"""What is laid over the environment to make a release that goes its own way."""

from __future__ import annotations

import shlex
from typing import Any

# Slow to start, so that every step of a deployment can be seen and hit.
SLOW = {"services": {"web": {"env": {"START_AFTER": "1.5"}}}}
# Slower still, so that it can be hit by whoever has to ask the host itself.
SLOWER = {
    "services": {"web": {"env": {"START_AFTER": "3"}, "health": {"path": "/healthz", "within": 15}}}
}


def with_task(script: str) -> dict[str, Any]:
    """A release whose task `migrate` is this shell script."""
    command = f"sh -c {shlex.quote(script)}"
    return {"services": {"migrate": {"image": "app", "kind": "task", "command": command}}}


def long_task(mark: str) -> dict[str, Any]:
    """A release whose task says when it begins and when it is done, a while later."""
    return with_task(f"echo {mark} begins; sleep 6; echo {mark} is done")


# From an image that hosts do not have yet.
HEAVY = {"services": {"web": {"image": "heavy"}}}
