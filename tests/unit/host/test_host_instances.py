"""Instances and plans: from a release and what runs to what has to be done."""

from __future__ import annotations

from typing import Any

import pytest

from airchain.errors import DeployError, ReleaseError
from airchain.host.facts import Unit
from airchain.host.instances import (
    Instance,
    images,
    require_registry,
    wanted,
    with_addresses,
)
from airchain.host.plan import make_plan
from airchain.spec.model import Environment, Fleet, Service
from airchain.store.records import ImageDigest, Release

WWW = ImageDigest(repository="localhost:5050/tv/www", digest="sha256:aa", size=1)
NEW = ImageDigest(repository="localhost:5050/tv/www", digest="sha256:bb", size=1)
GO = ImageDigest(repository="localhost:5050/tv/go", digest="sha256:cc", size=1)


def service(image: str, kind: str, **more: Any) -> Service:
    return Service.model_validate({"image": image, "kind": kind, **more})


def release(www: ImageDigest = WWW, **services: Service) -> Release:
    listed = services or {
        "django": service("www", "web", port=8000),
        "worker": service("www", "worker"),
        "progress": service("go", "web", port=8100),
        "migrate": service("www", "task"),
    }
    fleets = {"web": Fleet(services=("django", "progress")), "workers": Fleet(services=("worker",))}
    environment = Environment(services=listed, fleets=fleets)
    return Release(
        product="tv",
        revision="r",
        images={"www": www, "go": GO},
        environments={"prod": environment},
    )


def up(*instances: Instance) -> list[Unit]:
    return [Unit(i, active="active") for i in instances]


def test_a_host_runs_its_fleet_and_every_task() -> None:
    """Services of other fleets are left out; tasks belong to every host."""
    assert [i.service for i in wanted(release(), "prod", "web")] == [
        "django",
        "progress",
        "migrate",
    ]
    assert [i.service for i in wanted(release(), "prod", "workers")] == ["worker", "migrate"]


def test_only_what_changed_gets_a_new_instance() -> None:
    """The id follows the image's digest and the service's fields."""
    before = {i.service: i.id for i in wanted(release(), "prod", "web")}
    after = {i.service: i.id for i in wanted(release(NEW), "prod", "web")}
    assert before["progress"] == after["progress"]
    assert before["django"] != after["django"]
    env = {"django": service("www", "web", port=8000, env={"A": "1"})}
    (changed,) = wanted(
        release(WWW, **env, progress=service("go", "web", port=1), worker=service("www", "worker")),
        "prod",
        "web",
    )[:1]
    assert changed.id != before["django"]


def test_names_are_those_of_units_and_containers() -> None:
    """PRODUCT-SERVICE-ID, with ten digits."""
    (django, *_) = wanted(release(), "prod", "web")
    assert django.name == f"tv-django-{django.id}"
    assert django.unit == f"tv-django-{django.id}.service"
    assert len(django.id) == 10
    assert django.image == "localhost:5050/tv/www@sha256:aa"


@pytest.mark.parametrize(("environment", "fleet"), [("prod", "gone"), ("gone", "web")])
def test_a_release_without_our_fleet_is_an_error(environment: str, fleet: str) -> None:
    """The error names what the release lacks."""
    with pytest.raises(ReleaseError, match="'gone'"):
        wanted(release(), environment, fleet)


def test_each_image_is_pulled_once() -> None:
    """Two services of one image share it."""
    assert images(release(), wanted(release(), "prod", "web")) == (WWW, GO)


def test_addresses_do_not_collide_with_what_runs() -> None:
    """What runs keeps its address; new ones get others; tasks get none."""
    old = with_addresses(wanted(release(), "prod", "web"), {})
    taken = {i.name: i.address for i in old}
    new = with_addresses(wanted(release(NEW), "prod", "web"), taken)
    by_service = {i.service: i for i in new}
    assert by_service["progress"].address == taken[by_service["progress"].name]
    assert by_service["django"].address not in taken.values()
    assert by_service["migrate"].address is None


def test_running_out_of_addresses_is_said() -> None:
    """The error counts the instances."""
    taken = {str(n): f"10.213.1.{n}" for n in range(64, 255)}
    with pytest.raises(DeployError, match="191 instances"):
        with_addresses(wanted(release(), "prod", "web"), taken)


def test_a_new_host_starts_everything() -> None:
    """Nothing is kept and nothing retired where nothing runs."""
    plan = make_plan(wanted(release(), "prod", "web"), [])
    assert [i.service for i in plan.start] == ["django", "progress"]
    assert [i.service for i in plan.tasks] == ["migrate"]
    assert not plan.keep
    assert not plan.retire


def test_what_may_start_while_tasks_run_is_told_apart() -> None:
    """Everything else that is to be started has to find the tasks done."""
    services = {
        "django": service("www", "web", port=8000, before_tasks=True),
        "progress": service("go", "web", port=8100),
        "migrate": service("www", "task"),
    }
    plan = make_plan(wanted(release(WWW, **services), "prod", "web"), [])
    assert [i.service for i in plan.early] == ["django"]
    assert [i.service for i in plan.late] == ["progress"]
    kept = make_plan(wanted(release(WWW, **services), "prod", "web"), up(*plan.start))
    assert not kept.early


def test_a_deploy_starts_beside_and_retires_what_changed() -> None:
    """An unchanged service is kept as it is."""
    old = make_plan(wanted(release(), "prod", "web"), [])
    plan = make_plan(wanted(release(NEW), "prod", "web"), up(*old.serving))
    assert [i.service for i in plan.start] == ["django"]
    assert [i.service for i in plan.keep] == ["progress"]
    assert [i.name for i in plan.retire] == [old.start[0].name]
    assert {i.service for i in plan.web} == {"django", "progress"}


def test_what_is_draining_already_is_not_retired_twice() -> None:
    """A second deploy during a drain leaves it alone."""
    old = make_plan(wanted(release(), "prod", "web"), [])
    plan = make_plan(wanted(release(NEW), "prod", "web"), up(*old.serving), {old.start[0].name})
    assert not plan.retire


@pytest.mark.parametrize("state", ["failed", "inactive", "deactivating"])
def test_what_is_down_is_started_with_the_address_it_has(state: str) -> None:
    """After a reboot units may have given up; they are started again in place."""
    old = make_plan(wanted(release(), "prod", "workers"), [])
    plan = make_plan(
        wanted(release(), "prod", "workers"), [Unit(i, active=state) for i in old.start]
    )
    assert plan.start == old.start
    assert not plan.retire


def test_crons_and_old_tasks() -> None:
    """A cron is neither started nor checked; the unit of an old task goes."""
    cron = {
        "django": service("www", "cron", schedule="* * * * *"),
        "progress": service("go", "web"),
    }
    old = wanted(release(), "prod", "web")[2]
    plan = make_plan(wanted(release(WWW, **cron), "prod", "web"), [Unit(old)])
    assert [i.service for i in plan.crons] == ["django"]
    assert [i.service for i in plan.start] == ["progress"]
    assert plan.retire == (old,)


def test_a_registry_that_was_renamed_while_hosts_were_up() -> None:
    """Said as that, not as a connection that is refused."""
    require_registry(release(), "localhost:5050")
    with pytest.raises(ReleaseError) as caught:
        require_registry(release(), "localhost:5051")
    assert caught.value.message == (
        "the release's images are at localhost:5050, hosts of this environment know the registry "
        "as localhost:5051"
    )
    assert "change it back" in str(caught.value.hint)
