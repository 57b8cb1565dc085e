"""The edge's configuration from routes and fleets."""

from __future__ import annotations

from airchain.fleet import edge_config
from airchain.fleet.edge_config import EdgeServer
from airchain.spec.model import Environment, Fleet, Route, Service


def web(*names: str) -> dict[str, Service]:
    return {name: Service(image="x", kind="web", port=8000) for name in names}


TV = Environment(
    services={**web("django", "progress"), "worker": Service(image="x", kind="worker")},
    fleets={
        "web": Fleet(services=("django",)),
        "api": Fleet(services=("progress",)),
        "workers": Fleet(services=("worker",)),
    },
    routes=(
        Route(path="/", to="django"),
        Route(path="/api", to="django"),
        Route(path="/api/v1/progress", to="progress"),
    ),
)


def test_longest_path_first() -> None:
    """A path goes to the fleet that runs its service, the rest to that of `/`."""
    rules = [line.strip() for line in edge_config.render(TV).splitlines() if "_backend " in line]
    assert rules == [
        "use_backend fleet-api if { path_beg /api/v1/progress }",
        "use_backend fleet-web if { path_beg /api }",
        "default_backend fleet-web",
    ]


def test_one_backend_per_web_fleet() -> None:
    """Workers never meet the edge."""
    text = edge_config.render(TV)
    backends = [line for line in text.splitlines() if line.startswith("backend ")]
    assert backends == ["backend fleet-web", "backend fleet-api", "backend no-route"]
    assert edge_config.web_fleets(TV) == ("web", "api")


def test_what_has_no_route_is_not_found() -> None:
    """Without a route for `/` other paths answer 404, not 503."""
    only_api = TV.model_copy(update={"routes": (Route(path="/api", to="django"),)})
    assert "default_backend no-route" in edge_config.render(only_api)


def test_hosts_of_the_moment_survive_a_reload() -> None:
    """They stand in their own fleet's backend, checked like those added later."""
    servers = [EdgeServer("api", "api-2", "10.0.0.3"), EdgeServer("web", "web-1", "10.0.0.2")]
    web_part, api_part = edge_config.render(TV, servers).split("backend fleet-api\n")
    line = "    server web-1 10.0.0.2:80 check inter 500ms fall 2 rise 1\n"
    assert web_part.endswith(line + "\n")
    assert "server api-2 10.0.0.3:80" in api_part


def test_only_what_may_be_repeated_is_repeated() -> None:
    """A POST is never sent to a second host."""
    text = edge_config.render(TV)
    assert "disable-l7-retry unless METH_GET or { method HEAD OPTIONS }" in text


def test_same_specification_same_text() -> None:
    """What decides about a reload does not depend on the order of hosts."""
    servers = [EdgeServer("web", f"web-{i}", f"10.0.0.{i}") for i in range(3)]
    assert edge_config.render(TV, servers) == edge_config.render(TV, servers[::-1])


def test_fleets_and_backends() -> None:
    """A backend's name gives its fleet; other proxies have none."""
    assert edge_config.fleet_of(edge_config.backend("web")) == "web"
    assert edge_config.fleet_of("no-route") is None
