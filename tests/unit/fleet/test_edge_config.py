"""The edge's configuration from routes and fleets."""

from __future__ import annotations

from airchain.fleet import edge_config
from airchain.fleet.edge_config import EdgeServer
from airchain.spec.model import Edge, Environment, Fleet, Route, Service


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
    assert TV.web_fleets == ("web", "api")


def test_what_has_no_route_is_not_found() -> None:
    """Without a route for `/` other paths answer 404, not 503."""
    only_api = TV.model_copy(update={"routes": (Route(path="/api", to="django"),)})
    assert "default_backend no-route" in edge_config.render(only_api)


def test_files_are_asked_of_the_first_fleet_that_answers_at_all() -> None:
    """Every host with a web service has them."""
    files = TV.model_copy(update={"routes": (Route(path="/media", files="media"), *TV.routes)})
    assert "use_backend fleet-web if { path_beg /media }" in edge_config.render(files)


def test_hosts_of_the_moment_survive_a_reload() -> None:
    """They stand in their own fleet's backend, checked like those added later."""
    servers = [EdgeServer("api", "api-2", "10.0.0.3"), EdgeServer("web", "web-1", "10.0.0.2")]
    web_part, api_part = edge_config.render(TV, servers).split("backend fleet-api\n")
    line = "    server web-1 10.0.0.2:80 check inter 500ms fall 2 rise 1\n"
    assert web_part.endswith(line + "\n")
    assert "server api-2 10.0.0.3:80" in api_part


def test_maintenance_answers_before_any_host() -> None:
    """Otherwise nothing of it is in the configuration."""
    closed = TV.model_copy(update={"edge": Edge(maintenance=True)})
    text = edge_config.render(closed)
    assert text.index("return status 503") < text.index("use_backend")
    assert "maintenance.html" not in edge_config.render(TV)


def test_only_what_may_be_repeated_is_repeated() -> None:
    """A POST is never sent to a second host."""
    text = edge_config.render(TV)
    assert "disable-l7-retry unless METH_GET or { method HEAD OPTIONS }" in text


def test_a_refusal_is_passed_on_and_not_asked_for_again() -> None:
    """A service that is overloaded says 503; asking three hosts more would make it worse."""
    text = edge_config.render(TV)
    (line,) = [line for line in text.splitlines() if "retry-on" in line]
    assert line.split() == ["retry-on", "conn-failure", "empty-response", "502"]
    assert 'http-response set-status 503 reason "Service Unavailable" if { status 502 }' in text


def rules(*trust: str) -> list[str]:
    """What the edge does with what a request says of its viewer."""
    text = edge_config.render(TV.model_copy(update={"edge": Edge(trust=trust)}))
    words = ("X-Forwarded", "X-Viewer", "CloudFront", "told")
    return [line.strip() for line in text.splitlines() if any(word in line for word in words)]


def test_nobody_says_where_they_are() -> None:
    """Nor who they are, or by what they come, unless the environment trusts who says it."""
    assert rules() == [
        "http-request set-header X-Forwarded-For %[src]",
        "http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]",
        "http-request del-header X-Viewer- -m beg",
        "http-request del-header CloudFront- -m beg",
    ]


def test_a_proxy_in_front_is_believed_by_name() -> None:
    """What it does not name goes as before; a country is two letters, once."""
    assert rules("X-Forwarded-For", "X-Forwarded-Proto", "X-Viewer-Country", "CloudFront-A") == [
        "http-request set-header X-Forwarded-For %[src] "
        "unless { req.fhdr(X-Forwarded-For) -m reg . }",
        "http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)] "
        "unless { req.fhdr(X-Forwarded-Proto) -m reg ^https?$ }",
        "http-request set-var(txn.told0) req.fhdr(X-Viewer-Country)",
        "http-request set-var(txn.told1) req.fhdr(CloudFront-A)",
        "http-request del-header X-Viewer- -m beg",
        "http-request del-header CloudFront- -m beg",
        "http-request set-header X-Viewer-Country %[var(txn.told0)] "
        "if { var(txn.told0) -m reg ^[A-Z]{2}$ }",
        "http-request set-header CloudFront-A %[var(txn.told1)] if { var(txn.told1) -m reg . }",
    ]


def test_same_specification_same_text() -> None:
    """What decides about a reload does not depend on the order of hosts."""
    servers = [EdgeServer("web", f"web-{i}", f"10.0.0.{i}") for i in range(3)]
    assert edge_config.render(TV, servers) == edge_config.render(TV, servers[::-1])


def test_fleets_and_backends() -> None:
    """A backend's name gives its fleet; other proxies have none."""
    assert edge_config.fleet_of(edge_config.backend("web")) == "web"
    assert edge_config.fleet_of("no-route") is None
