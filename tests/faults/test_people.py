"""Others are in the way, or try to be: locks, webhooks, and whoever may write to the store."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from tests.faults.air import ENVIRONMENT, NAME, Air
from tests.faults.causes import frozen
from tests.faults.releases import HEAVY

from airchain.store.records import pointer_key


def test_locked_by_another(air: Air) -> None:
    """A deployment is refused with who holds the lock and why; nothing has changed."""
    before = air.pointer
    air.product.airchain("lock", ENVIRONMENT, "--reason", "the line to the studio is being laid")
    with air.viewers() as seen:
        try:
            result = air.deploy(air.other())
            assert result.returncode == 1
            assert "the line to the studio is being laid" in result.stderr, result.stderr
            assert "airchain unlock prod" in result.stderr
            assert air.pointer == before
        finally:
            air.product.airchain("unlock", ENVIRONMENT)
        air.bring(air.other())
    assert not seen.failures, seen.summary()


def test_pointer_tampered_with(air: Air) -> None:
    """Hosts refuse it and say so, serve on, and `deploy` writes a good one."""
    good, other = air.good, air.other()
    path = air.home.store / pointer_key(NAME, ENVIRONMENT)
    with air.viewers() as seen:
        document = path.read_text()
        assert good in document
        path.write_text(document.replace(good, other))
        air.until(
            lambda: all("signature does not fit" in str(air.report(h).error) for h in air.hosts),
            "every host refuses the pointer",
        )
        assert "signature does not fit" in air.status()
        assert {air.report(h).running for h in air.hosts} == {good}
        air.succeed(good)
        air.settle(good)
    assert not seen.failures, seen.summary()
    assert {a.body.strip() for a in seen.answers} == {air.text(good)}


def blob(air: Air, digest: str) -> Path:
    """The file of the registry's storage that holds these bytes."""
    algorithm, _, number = digest.partition(":")
    folder = air.home.registry_storage / "docker/registry/v2/blobs" / algorithm
    return folder / number[:2] / number / "data"


def change(data: bytes) -> bytes:
    """Other bytes of the same length."""
    return data[:-9] + bytes(b ^ 1 for b in data[-9:])


def truncate(data: bytes) -> bytes:
    """What a write that was cut off leaves."""
    return data[: len(data) // 2]


DAMAGE = {
    "release changed": ("release", change),
    "manifest changed": ("manifest", change),
    "layer changed": ("layer", change),
    "layer truncated": ("layer", truncate),
}


@pytest.mark.long
@pytest.mark.parametrize("damage", DAMAGE)
def test_registry_damaged(air: Air, damage: str) -> None:
    """Each host refuses what has not the digest that was signed; mended, it is deployed."""
    what, how = DAMAGE[damage]
    old, new = air.good, with_its_own_image(air, damage)
    air.forget_image("heavy")
    image = air.record(new).images["heavy"].digest
    # The uppermost layer is the one that hosts have of no other image.
    layer = json.loads(blob(air, image).read_text())["layers"][-1]["digest"]
    path = blob(air, {"release": new, "manifest": image, "layer": layer}[what])
    whole = path.read_bytes()
    refused = image if what == "layer" else path.parent.name

    def refuses(host: str) -> bool:
        report = air.report(host)
        return report.running == old and refused in str(report.error)

    with air.viewers() as seen:
        # A driver takes it back as soon as one host refuses it: without one, each has its say.
        with frozen(air, air.hosts), air.driver(new) as driver:
            air.until(lambda: air.good == new, "the deployment begins", 60)
            driver.kill()
            path.write_bytes(how(whole))
        try:
            air.until(lambda: all(map(refuses, air.hosts)), "each host refuses it", 40)
            result = air.deploy(new)
        finally:
            path.write_bytes(whole)
        assert result.returncode == 1
        assert air.registry in result.stderr, result.stderr
        assert {a.body.strip() for a in seen.answers} == {air.text(old)}
        air.bring(new)
    assert not seen.failures, seen.summary()
    air.bring(old)


def with_its_own_image(air: Air, mark: str) -> str:
    """A release of an image that no host has pulled before: engines keep manifests for a while."""
    dockerfile = air.product.folder / "app" / "heavy.Dockerfile"
    text = dockerfile.read_text()
    try:
        dockerfile.write_text(f'{text}LABEL damage="{mark} {time.time_ns()}"\n')
        return air.release(f"heavy, {mark}", HEAVY)
    finally:
        dockerfile.write_text(text)
        air.product.commit("put back the image")


def test_webhook_down(air: Air) -> None:
    """The deployment succeeds all the same, and its end says that nobody was told."""
    new = air.other()
    hook = air.home.secrets(NAME, ENVIRONMENT) / "HOOK"
    hook.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    hook.write_text("http://127.0.0.1:9/nobody-listens-here")
    with air.viewers() as seen:
        try:
            with air.settings(deploy={"notify": {"secret": "HOOK"}}):
                result = air.deploy(new)
        finally:
            hook.unlink()
        assert result.returncode == 0, result.stderr
        assert "the webhook was not told of 'done'" in result.stdout + result.stderr
        air.settle(new)
    assert not seen.failures, seen.summary()
