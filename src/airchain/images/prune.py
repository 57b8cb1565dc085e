"""Untag what builds have left on this machine, so that its disk does not fill up.

Only this product's own tags are looked at. What is in the registry can be
pulled again, and the engine keeps what a container uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from airchain.images.build import LATEST, Built, Workshop

# Of each image, the newest ones: going back a commit or two builds nothing.
KEEP = 3


@dataclass(frozen=True)
class Tagged:
    """A local tag; `created` as the engine writes times, which sort as text."""

    repository: str
    tag: str
    created: str

    @property
    def reference(self) -> str:
        """What `docker rmi` takes."""
        return f"{self.repository}:{self.tag}"


def outdated(tags: Iterable[Tagged], current: frozenset[str], keep: int = KEEP) -> Iterator[Tagged]:
    """The tags to remove: of each repository all but the newest `keep` and the `current` ones."""
    by_repository: dict[str, list[Tagged]] = {}
    for tag in tags:
        if tag.tag != LATEST and tag.reference not in current:
            by_repository.setdefault(tag.repository, []).append(tag)
    for found in by_repository.values():
        yield from sorted(found, key=lambda tag: tag.created, reverse=True)[keep - 1 :]


def prune(workshop: Workshop, built: Iterable[Built]) -> tuple[str, ...]:
    """Remove outdated tags of the images that were built just now; what was removed."""
    from docker.errors import APIError

    images = [image for image in built if not image.cached]
    if not images:
        return ()
    removed = []
    with closing(workshop.engine.client()) as client:
        tags = [
            Tagged(image.repository, reference.rpartition(":")[2], str(found.attrs["Created"]))
            for image in images
            for found in client.images.list(image.repository)
            for reference in found.tags
            if reference.rpartition(":")[0] == image.repository
        ]
        for tag in outdated(tags, frozenset(image.tag for image in images)):
            try:
                client.images.remove(tag.reference)
            except APIError:
                continue  # A container still uses it.
            removed.append(tag.reference)
    return tuple(removed)
