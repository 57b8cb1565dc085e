"""Convergences that end before anything is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airchain.host import converge
from airchain.host.identity import Identity, Places
from airchain.host.report import Status
from airchain.spec.model import Environment, Fleet, Service
from airchain.store.records import ImageDigest, Release

RELEASE = Release(
    product="tv",
    revision="r",
    images={"www": ImageDigest(repository="r:1/tv/www", digest="sha256:aa", size=1)},
    environments={
        "prod": Environment(
            services={"web": Service(image="www", kind="web", port=80)},
            fleets={"front": Fleet(services=("web",))},
        )
    },
)


def test_a_release_without_our_fleet_leaves_the_host_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as prepared and arrived, so it can be deployed; the keeper ends the host."""
    monkeypatch.setattr(converge, "pull_artifact", lambda *_: RELEASE.encode())
    identity = Identity(product="tv", environment="prod", fleet="web", host="h", registry="r:1")
    verified: list[str] = []
    nobody: Any = None  # Nothing is pulled, started, run or stopped.
    converger = converge.Converger(
        Places(tmp_path),
        identity,
        nobody,
        Status(identity),
        nobody,
        nobody,
        nobody,
        nobody,
        verified.append,
    )
    target = converger.converge("sha256:ff", 1, lambda: True)
    assert not target.ours
    assert target.instances == ()
    assert converger.prepared == ("sha256:ff",)
    assert verified == ["sha256:ff"]
