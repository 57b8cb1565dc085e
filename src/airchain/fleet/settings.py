"""What the keeper and the local provider need beyond the release.

`up` writes it to `settings.json` in the environment's folder; the release says
which fleets and routes there are, this says with what they are built here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from airchain.errors import FleetError
from airchain.files import write_whole
from airchain.paths import Home
from airchain.spec.model import Fleet, Product, Size, Storage
from airchain.store import Store
from airchain.store.place import open_store
from airchain.store.records import Record


class Settings(Record):
    """One environment on this machine. Images are anything that the engine can run."""

    product: str
    environment: str
    registry: str
    sizes: Mapping[str, Size]
    host_image: str
    edge_image: str
    store: Storage = Storage()

    def size(self, name: str, fleet: Fleet) -> Size:
        """What each host of the fleet `name` may use."""
        try:
            return self.sizes[fleet.size]
        except KeyError:
            raise FleetError(
                f"size {fleet.size} is not defined on this machine",
                where=f"fleet {name}",
                hint=f"run `airchain up {self.environment}` again",
            ) from None


def settings(product: Product, environment: str, *, host_image: str, edge_image: str) -> Settings:
    """The settings of one environment of `product`."""
    return Settings(
        product=product.product,
        environment=environment,
        registry=product.registry.name,
        sizes=product.sizes,
        host_image=host_image,
        edge_image=edge_image,
        store=product.store,
    )


def save(home: Home, made: Settings) -> None:
    """Write the settings, whole or not at all."""
    write_whole(_path(home, made.product, made.environment), made.encode())


def load(home: Home, product: str, environment: str) -> Settings:
    """The settings that `up` wrote; none are a `FleetError`."""
    path = _path(home, product, environment)
    try:
        return Settings.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise FleetError(
            "is not up", where=f"{product} {environment}", hint=f"run `airchain up {environment}`"
        ) from None
    except ValidationError as error:
        raise FleetError(
            f"cannot be read: {error}", where=str(path), hint=f"run `airchain up {environment}`"
        ) from error


def own_images(home: Home) -> set[str]:
    """References of Airchain's own images that environments of this machine run on.

    Those that an earlier Airchain brought up have not written it into the store.
    """
    found: set[str] = set()
    for path in home.root.glob("environments/*/*/settings.json"):
        made = load(home, path.parent.parent.name, path.parent.name)
        found |= {made.host_image, made.edge_image}
    return found


def store(home: Home, product: str, environment: str) -> Store:
    """The store that `up` wrote down; the directory of this machine where it never ran."""
    try:
        place = load(home, product, environment).store
    except FleetError:
        place = Storage()
    return _open(place, home.store)


# To connect takes longer than to ask.
@cache
def _open(place: Storage, directory: Path) -> Store:
    return open_store(place, directory)


def _path(home: Home, product: str, environment: str) -> Path:
    return home.environment(product, environment) / "settings.json"
