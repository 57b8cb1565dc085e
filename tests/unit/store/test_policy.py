"""Rights in S3: as data, and as a server enforces them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import requests
from tests.support.s3 import Server

from airchain.errors import StoreError
from airchain.spec.model import S3
from airchain.store import policy
from airchain.store.records import fleet_key, lease_key, pointer_key, report_key
from airchain.store.s3 import S3Store

PLACE = S3(bucket="b-1", region="eu-west-1", prefix="air")
NUMBERS = count()


def granted(made: dict[str, Any], action: str) -> list[str]:
    """The resources on which a policy allows an action."""
    return [r for s in made["Statement"] if action in s["Action"] for r in s["Resource"]]


def test_a_host_may_read_all_and_write_its_own() -> None:
    """Its folder and the leases of its environment; nothing that moves a release."""
    made = policy.for_host(PLACE, "tv", "prod", "web-1")
    assert granted(made, "s3:GetObject") == [
        "arn:aws:s3:::b-1/air/registry/*",
        "arn:aws:s3:::b-1/air/products/tv/*",
    ]
    assert granted(made, "s3:PutObject") == [
        "arn:aws:s3:::b-1/air/products/tv/environments/prod/hosts/web-1/*",
        "arn:aws:s3:::b-1/air/products/tv/environments/prod/leases/*",
    ]
    assert granted(made, "s3:DeleteObject") == [
        "arn:aws:s3:::b-1/air/products/tv/environments/prod/leases/*"
    ]
    assert granted(made, "s3:ListBucket") == ["arn:aws:s3:::b-1"]


def test_one_policy_serves_all_hosts_of_an_environment() -> None:
    """Which host it is, its credentials say."""
    made = policy.for_host(PLACE, "tv", "prod")
    assert granted(made, "s3:PutObject")[0].endswith("/hosts/${aws:PrincipalTag/AirchainHost}/*")


def test_a_driver_may_not_deploy_to_other_environments() -> None:
    """It reads them, as a promotion does."""
    made = policy.for_driver(PLACE, "tv", "qa")
    written = granted(made, "s3:PutObject")
    assert "arn:aws:s3:::b-1/air/products/tv/environments/qa/*" in written
    assert not any(
        "/environments/prod" in r or r.endswith(("/tv/*", "environments/*")) for r in written
    )
    assert "arn:aws:s3:::b-1/air/products/tv/*" in granted(made, "s3:GetObject")


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_other_partitions(region: str, partition: str) -> None:
    """China and the government's clouds have names of their own; a bucket may be used whole."""
    made = policy.for_host(S3(bucket="b-1", region=region), "tv", "prod")
    assert granted(made, "s3:GetObject")[0] == f"arn:{partition}:s3:::b-1/registry/*"


@pytest.fixture
def as_user(server: Server) -> Iterator[Callable[[S3, dict[str, Any]], S3Store]]:
    """Makes a store as somebody uses it who has just these rights, which are enforced then."""

    def make(place: S3, rights: dict[str, Any]) -> S3Store:
        _enforce(server, "inf")
        iam, name = server.client("iam"), f"user-{next(NUMBERS)}"
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(rights))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        _enforce(server, "0")
        user = replace(
            server,
            access_key_id=key["AccessKeyId"],
            secret_access_key=key["SecretAccessKey"],
        )
        return S3Store(place, user.keys)

    try:
        yield make
    finally:
        _enforce(server, "inf")


def _enforce(server: Server, after: str) -> None:
    requests.post(f"{server.url}/moto-api/reset-auth", data=after, timeout=10)


def test_a_server_enforces_what_a_host_may(
    server: Server, as_user: Callable[[S3, dict[str, Any]], S3Store]
) -> None:
    """A stolen host moves no pointer, speaks for no other host and reads no other product."""
    place = server.bucket(f"rights-{next(NUMBERS)}")
    before = S3Store(place, server.keys)
    pointer, other = pointer_key("tv", "prod"), report_key("tv", "prod", "web-2")
    version = before.put(pointer, b"release")
    before.put("products/shop/environments/prod/pointer", b"theirs")
    host = as_user(place, policy.for_host(place, "tv", "prod", "web-1"))

    found = host.get(pointer)
    assert found is not None
    assert found.data == b"release"
    assert host.get(report_key("tv", "prod", "web-9")) is None
    host.put(report_key("tv", "prod", "web-1"), b"mine")
    lease = host.create(lease_key("tv", "prod", "task/a"), b"mine")
    host.replace(lease_key("tv", "prod", "task/a"), b"still", lease)
    # Leases that are over may be deleted too; this server checks that on the bucket, Amazon's
    # on each key, so it is tested as data above.
    own = [lease_key("tv", "prod", "task/a"), report_key("tv", "prod", "web-1")]
    assert host.list("products/tv") == sorted([pointer, *own])

    refused: list[Callable[[], object]] = [
        lambda: host.put(pointer, b"another"),
        lambda: host.replace(pointer, b"another", version),
        lambda: host.delete(pointer),
        lambda: host.put(other, b"not me"),
        lambda: host.put(fleet_key("tv", "prod", "web"), b"{}"),
        lambda: host.put("registry/docker/registry/v2/x", b"layer"),
        lambda: host.put(report_key("tv", "qa", "web-1"), b"elsewhere"),
        lambda: host.get("products/shop/environments/prod/pointer"),
    ]
    for act in refused:
        with pytest.raises(StoreError, match="AccessDenied") as raised:
            act()
        assert "airchain store policy" in str(raised.value.hint)


def test_a_server_enforces_what_a_driver_may(
    server: Server, as_user: Callable[[S3, dict[str, Any]], S3Store]
) -> None:
    """Who may deploy to qa moves qa's pointer and not prod's."""
    place = server.bucket(f"rights-{next(NUMBERS)}")
    driver = as_user(place, policy.for_driver(place, "tv", "qa"))
    version = driver.create(pointer_key("tv", "qa"), b"one")
    driver.replace(pointer_key("tv", "qa"), b"two", version)
    driver.put("products/tv/releases/x", b"")
    driver.put("registry/docker/registry/v2/x", b"layer")
    assert driver.get(pointer_key("tv", "prod")) is None
    with pytest.raises(StoreError, match="AccessDenied"):
        driver.put(pointer_key("tv", "prod"), b"three")
    with pytest.raises(StoreError, match="AccessDenied"):
        driver.put("products/shop/releases/x", b"")
