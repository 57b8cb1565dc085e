"""How a registry is configured, on the building machine and on hosts: the same storage. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airchain.spec.model import S3, Storage

FOLDER = "registry"


def text(place: Storage, directory: Path, port: int, *, read_only: bool) -> str:
    """The configuration (JSON, which is YAML too), on loopback over its part of a store.

    `directory` is that part where the store is a directory.
    """
    document = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            **driver(place, directory),
            # Blobs come through the registry: whoever pulls needs no way to the bucket.
            "redirect": {"disable": True},
            "delete": {"enabled": not read_only},
            # No cache of descriptors: the storage is asked each time. What a registry remembers
            # of a blob may have been cleaned up since; and one that was once cut short in the
            # store would stay so, however whole it is again.
            **({"maintenance": _READ_ONLY} if read_only else {}),
        },
        "http": {
            "addr": f"127.0.0.1:{port}",
            "headers": {"X-Content-Type-Options": ["nosniff"]},
        },
    }
    return json.dumps(document, indent=1) + "\n"


def driver(place: Storage, directory: Path) -> dict[str, Any]:
    """Which storage the registry is over; keys of a bucket are not in it."""
    if place.s3 is None:
        return {"filesystem": {"rootdirectory": str(directory)}}
    return {"s3": _s3(place.s3)}


def driver_of(text: str) -> Mapping[str, Any]:
    """The storage in a configuration that was written before."""
    storage: Mapping[str, Any] = json.loads(text)["storage"]
    return {name: storage[name] for name in ("filesystem", "s3") if name in storage}


def _s3(place: S3) -> dict[str, Any]:
    made: dict[str, Any] = {
        "bucket": place.bucket,
        "region": place.region,
        "rootdirectory": "/" + "/".join(filter(None, (place.prefix, FOLDER))),
    }
    if place.endpoint:
        made |= {
            "regionendpoint": place.endpoint,
            "secure": place.endpoint.startswith("https:"),
        }
    return made


_READ_ONLY = {"uploadpurging": {"enabled": False}, "readonly": {"enabled": True}}
