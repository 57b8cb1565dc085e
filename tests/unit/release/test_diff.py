"""What a release would change, as plain data: records and manifests in, a picture out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airchain.errors import ReleaseError
from airchain.registry.client import Manifest
from airchain.release.diff import (
    Diff,
    Field,
    HostEffect,
    ItemChange,
    Pull,
    Side,
    diff,
    to_pull,
)
from airchain.spec.model import Backing, Cache, Deploy, Edge, Environment, Fleet, Route, Service
from airchain.store.records import ImageDigest, Release


def manifest(name: str, *layers: tuple[str, int]) -> Manifest:
    """An image whose configuration has 7 bytes."""
    document = {
        "config": {"mediaType": "c", "digest": f"config-{name}", "size": 7},
        "layers": [{"mediaType": "l", "digest": d, "size": s} for d, s in layers],
    }
    return Manifest(name, "m", json.dumps(document).encode())


BASE = ("base", 1000)
MANIFESTS = {
    "www-1": manifest("www-1", BASE, ("libraries", 200), ("code-1", 10)),
    "www-2": manifest("www-2", BASE, ("libraries", 200), ("code-2", 11)),
    "go-1": manifest("go-1", BASE, ("binary-1", 50)),
    "go-2": manifest("go-2", BASE, ("binary-2", 51)),
    "mysql-1": manifest("mysql-1", ("tables", 5000)),
}
WEB = Service(image="www", kind="web", port=8000, env={"GREETING": "Hello"}, secrets=("KEY",))
WORKER = Service(image="go", kind="worker", command="work")
MIGRATE = Service(image="www", kind="task", command="migrate")
SHOP: dict[str, Any] = {
    "services": {"web": WEB, "worker": WORKER, "migrate": MIGRATE},
    "routes": (Route(path="/", to="web"),),
    "fleets": {"web": Fleet(services=("web", "worker")), "workers": Fleet(services=("worker",))},
}


def side(digest: str, images: dict[str, str], **changes: Any) -> Side:
    release = Release(
        product="shop",
        revision=digest,
        images={n: ImageDigest(repository=f"r/{n}", digest=d, size=1) for n, d in images.items()},
        environments={"prod": Environment(**{**SHOP, **changes})},
    )
    return Side(digest, release)


ONE = side("one", {"www": "www-1", "go": "go-1"})


def compare(new: Side, old: Side | None = ONE) -> Diff:
    return diff("prod", old, new, MANIFESTS)


def test_the_same_release() -> None:
    """Nothing changes."""
    found = compare(ONE)
    assert found.empty
    assert found.hosts[0].keep == ("web", "worker")


def test_one_image_of_two() -> None:
    """Only its own new layer is pulled; what runs from the other is untouched."""
    found = compare(side("two", {"www": "www-2", "go": "go-1"}))
    (image,) = found.images
    assert (image.name, image.kind, image.old, image.new) == ("www", "changed", "www-1", "www-2")
    assert image.pull == Pull(layers=1, of=3, bytes=11 + 7)
    assert found.services == ()
    assert found.hosts == (
        HostEffect("web", ("web",), ("web",), ("worker",), ("migrate",), Pull(1, 4, 18)),
        HostEffect("workers", (), (), ("worker",), ("migrate",), Pull(1, 4, 18)),
    )
    assert not found.empty


def test_a_service_with_another_setting_is_replaced_without_a_pull() -> None:
    """Its fields are named: variables by key, secrets by name."""
    env, secrets = {"GREETING": "Hi", "LANGUAGE": "en"}, ("KEY", "TOKEN")
    changed = WEB.model_copy(update={"env": env, "secrets": secrets, "stop_timeout": 20})
    services = {**SHOP["services"], "web": changed}
    found = compare(side("two", {"www": "www-1", "go": "go-1"}, services=services))
    assert found.images == ()
    assert found.services == (
        ItemChange(
            "web",
            "changed",
            (
                Field("env.GREETING", "Hello", "Hi"),
                Field("env.LANGUAGE", None, "en"),
                Field("secrets", ["KEY"], ["KEY", "TOKEN"]),
                Field("stop_timeout", 10, 20),
            ),
        ),
    )
    first, second = found.hosts
    assert (first.start, first.stop, first.keep) == (("web",), ("web",), ("worker",))
    assert (second.start, second.stop, second.keep) == ((), (), ("worker",))
    assert first.pull.bytes == 0


def test_services_and_fleets_that_come_and_go() -> None:
    """A service that moves to another fleet starts there and stops here."""
    mail = Service(image="www", kind="worker", command="mail")
    new = side(
        "two",
        {"www": "www-1", "go": "go-1"},
        services={"web": WEB, "mail": mail, "worker": WORKER},
        fleets={
            "web": Fleet(services=("web", "mail"), max=20),
            "queue": Fleet(services=("worker",)),
        },
    )
    found = compare(new)
    assert [(i.name, i.kind) for i in found.services] == [("mail", "added"), ("migrate", "removed")]
    assert [(i.name, i.kind, i.fields) for i in found.fleets] == [
        ("queue", "added", ()),
        (
            "web",
            "changed",
            (Field("max", 10, 20), Field("services", ["web", "worker"], ["web", "mail"])),
        ),
        ("workers", "removed", ()),
    ]
    web, queue = found.hosts
    assert (web.start, web.stop, web.keep, web.run) == (("mail",), ("worker",), ("web",), ())
    assert (queue.start, queue.pull) == (("worker",), Pull(2, 2, 1000 + 50 + 7))


def test_what_hosts_do_not_run() -> None:
    """Backing services, routes and settings are told, and restart nothing.

    How a release is brought does not come with it: that stands where `deploy` is run.
    """
    new = side(
        "two",
        {"www": "www-1", "go": "go-1", "mysql": "mysql-1"},
        backing={"db": Backing(image="mysql", port=3306)},
        routes=(Route(path="/", to="web", cache=Cache(seconds=1)), Route(path="/api", to="web")),
        edge=Edge(port=8090),
        deploy=Deploy(watch=5, waves=(2,), keep=4),
    )
    found = compare(new)
    assert [(i.name, i.kind) for i in found.backing] == [("db", "added")]
    assert found.routes == (
        ItemChange("/", "changed", (Field("cache", None, 1),)),
        ItemChange("/api", "added"),
    )
    assert found.settings == (Field("edge.port", 8080, 8090), Field("deploy.keep", 2, 4))
    assert [image.name for image in found.images] == ["mysql"]
    assert all(not (h.start or h.stop or h.pull.bytes) for h in found.hosts)


def test_where_nothing_is_deployed() -> None:
    """All of it is new, and layers that images share are pulled once."""
    found = compare(ONE, None)
    assert found.old is None
    assert [(i.name, i.kind) for i in found.images] == [("go", "added"), ("www", "added")]
    assert found.settings == ()
    assert found.hosts[0].pull == Pull(4, 4, 1000 + 200 + 10 + 50 + 7 + 7)
    assert (found.hosts[1].start, found.hosts[1].stop) == (("worker",), ())


def test_an_environment_that_the_old_release_did_not_know() -> None:
    """It is as if nothing was deployed there."""
    stranger = Side("zero", ONE.release.model_copy(update={"environments": {}}))
    assert compare(ONE, stranger).hosts[0].start == ("web", "worker")


def test_an_environment_that_the_new_release_does_not_know() -> None:
    """It cannot be deployed, and the error says why."""
    stranger = Side("two", ONE.release.model_copy(update={"environments": {}}))
    with pytest.raises(ReleaseError, match="has no environment 'prod'"):
        compare(stranger)


def test_a_layer_counts_with_what_is_below_it() -> None:
    """The same layer on top of another base is another one to the engine."""
    manifests = {
        "old": manifest("old", ("a", 1), ("b", 2)),
        "new": manifest("new", ("c", 4), ("b", 2)),
    }
    assert to_pull(["new"], ["old"], manifests) == Pull(2, 2, 4 + 2 + 7)
    assert to_pull(["old"], ["old"], manifests) == Pull(0, 2, 0)
