"""Which keys local hosts are given to a store on S3."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airchain.errors import FleetError
from airchain.fleet import secrets, store_keys
from airchain.fleet.settings import Settings
from airchain.paths import Home
from airchain.spec.model import S3, Storage

SETTINGS = Settings(
    product="p",
    environment="e",
    registry="r:1",
    sizes={},
    host_image="h",
    edge_image="e",
    store=Storage(s3=S3(bucket="b-1", region="r")),
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_a_directory_needs_no_keys(tmp_path: Path) -> None:
    """Nothing is handed out that nobody needs."""
    directory = SETTINGS.model_copy(update={"store": Storage()})
    assert store_keys.for_hosts(Home(tmp_path), directory) == {}


def test_hosts_get_the_pair_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the keys of whoever runs `up`, which may do more."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "driver")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "strong")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "short")
    home = Home(tmp_path)
    (sent,) = store_keys.for_hosts(home, SETTINGS).values()
    assert json.loads(sent) == {
        "access_key_id": "driver",
        "secret_access_key": "strong",
        "token": "short",
    }
    secrets.put(home, "p", "e", store_keys.ACCESS_KEY_ID, b"host")
    with pytest.raises(FleetError, match="has no value"):
        store_keys.for_hosts(home, SETTINGS)
    secrets.put(home, "p", "e", store_keys.SECRET_ACCESS_KEY, b"weak")
    (sent,) = store_keys.for_hosts(home, SETTINGS).values()
    assert json.loads(sent) == {"access_key_id": "host", "secret_access_key": "weak"}


def test_no_keys_are_named(tmp_path: Path) -> None:
    """With both ways to set them."""
    with pytest.raises(FleetError, match="no keys to the store") as raised:
        store_keys.for_hosts(Home(tmp_path), SETTINGS)
    assert "airchain secrets set e" in str(raised.value.hint)
    assert "AWS_ACCESS_KEY_ID" in str(raised.value.hint)
