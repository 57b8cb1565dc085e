"""Records travel between machines that may run different versions of Airchain."""

import json

import pytest

from airchain.errors import StoreError
from airchain.spec.model import Environment, Service
from airchain.store import Object
from airchain.store.records import Release, decode


def release() -> dict[str, object]:
    services = {"web": Service(image="web", kind="web", port=8000)}
    environment = Environment(services=services, fleets={})
    made = Release(product="p", revision="r", images={}, environments={"prod": environment})
    found: dict[str, object] = json.loads(made.encode())
    return found


def test_what_a_newer_airchain_added_is_passed_over() -> None:
    """A host that was booted before a field existed still runs releases that have it."""
    document = release()
    document["environments"]["prod"]["deploy"]["later"] = 1  # type: ignore[index]
    document["environments"]["prod"]["services"]["web"]["later"] = {"a": 1}  # type: ignore[index]
    found = decode(Object("k", json.dumps(document).encode(), "v"), Release)
    assert found.environments["prod"].services["web"].port == 8000


def test_what_is_damaged_is_named() -> None:
    """A field that is wrong is an error with the key of the object."""
    with pytest.raises(StoreError, match="not a Release"):
        decode(Object("k", b'{"product": "p"}', "v"), Release)
