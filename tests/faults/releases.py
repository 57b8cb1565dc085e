"""What is laid over the environment to make a release that goes its own way."""

from __future__ import annotations

# Slow to start, so that every step of a deployment can be seen and hit.
SLOW = {"services": {"web": {"env": {"START_AFTER": "1.5"}}}}

# From an image that hosts do not have yet.
HEAVY = {"services": {"web": {"image": "heavy"}}}
