"""How large the images are, what they are made from, and what changed since they were built."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from airchain.errors import BuildError
from airchain.images import graph, inputs, pipeline
from airchain.images.build import LATEST, Workshop
from airchain.spec import dockerfile
from airchain.spec.model import Image

if TYPE_CHECKING:
    from docker import DockerClient


@dataclass(frozen=True)
class ImageFacts:
    """An image as the engine holds it. `size` is unpacked, in bytes."""

    image_id: str
    size: int
    layers: int
    created: datetime


@dataclass(frozen=True)
class ImageRow:
    """One image of the product. `facts` are of the last build, None where there was none.

    `changes` names the inputs that differ from that build: it is up to date
    where there are none.
    """

    name: str
    repository: str
    base: str
    facts: ImageFacts | None
    changes: tuple[str, ...]

    @property
    def state(self) -> str:
        """In a word, and what changed."""
        if self.facts is None:
            return "not built"
        return f"changed: {', '.join(self.changes)}" if self.changes else "up to date"


def survey(workshop: Workshop) -> tuple[ImageRow, ...]:
    """Every image of the product, in the order of the specification. Builds nothing."""
    plan = pipeline.read_graph(workshop.product, workshop.folder)
    rows: dict[str, ImageRow] = {}
    with closing(workshop.engine.client()) as client:
        for name in graph.ordered(plan):
            rows[name] = _row(workshop, client, name, {p: rows[p] for p in plan[name]})
    return tuple(rows[name] for name in workshop.product.images)


def _row(
    workshop: Workshop, client: DockerClient, name: str, parents: Mapping[str, ImageRow]
) -> ImageRow:
    repository = workshop.product.repository(name)
    image = workshop.product.images[name]
    facts = _facts(client, f"{repository}:{LATEST}")
    identities = {parent: row.facts.image_id for parent, row in parents.items() if row.facts}
    changes: tuple[str, ...] = ()
    if facts is not None:
        outdated = {f"image {p}" for p, row in parents.items() if row.changes or not row.facts}
        found = workshop.changes(name, workshop.inputs(name, identities))
        changes = tuple(sorted({*found, *outdated}))
    return ImageRow(name, repository, base(image, workshop, name), facts, changes)


def base(image: Image, workshop: Workshop, name: str) -> str:
    """What the image's last stage starts from, in words."""
    if image.bootstrap is not None:
        return f"Debian {image.bootstrap.suite}"
    text = inputs.read_context(name, image, workshop.folder).text
    return final_base(text, {"IMAGES": _prefix(workshop), **image.args}, _prefix(workshop))


def final_base(text: str, overrides: Mapping[str, str], prefix: str) -> str:
    """What the last stage of a Dockerfile starts from; stages in between are followed."""
    stages: dict[str, str] = {}
    variables = dict(overrides)
    last = "scratch"
    for instruction in dockerfile.instructions(text):
        if instruction.name == "ARG" and not stages and last == "scratch":
            key, _, default = instruction.rest.partition("=")
            variables.setdefault(key.strip(), default.strip("\"' "))
        if instruction.name == "FROM":
            words = instruction.rest.split()
            reference = dockerfile.substitute(words[0], variables)
            last = stages.get(reference.lower(), reference)
            if len(words) == 3:
                stages[words[2].lower()] = last
    return last.removeprefix(f"{prefix}/")


def _prefix(workshop: Workshop) -> str:
    return workshop.product.repository("").rstrip("/")


def _facts(client: DockerClient, reference: str) -> ImageFacts | None:
    from docker.errors import ImageNotFound

    try:
        image = client.images.get(reference)
    except ImageNotFound:
        return None
    return ImageFacts(
        image_id=str(image.id),
        size=int(image.attrs["Size"]),
        layers=len(image.attrs["RootFS"].get("Layers") or ()),
        created=parse_time(str(image.attrs["Created"])),
    )


def parse_time(text: str) -> datetime:
    """The engine's times: RFC 3339 with up to nine digits of a second."""
    head, dot, rest = text.partition(".")
    try:
        if not dot:
            return datetime.fromisoformat(text)
        digits = rest.rstrip("Z")[:6]
        return datetime.fromisoformat(f"{head}.{digits:0<6}+00:00")
    except ValueError as error:
        raise BuildError(f"the engine says {text!r} for a time") from error
