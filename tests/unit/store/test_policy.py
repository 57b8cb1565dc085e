"""Rights in S3: as data, and as a server enforces them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.support.s3 import Server, enforceable

from airchain.errors import StoreError
from airchain.host.identity import Identity, Places
from airchain.host.leases import Leases
from airchain.host.report import Reporter, Status
from airchain.paths import Home
from airchain.progress import Silent
from airchain.registry.pushes import MARK, PUSHES, pushing
from airchain.registry.storage import Storage
from airchain.release import index
from airchain.release.clean import Cleaner
from airchain.release.deploy import Deployed, deploy
from airchain.release.keep import Retention
from airchain.release.keys import Keys
from airchain.release.operation import Order, under_way
from airchain.release.revision import Revision
from airchain.release.scope import Scope
from airchain.spec.model import S3, Deploy
from airchain.store import policy
from airchain.store.records import (
    Report,
    Trust,
    audit_key,
    fleet_key,
    lease_key,
    pointer_key,
    read,
    report_key,
    signature_key,
    trust_key,
)
from airchain.store.s3 import S3Store
from airchain.trust import Follower, Memory, verify_release

PLACE = S3(bucket="b-1", region="eu-west-1", prefix="air")
NUMBERS = count()
AsUser = Callable[[S3, dict[str, Any] | None], S3Store]
ONE, TWO, THREE = (f"sha256:{digits * 32}" for digits in ("1a", "2b", "3c"))


def granted(made: dict[str, Any], action: str) -> list[str]:
    """The resources on which a policy allows an action."""
    allowed = [s for s in made["Statement"] if s["Effect"] == "Allow"]
    return [r for s in allowed if action in s["Action"] for r in s["Resource"]]


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


def test_a_driver_may_not_remove_what_was_entered_into_the_log() -> None:
    """Whoever has its credentials deploys, and cannot hide it. (No server of the tests looks.)"""
    made = policy.for_driver(PLACE, "tv", "qa")
    (denied,) = (s for s in made["Statement"] if s["Effect"] == "Deny")
    assert "s3:DeleteObject" in denied["Action"]
    assert set(denied["Resource"]) == {
        f"arn:aws:s3:::b-1/air/{audit_key('tv', environment)}/*" for environment in ("qa", None)
    }
    assert set(denied["Resource"]).isdisjoint(granted(made, "s3:GetObject"))


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_other_partitions(region: str, partition: str) -> None:
    """China and the government's clouds have names of their own; a bucket may be used whole."""
    made = policy.for_host(S3(bucket="b-1", region=region), "tv", "prod")
    assert granted(made, "s3:GetObject")[0] == f"arn:{partition}:s3:::b-1/registry/*"


@pytest.fixture
def as_user(server: Server) -> Iterator[AsUser]:
    """Makes a store as somebody uses it who has just these rights, which are enforced then."""

    def make(place: S3, rights: dict[str, Any] | None) -> S3Store:
        server.enforce(rights=False)
        user = server.user(rights)
        server.enforce(rights=True)
        return S3Store(place, user.keys)

    try:
        yield make
    finally:
        server.enforce(rights=False)


def test_a_server_enforces_what_a_host_may(server: Server, as_user: AsUser) -> None:
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


def test_a_server_enforces_what_a_driver_may(server: Server, as_user: AsUser) -> None:
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


@pytest.mark.parametrize("key", [f"{PUSHES}/x", MARK])
def test_pushes_and_clean_ups_may_say_so(key: str) -> None:
    """Whoever releases writes, looks for and removes what keeps the two apart; hosts do not."""
    driver, host = policy.for_driver(PLACE, "tv", "qa"), policy.for_host(PLACE, "tv", "qa")
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
        folders = granted(driver, action)
        assert any(f"arn:aws:s3:::b-1/air/{key}".startswith(f.rstrip("*")) for f in folders)
        assert not any("collector" in folder for folder in granted(host, action))


class Driving:
    """Whoever releases tv and deploys it to qa, by Airchain's own code."""

    def __init__(self, store: S3Store, home: Path) -> None:
        keys = Keys(Home(home), store, "tv")
        self.scope = Scope(store, "tv", "qa", keys)

    def release(self, digest: str) -> None:
        """All of making a release but the registry's own part."""
        self.scope.keys.ensure()
        with pushing(self.scope.store, "a test"):
            self.scope.keys.sign_release(digest)
            index.add(self.scope.store, "tv", digest, Revision("c0ffee", "subject", "me"))

    def deploy(self, digest: str) -> Deployed:
        """Under the lock, entered into the log."""
        with under_way(self.scope, Order("deploy", digest), Silent()) as operation:
            return deploy(operation.scope, digest, Silent(), settings=Deploy(watch=0))


def test_a_driver_does_its_work_with_its_rights(
    server: Server, as_user: AsUser, tmp_path: Path
) -> None:
    """Release, deploy, go back, clean up: nothing that it does is refused."""
    place = server.bucket(f"rights-{next(NUMBERS)}")
    everybody = as_user(place, None)
    theirs = "products/shop/releases/20261130T000000.000000Z-3c3c3c3c3c3c"
    everybody.put(theirs, b"{}")
    store = as_user(place, enforceable(policy.for_driver(place, "tv", "qa")))
    driving = Driving(store, tmp_path)
    for digest in (ONE, TWO, ONE):
        driving.release(digest)
        assert driving.deploy(digest).release == digest
    driving.release(THREE)
    assert index.find(store, "tv", "3c3c").digest == THREE
    assert not store.list(PUSHES)

    nothing = Retention(newest=0, age=timedelta(0), settle=timedelta(0))
    cleaner = Cleaner(store, Storage(store._objects), "localhost:1", (), nothing)
    given_up, removed = cleaner.clean(), cleaner.clean()
    assert (given_up.given_up, removed.releases) == (1, 1)
    assert removed.complete
    assert everybody.get(signature_key("tv", THREE)) is None
    # What it may not read it leaves alone, and says so.
    assert everybody.get(theirs) is not None
    (left,) = removed.left
    assert left.startswith("shop (")
    assert "AccessDenied" in left


def test_a_host_does_its_work_with_its_rights(
    server: Server, as_user: AsUser, tmp_path: Path
) -> None:
    """It follows the pointer, sees who signed the release, reports, and takes turns at tasks."""
    place = server.bucket(f"rights-{next(NUMBERS)}")
    everybody = as_user(place, None)
    driving = Driving(everybody, tmp_path / "home")
    driving.release(ONE)
    driving.deploy(ONE)
    first = read(everybody, trust_key("tv", 1), Trust)
    assert first is not None
    store = as_user(place, policy.for_host(place, "tv", "qa", "web-1"))

    follower = Follower(store, "tv", "qa", Memory(trust=first), lambda _: None)
    pointer = follower.look()
    assert pointer is not None
    assert pointer.release == ONE
    verify_release(store, "tv", ONE, follower.trust.keys)

    identity = Identity(product="tv", environment="qa", fleet="web", host="web-1", registry="r:1")
    places = Places(tmp_path)
    places.images.mkdir(parents=True)
    Reporter(Status(identity), store, identity, places).write()
    said = read(everybody, report_key("tv", "qa", "web-1"), Report)
    assert said is not None
    assert said.host == "web-1"

    leases = Leases(store, "tv", "qa")
    held = leases.take("task/migrate", "web-1/1")
    assert held is not None
    held.renew()
    held.finish("done")
    found = leases.read("task/migrate")
    assert found is not None
    assert leases.abandoned(found[0])
    assert leases.take("task/migrate", "web-2/2", over=found[1]) is not None
