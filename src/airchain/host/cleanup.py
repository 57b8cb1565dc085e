"""Remove what earlier releases left: containers and images that nothing needs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import requests
import structlog
from docker.api.client import APIClient
from docker.errors import DockerException

log = structlog.get_logger()


def unneeded_images(
    images: Iterable[Mapping[str, Any]], prefix: str, keep: Collection[str]
) -> list[str]:
    """References below `prefix` (`REGISTRY/PRODUCT/`) that are not in `keep`.

    `images` is what the engine lists: each with its `RepoDigests`.
    """
    found = {r for image in images for r in image.get("RepoDigests") or () if r.startswith(prefix)}
    return sorted(found - set(keep))


def unneeded_containers(
    containers: Iterable[Mapping[str, Any]], names: Collection[str]
) -> list[str]:
    """Containers of ours, not running, that no unit called `names` belongs to."""
    return sorted(
        name
        for container in containers
        for name in (n.lstrip("/") for n in container.get("Names") or ())
        if container.get("State") not in ("running", "created") and name not in names
    )


def clean(
    engine: APIClient,
    product: str,
    prefix: str,
    keep: Collection[str],
    units: Sequence[str],
    lock: threading.Lock,
    current: Callable[[], bool],
) -> None:
    """Remove what is not needed, one at a time, never while `lock` is held by a pull.

    `keep` may be outdated once another release is prepared: `current` tells, and
    what is left then waits for the next cleanup. An image that a container uses is
    refused by the engine, which is as it should be.
    """
    try:
        listed = engine.containers(all=True, filters={"label": f"airchain.product={product}"})
        for name in unneeded_containers(listed, units):
            engine.remove_container(name)
            log.info("removed", container=name)
        for reference in unneeded_images(engine.images(), prefix, keep):
            with lock:
                if not current():
                    return
                engine.remove_image(reference)
            log.info("removed", image=reference)
    except (DockerException, requests.RequestException) as error:
        log.info("left for the next cleanup", reason=str(error))
