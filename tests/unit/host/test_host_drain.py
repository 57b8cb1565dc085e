"""The end of an old instance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airchain.host import drain, units
from airchain.host.identity import Places
from airchain.host.instances import Instance
from airchain.spec.model import Service

OLD = Instance(
    id="1a2b",
    product="tv",
    service="web",
    image="r:1/tv/www@sha256:aa",
    spec=Service(image="www", kind="web", port=80, stop_timeout=3),
)


@pytest.mark.parametrize("outlived", [True, False])
def test_an_instance_that_is_stopped_leaves_no_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outlived: bool
) -> None:
    """Also where it outlived the engine, and its unit had not joined it again."""
    places = Places(tmp_path)
    places.units.mkdir(parents=True)
    (places.units / OLD.unit).touch()
    mark = units.mark_file(places.jobs, OLD)
    if outlived:
        mark.parent.mkdir(parents=True)
        mark.touch()
    called: list[Any] = []
    monkeypatch.setattr(drain, "run", lambda argv, **_: called.append(tuple(argv)))
    drain.stop(places, OLD)
    assert called[0] == ("systemctl", "stop", OLD.unit)
    stop = (units.DOCKER, "stop", "--time", "3", OLD.name)
    remove = (units.DOCKER, "rm", "--force", OLD.name)
    assert called[1:-1] == ([stop, remove] if outlived else [])
    assert not mark.exists()
    assert not (places.units / OLD.unit).exists()
