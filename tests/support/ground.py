"""What a fleet stands on: engine, registry, and the images of hosts and edge."""

from __future__ import annotations

from airchain.fleet import host_image
from airchain.fleet.settings import Settings
from airchain.images import engine as engines
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.progress import Silent
from airchain.registry import serve
from airchain.spec.model import Registry, Size


def prepare(product: str) -> tuple[Engine, Home, Settings]:
    """For hosts of the product's environment `prod`, each with one processor and 512 MB."""
    home = Home.from_environment()
    engine = engines.ensure(home, Silent())
    registry = Registry()
    serve.ensure(home, registry.name)
    host, edge = host_image.build(engine, home, registry, Silent())
    settings = Settings(
        product=product,
        environment="prod",
        registry=registry.name,
        sizes={"small": Size(cpus=1, memory="512m")},
        host_image=host,
        edge_image=edge,
    )
    return engine, home, settings
