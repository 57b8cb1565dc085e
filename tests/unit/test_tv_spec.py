"""tv/airchain.yaml, the product that ships with Airchain."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from airchain.spec.load import load
from airchain.spec.model import Product

TV = Path(__file__).parents[2] / "tv"
ENVIRONMENTS = ("dev", "prod", "qa", "staging")


@cache
def tv() -> Product:
    return load(TV)


def test_it_is_without_findings_and_has_its_environments() -> None:
    """The specification loads, so every reference in it leads somewhere."""
    assert sorted(tv().environments) == sorted(ENVIRONMENTS)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_environment_runs_every_service(name: str) -> None:
    """No environment leaves out what prod has."""
    environment = tv().environments[name]
    run = {service for fleet in environment.fleets.values() for service in fleet.services}
    tasks = {n for n, service in environment.services.items() if service.kind == "task"}
    assert run | tasks == {"django", "progress", "worker", "expire", "migrate"}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_environment_answers_for_every_brand(name: str) -> None:
    """Brands are domains, at every environment's own port."""
    domains = set(tv().environments[name].edge.domains)
    assert domains == {"dramas.localhost", "documentaries.localhost", "horror.localhost"}


def test_prod_begins_with_two_web_hosts_and_may_grow_twentyfold() -> None:
    """The talk's traffic swings 10-20x in a week."""
    web = tv().environments["prod"].fleets["web"]
    assert (web.min, web.max) == (2, 40)


def test_containers_are_closed() -> None:
    """Read-only roots, no capabilities, nobody is root."""
    for service in tv().environments["prod"].services.values():
        assert service.read_only
        assert service.capabilities == ()
        assert service.user is None


def test_a_task_of_the_queue_may_finish_during_a_deploy() -> None:
    """A worker is given as long as a task may take."""
    worker = tv().environments["prod"].services["worker"]
    assert (worker.stop_timeout, worker.health is not None) == (130, True)


def test_every_environment_variable_names_a_backing_service_that_exists() -> None:
    """Addresses in `env` are names and ports of backing services."""
    environment = tv().environments["prod"]
    known = {f"{name}:{backing.port}" for name, backing in environment.backing.items()}
    for service in environment.services.values():
        for variable, value in service.env.items():
            if variable.endswith("_ENDPOINT") or variable == "REDIS":
                assert value.removeprefix("http://") in known, variable


def test_backing_services_have_a_counterpart_on_aws() -> None:
    """What is a container here is a managed service there."""
    assert {b.aws for b in tv().environments["prod"].backing.values()} == {
        "rds", "elasticache", "dynamodb", "sqs",
    }  # fmt: skip
