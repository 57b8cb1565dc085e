"""Names and labels of what an environment has on the engine.

Everything carries the product and the environment, so that two of either on
one machine do not meet, and `down` finds all that `up` made and nothing else.
An underscore joins the parts, since no name in a specification has one: product
`a-b` in `c` and product `a` in `b-c` are different.
"""

from __future__ import annotations

import secrets
from typing import Literal

Role = Literal["host", "backing", "files", "edge"]

PRODUCT = "airchain.product"
ENVIRONMENT = "airchain.environment"
ROLE = "airchain.role"
NAME = "airchain.name"
FLEET = "airchain.fleet"
CONFIG = "airchain.config"


def network(product: str, environment: str) -> str:
    """The environment's network."""
    return f"airchain_{product}_{environment}"


def container(product: str, environment: str, name: str) -> str:
    """The container of a host, a backing service or the edge; its volume is called the same."""
    return f"airchain_{product}_{environment}_{name}"


def files(product: str, environment: str) -> str:
    """The volume with the environment's folders of files; no host or service is called so."""
    return container(product, environment, "_files")


def new_host(fleet: str) -> str:
    """A name that no host had before: `web-4f1c`."""
    return f"{fleet}-{secrets.token_hex(2)}"


def labels(
    product: str, environment: str, role: Role, name: str, *, fleet: str | None = None
) -> dict[str, str]:
    """The labels of a container, volume or network."""
    found = {PRODUCT: product, ENVIRONMENT: environment, ROLE: role, NAME: name}
    return found if fleet is None else {**found, FLEET: fleet}


def selector(product: str, environment: str, role: Role | None = None) -> dict[str, list[str]]:
    """The Engine API's filter for what carries these labels."""
    wanted = [f"{PRODUCT}={product}", f"{ENVIRONMENT}={environment}"]
    if role is not None:
        wanted.append(f"{ROLE}={role}")
    return {"label": wanted}
