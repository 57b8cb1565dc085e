"""The same fleet with store and registry on S3, through a network that fails now and then.

Whoever deploys has the rights that `airchain store policy` prints, and so have hosts.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped]
from tests.support.cli import ROOT, Product, copy_product
from tests.support.faulty import Fault, Relay
from tests.support.probe import ask, probe
from tests.support.s3 import Server, enforceable
from tests.support.waiting import wait_until

from airchain.images import engine as engines
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.progress import Silent
from airchain.registry import serve
from airchain.run import run
from airchain.store import policy
from airchain.store.records import lock_key, pointer_key
from airchain.store.s3 import ATTEMPTS

NAME = "s3-test"
BUCKET = "fleet"
REGISTRY = os.environ.get("AIRCHAIN_TEST_REGISTRY", "localhost:5066")
PORT = 18087
AWAY = 20.0
FAULTS: tuple[Fault, ...] = ("busy", "fine", "cut", "slow", "lost", "fine")
KEYS = "/run/airchain/secrets/.store-keys"


@dataclass(frozen=True)
class Rig:
    """The product, up on two hosts, and what stands between them and its store.

    `server` is to who may do all, `driver` to whoever deploys.
    """

    product: Product
    server: Server
    driver: Server
    relay: Relay

    def page(self) -> str:
        answer = ask(PORT, "localhost")
        assert not answer.failed, answer
        return answer.body

    def hosts(self) -> list[dict[str, Any]]:
        return self.product.hosts("prod")

    def object(self, key: str) -> bytes:
        """What the bucket holds, past the relay."""
        client = self.server.client("s3")
        return bytes(client.get_object(Bucket=BUCKET, Key=f"air/{key}")["Body"].read())

    def write(self, key: str, data: bytes) -> None:
        """As somebody may who has the rights to the bucket, but not the signing key."""
        self.server.client("s3").put_object(Bucket=BUCKET, Key=f"air/{key}", Body=data)

    def go_on(self, *words: str) -> None:
        """Run a command while requests of it, of hosts and of the keeper fail in turn."""
        self.relay.met.clear()
        self.relay.faults.extend(FAULTS * 8)
        with probe(PORT, "localhost") as seen:
            self.product.airchain(*words)
        assert not self.relay.faults, f"{len(self.relay.faults)} faults were not met"
        assert not seen.failures, seen.summary()


def gateway(engine: Engine) -> str:
    """An address of this machine that it and its containers reach alike."""
    form = "{{(index .IPAM.Config 0).Gateway}}"
    argv = [str(engine.cli), "network", "inspect", "bridge", "--format", form]
    return run(argv, env=engine.env(), timeout=30).stdout.strip()


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("s3") / "hello"
    # A home of its own: what this machine remembers of a bucket goes with the bucket.
    engine = engines.ensure(Home.from_environment(), Silent())
    home = Home(Home.from_environment().root / "s3")
    serve.stop(home, REGISTRY)
    with (
        pytest.MonkeyPatch.context() as patch,
        Server.run() as server,
        Relay.run(server.url, gateway(engine), most=ATTEMPTS - 1) as relay,
    ):
        patch.setenv("AIRCHAIN_HOME", str(home.root))
        patch.setenv("DOCKER_HOST", engine.url)
        place = server.bucket(BUCKET, relay.url)
        admin = server.user()
        driver = server.user(enforceable(policy.for_driver(place, NAME, "prod")))
        host = server.user(policy.for_host(place, NAME, "prod", "*"))
        server.enforce(rights=True)
        patch.setenv("AWS_ACCESS_KEY_ID", driver.access_key_id)
        patch.setenv("AWS_SECRET_ACCESS_KEY", driver.secret_access_key)
        secrets = home.secrets(NAME, "prod")
        secrets.mkdir(parents=True, mode=0o700, exist_ok=True)
        (secrets / "AIRCHAIN_HOST_ACCESS_KEY_ID").write_text(host.access_key_id)
        (secrets / "AIRCHAIN_HOST_SECRET_ACCESS_KEY").write_text(host.secret_access_key)
        written = json.dumps({"s3": place.model_dump()})
        product = copy_product(
            ROOT / "examples" / "hello",
            folder,
            {
                "product: hello": f"product: {NAME}\n"
                f"registry: {{name: '{REGISTRY}'}}\nstore: {written}",
                "port: 8081": f"port: {PORT}",
            },
        )
        try:
            product.airchain("up", "prod", timeout=900)
            yield Rig(product, admin, driver, relay)
        finally:
            product.airchain("down", "prod")
            serve.stop(home, REGISTRY)
            shutil.rmtree(home.root)


def test_hosts_serve_from_a_bucket(rig: Rig) -> None:
    """Two hosts, nothing of the store mounted, their keys in memory only."""
    assert "Good evening" in rig.page()
    hosts = rig.hosts()
    assert [h["state"] for h in hosts] == ["in_service", "in_service"]
    container = f"airchain_{NAME}_prod_{hosts[0]['name']}"
    assert "/srv/store" not in rig.product.docker("inspect", container)
    assert "secret_access_key" not in rig.product.docker("inspect", container)
    kept = rig.product.docker("exec", container, "findmnt", "-n", "-o", "FSTYPE", "-T", KEYS)
    assert kept == "tmpfs"


def test_rights_are_enforced(rig: Rig) -> None:
    """Or all else here would tell nothing of them."""
    key = pointer_key("somebody-else", "prod")
    with pytest.raises(ClientError, match="AccessDenied"):
        rig.driver.client("s3").put_object(Bucket=BUCKET, Key=f"air/{key}", Body=b"")


def test_deploy_and_rollback_through_a_network_that_fails(rig: Rig) -> None:
    """Refused, cut, slow and lost answers: tried again, and no viewer hears of it."""
    rig.product.replace("airchain.yaml", "Good evening", "Good night")
    rig.product.commit("night")
    rig.go_on("deploy", "prod")
    assert "Good night" in rig.page()
    rig.go_on("rollback", "prod")
    assert "Good evening" in rig.page()
    done = [(d["what"], d["outcome"]) for d in rig.product.json("history", "prod")]
    assert done[:2] == [("rollback", "done"), ("deploy", "done")]


def test_a_pointer_that_is_not_signed_is_refused(rig: Rig) -> None:
    """Whoever can write to the bucket deploys nothing; hosts say why and serve on."""
    key = pointer_key(NAME, "prod")
    good = rig.object(key)
    other = good.replace(json.loads(good)["release"].encode(), b"sha256:" + b"0" * 64)
    assert other != good
    rig.write(key, other)
    try:
        wait_until(
            lambda: all("signature does not fit" in str(h["error"]) for h in rig.hosts()),
            "every host refuses the pointer",
        )
        assert "Good evening" in rig.page()
    finally:
        rig.write(key, good)
    wait_until(lambda: not any(h["error"] for h in rig.hosts()), "every host accepts it again")


def test_a_lock_in_the_bucket_holds(rig: Rig) -> None:
    """Whoever deploys is refused and told why; the bucket has the lock."""
    rig.product.airchain("lock", "prod", "--reason", "the line is being laid")
    try:
        assert "the line is being laid" in rig.object(lock_key(NAME, "prod")).decode()
        refused = rig.product.airchain("deploy", "prod", check=False)
        assert refused.returncode != 0
        assert "the line is being laid" in refused.stderr
    finally:
        rig.product.airchain("unlock", "prod")
    assert "Good evening" in rig.page()


def test_the_registry_in_the_bucket_is_surveyed(rig: Rig) -> None:
    """What hosts run is found in it and kept, whatever its age; nothing changes by asking."""
    client = rig.server.client("s3")
    before = client.list_objects_v2(Bucket=BUCKET, Prefix="air/registry/")["KeyCount"]
    assert before > 0
    found = rig.product.json("registry", "clean", "--dry-run", "--keep", "0", "--days", "0")
    assert found["manifests"] == 0
    assert client.list_objects_v2(Bucket=BUCKET, Prefix="air/registry/")["KeyCount"] == before


def test_a_store_that_is_away_for_a_while_takes_no_host_out_of_service(rig: Rig) -> None:
    """Hosts serve without it; the keeper replaces none for its silence; all speak again."""
    before = {h["name"] for h in rig.hosts()}
    rig.relay.down = True
    try:
        with probe(PORT, "localhost") as seen:
            time.sleep(AWAY)
    finally:
        rig.relay.down = False
    assert not seen.failures, seen.summary()
    assert len(seen.hosts) == len(before), seen.summary()
    spoken = lambda: {h["state"] for h in rig.hosts()} == {"in_service"}  # noqa: E731
    wait_until(spoken, "all hosts report again")
    assert {h["name"] for h in rig.hosts()} == before
