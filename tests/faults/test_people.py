"""Others are in the way, or try to be: locks, webhooks, and whoever may write to the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.faults.air import ENVIRONMENT, NAME, Air
from tests.faults.releases import HEAVY

from airchain.store.records import pointer_key


def test_locked_by_another(air: Air) -> None:
    """A deployment is refused with who holds the lock and why; nothing has changed."""
    before = air.pointer
    air.product.airchain("lock", ENVIRONMENT, "--reason", "the line to the studio is being laid")
    try:
        result = air.deploy(air.other())
        assert result.returncode == 1
        assert "the line to the studio is being laid" in result.stderr, result.stderr
        assert "airchain unlock prod" in result.stderr
        assert air.pointer == before
    finally:
        air.product.airchain("unlock", ENVIRONMENT)
    new = air.other()
    air.bring(new)


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
        result = air.deploy(good)
        assert result.returncode == 0, result.stderr
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
    """What has not the digest that was signed is not run; mended, the same release is deployed."""
    what, how = DAMAGE[damage]
    old, new = air.good, air.release(f"heavy, {damage}", HEAVY)
    air.forget_image("heavy")
    image = air.record(new).images["heavy"].digest
    layers = json.loads(blob(air, image).read_text())["layers"]
    path = blob(air, {"release": new, "manifest": image, "layer": layers[-2]["digest"]}[what])
    whole = path.read_bytes()
    with air.viewers() as seen:
        try:
            path.write_bytes(how(whole))
            result = air.deploy(new)
            air.settle(old)
        finally:
            path.write_bytes(whole)
        assert result.returncode == 1
        assert air.registry in result.stderr, result.stderr
        assert {a.body.strip() for a in seen.answers} == {air.text(old)}
        air.bring(new)
    assert not seen.failures, seen.summary()
    air.bring(old)


def test_webhook_down(air: Air) -> None:
    """The deployment succeeds all the same, and its end says that nobody was told."""
    new = air.other()
    hook = air.home.secrets(NAME, ENVIRONMENT) / "HOOK"
    hook.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    hook.write_text("http://127.0.0.1:9/nobody-listens-here")
    try:
        with air.settings(deploy={"notify": {"secret": "HOOK"}}):
            result = air.deploy(new)
    finally:
        hook.unlink()
    assert result.returncode == 0, result.stderr
    assert "the webhook was not told of 'done'" in result.stdout + result.stderr
    air.settle(new)
