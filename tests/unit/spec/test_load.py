"""A specification that is right becomes a product with every environment resolved."""

from __future__ import annotations

from pathlib import Path

import pytest

from airchain.errors import SpecError
from airchain.spec.load import load
from airchain.spec.model import Cache, Route


def test_defaults_and_short_forms(shop: Path) -> None:
    """`health: /path`, `test: CMD` and durations are spelled out, defaults filled in."""
    file = shop / "airchain.yaml"
    file.write_text(
        file.read_text()
        .replace("build: www", "build: www\n    test: pytest -q\n    args: {VERSION: 3.10}")
        .replace("to: web}", "to: web, cache: 500ms}")
        .replace("port: 8000", "port: 8000\n    stop_timeout: 2m\n    env: {DEBUG: false, N: 010}")
    )
    product = load(shop)
    image, environment = product.images["www"], product.environments["dev"]
    service = environment.services["web"]
    assert image.test is not None
    assert image.test.run == "pytest -q"
    assert image.args == {"VERSION": "3.10"}
    assert service.health is not None
    assert (service.health.path, service.health.interval) == ("/healthz", 0.1)
    assert service.stop_timeout == 120
    assert service.env == {"DEBUG": "false", "N": "010"}
    assert environment.routes[0].cache == Cache(seconds=0.5)
    assert environment.edge.port == 8080
    assert product.sizes["medium"].memory == "2g"
    assert product.repository("www") == "localhost:5050/shop/www"


def test_a_plain_cache_stays_plain() -> None:
    """Releases hold it as hosts of an earlier Airchain read it, and theirs are read here."""
    plain = Route.model_validate_json('{"path": "/", "to": "web", "cache": 1.5}')
    assert plain.cache == Cache(seconds=1.5)
    assert plain.model_dump(mode="json")["cache"] == 1.5
    more = Route(path="/", to="web", cache=Cache(seconds=1, stale=60))
    assert Route.model_validate_json(more.model_dump_json()) == more


def test_file_or_folder(shop: Path) -> None:
    """The path may name the file or the folder that holds it."""
    assert load(shop / "airchain.yaml") == load(shop)


def test_layers(shop: Path) -> None:
    """An environment is laid over the product, an overlay file over both."""
    file = shop / "airchain.yaml"
    file.write_text(
        file.read_text().replace("port: 8000", "port: 8000\n    env: {A: base, B: base, C: base}")
        + "    services: {web: {env: {B: env, C: env}, capabilities: [CHOWN]}}\n"
        "  prod:\n    edge: {port: 81}\n    fleets: {web: {services: [web], min: 4}}\n"
    )
    (shop / "airchain.dev.yaml").write_text(
        "services: {web: {env: {C: file}, health: /ready}}\n"
        "routes: [{path: /a, to: web}, {path: /b, to: web}]\n"
    )
    product = load(shop)
    dev, prod = product.environments["dev"], product.environments["prod"]
    assert dev.services["web"].env == {"A": "base", "B": "env", "C": "file"}
    assert dev.services["web"].capabilities == ("CHOWN",)
    assert dev.services["web"].health is not None
    assert dev.services["web"].health.path == "/ready"
    assert [route.path for route in dev.routes] == ["/a", "/b"]
    assert prod.services["web"].env == {"A": "base", "B": "base", "C": "base"}
    assert [route.path for route in prod.routes] == ["/"]
    assert prod.fleets["web"].min == 4


def test_null_removes(shop: Path) -> None:
    """A service that an environment does not want is removed with null."""
    file = shop / "airchain.yaml"
    file.write_text(
        file.read_text().replace("routes:", "  mail: {image: www, kind: worker}\nroutes:")
        + "    services: {mail: null}\n"
    )
    assert set(load(shop).environments["dev"].services) == {"web"}


def test_anchors_and_merge_keys(shop: Path) -> None:
    """YAML's own ways to say a thing once work."""
    file = shop / "airchain.yaml"
    file.write_text(
        file.read_text()
        .replace("  web:\n    image", "  web: &web\n    image")
        .replace("routes:", "  api:\n    <<: *web\n    port: 8001\nroutes:")
        .replace("[web]", "[web, api]")
    )
    api = load(shop).environments["dev"].services["api"]
    assert (api.image, api.kind, api.port) == ("www", "web", 8001)


def test_tasks_need_no_fleet(shop: Path) -> None:
    """A task runs once per release, on any host."""
    file = shop / "airchain.yaml"
    file.write_text(file.read_text().replace("routes:", "  up: {image: www, kind: task}\nroutes:"))
    assert load(shop).environments["dev"].services["up"].kind == "task"


def test_problem_is_placed_in_the_layer_that_wrote_it(shop: Path) -> None:
    """Each problem names the file and the field where the wrong value stands."""
    file = shop / "airchain.yaml"
    file.write_text(file.read_text() + "    services: {web: {stop_timeout: -1}}\n")
    (shop / "airchain.dev.yaml").write_text("edge:\n  port: 0\nroutes:\n  - {path: /}\n")
    with pytest.raises(SpecError) as caught:
        load(shop)
    assert str(caught.value.detail).splitlines() == [
        "airchain.yaml:19: environments.dev.services.web.stop_timeout: must be more than 0, got -1",
        "airchain.dev.yaml:2: edge.port: must be 1..65535, got 0",
        "airchain.dev.yaml:4: routes[0].to: is required",
        "  hint: such as `to: web`, or `files: media` for a folder of `files`",
    ]
    assert caught.value.message == "3 problems in airchain.yaml and airchain.dev.yaml"


def test_problem_of_the_product_is_told_once(shop: Path) -> None:
    """What is wrong in every environment for the same reason is one problem."""
    file = shop / "airchain.yaml"
    file.write_text(
        file.read_text().replace("port: 8000", "port: 0")
        + "  prod: {edge: {port: 81}, fleets: {web: {services: [web]}}}\n"
    )
    with pytest.raises(SpecError) as caught:
        load(shop)
    assert len(caught.value.problems) == 1


def test_overlay_of_no_environment(shop: Path) -> None:
    """A file for an environment that does not exist is most likely a slip of the pen."""
    (shop / "airchain.prd.yaml").write_text("edge: {port: 1}\n")
    with pytest.raises(SpecError) as caught:
        load(shop)
    assert caught.value.detail == (
        "airchain.prd.yaml:1: there is no environment prd in airchain.yaml\n  hint: known: dev"
    )


def test_example_is_right() -> None:
    """What `airchain init` writes has nothing wrong in it."""
    product = load(Path(__file__).parents[3] / "examples" / "hello")
    assert product.product == "hello"
    assert product.environments["prod"].fleets["web"].min == 2
    assert product.environments["prod"].edge.port == 8081
    assert product.environments["dev"].edge.port == 8082
