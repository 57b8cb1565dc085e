"""tv/airchain.yaml, the product that ships with Airchain."""

from __future__ import annotations

import ast
import re
import runpy
from functools import cache
from pathlib import Path

import pytest

from airchain.spec.load import load
from airchain.spec.model import Environment, Product, Route

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
    """What no fleet names would run nowhere."""
    environment = tv().environments[name]
    run = {service for fleet in environment.fleets.values() for service in fleet.services}
    tasks = {n for n, service in environment.services.items() if service.kind == "task"}
    assert run | tasks == set(environment.services)


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


def routes() -> dict[str, Route]:
    return {route.path: route for route in tv().environments["prod"].routes}


def test_whatever_asks_a_service_is_limited_by_address() -> None:
    """A stranger is nobody whom the site itself could count."""
    assert [path for path, route in routes().items() if route.to and not route.limit] == []


@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/progress"])
def test_many_behind_one_address_do_not_notice_the_limit(path: str) -> None:
    """A hundred viewers, of whom each loads a page's ten parts or reports at once."""
    limit = routes()[path].limit
    assert limit is not None
    assert limit.per_second >= 100
    assert limit.burst >= 1000


def test_what_is_sent_is_not_larger_than_an_editors_piece_needs() -> None:
    """Bodies lie on a host's disk before a service is asked: nobody shall fill it."""
    piece = re.search(r"^PIECE = (\d+) << 20$", (TV / "www/playback/uploads.py").read_text(), re.M)
    assert piece
    sizes = {path: route.body for path, route in routes().items() if route.to}
    assert sizes.pop("/admin") == f"{2 * int(piece[1])}m"
    assert {size for size in sizes.values() if not size.endswith("k")} == {"1m"}


def setting(name: str) -> str:
    """The text that a setting of the site is, or is unless a variable says otherwise."""
    for line in ast.parse((TV / "www/tv/settings.py").read_text()).body:
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == name:
            value = line.value.args[-1] if isinstance(line.value, ast.Call) else line.value
            return str(ast.literal_eval(value))
    raise LookupError(name)


def country_header(environment: Environment) -> str:
    """Where the site of that environment looks."""
    env = environment.services["django"].env
    return env.get("COUNTRY_HEADER", setting("COUNTRY_HEADER"))


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_cache_tells_viewers_apart_as_the_site_does(name: str) -> None:
    """By the cookie of their session and the header with their country, which `env` may name."""
    environment = tv().environments[name]
    kept = {route.path: route.cache for route in environment.routes if route.to and route.cache}
    assert set(kept) == {"/", "/api/v1"}
    private = (setting("SESSION_COOKIE_NAME"),)
    told = {path: (rules.key, rules.private) for path, rules in kept.items()}
    assert told == dict.fromkeys(kept, ((country_header(environment),), private))


def test_the_site_signs_what_nginx_checks() -> None:
    """One cookie, one header, one key, and as many folders as an address has before its file."""
    site = runpy.run_path(str(TV / "www/playback/addresses.py"))
    route = routes()["/media"]
    assert route.signed is not None
    assert (route.signed.cookie, route.signed.header) == (site["COOKIE"], site["HEADER"])
    assert route.signed.secret in tv().environments["prod"].services["django"].secrets
    _, path, _, _, *folders, _ = site["sign"]("k", "b", 1, "asset", "v1").address("f").split("/")
    assert (f"/{path}", len(folders)) == (route.path, route.signed.folders)


def test_what_reads_strangers_files_has_no_key() -> None:
    """A broken ffmpeg signs nothing and is nobody: its service says what it does without."""
    services = tv().environments["prod"].services
    every, given = services["django"].secrets, services["media"].secrets
    assert given == ("MYSQL_PASSWORD", "REDIS_PASSWORD")
    without = services["media"].env["WITHOUT_SECRETS"].split(",")
    assert sorted([*without, *given]) == sorted(every)
    assert [n for n, service in services.items() if "WITHOUT_SECRETS" in service.env] == ["media"]


def test_nobody_without_a_password_asks_what_the_site_leans_on() -> None:
    """Every container of the environment can reach it; the stand-ins for AWS take any key."""
    backing = tv().environments["prod"].backing
    closed = {name: service.secrets for name, service in backing.items() if service.image != "aws"}
    assert closed == {
        "mysql": ("MYSQL_PASSWORD",),
        "redis": ("REDIS_PASSWORD",),
        "sessions": ("SESSIONS_PASSWORD",),
    }


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_country_is_believed_only_by_name(name: str) -> None:
    """The edge takes away what begins like the site's header; the demo lets it pass to try it."""
    environment = tv().environments[name]
    header = country_header(environment)
    assert header.startswith(("X-Viewer-", "CloudFront-"))
    assert header.endswith("-Country")
    assert environment.edge.trust == (header,)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_only_where_it_is_local_viewers_come_by_http(name: str) -> None:
    """The site itself takes for granted that they come by HTTPS, unless told otherwise there."""
    services = tv().environments[name].services
    assert {n for n, service in services.items() if "HTTPS" in service.env} == {"django"}
    assert 'HTTPS: "0"' not in (TV / "airchain.yaml").read_text().split("environments:")[0]
