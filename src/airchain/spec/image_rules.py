"""What relates images to each other: where they come from, and that they come from somewhere.

Pure: a `Draft` and the text of its Dockerfiles in, findings out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from airchain.spec.dockerfile import parents, unusable
from airchain.spec.model import Image
from airchain.spec.shape import Draft, dangling
from airchain.spec.wording import Finding, did_you_mean


def image_origin(draft: Draft) -> Iterator[Finding]:
    """An image is either bootstrapped or built."""
    for name, image in draft.images.items():
        known = all(draft.whole("images", name, field) for field in ("bootstrap", "build"))
        if known and (image.bootstrap is None) == (image.build is None):
            both = "both" if image.build else "neither"
            yield Finding(
                ("images", name),
                f"needs bootstrap or build, has {both}",
                "`bootstrap: {packages: […]}` starts from the Debian archive, "
                "`build: FOLDER` from a Dockerfile",
            )
        if image.build is not None and image.build.startswith("/"):
            yield Finding(
                ("images", name, "build"),
                f"must be a folder beside airchain.yaml, got {image.build}",
            )


def dockerfile_images(draft: Draft) -> dict[str, Image]:
    """The images that are built from a Dockerfile whose place can be looked at."""
    return {
        name: image
        for name, image in draft.images.items()
        if image.build is not None
        and not image.build.startswith("/")
        and all(draft.whole("images", name, field) for field in ("build", "dockerfile", "args"))
    }


def image_graph(draft: Draft, dockerfiles: Mapping[str, str]) -> Iterator[Finding]:
    """Images start from images that exist, and not from themselves."""
    if draft.product is None or draft.registry is None:
        return
    graph: dict[str, tuple[str, ...]] = {}
    for name, text in dockerfiles.items():
        image = draft.images[name]
        graph[name] = parents(
            text, registry=draft.registry.name, product=draft.product, args=image.args
        )
        for origin, hint in unusable(text, {"IMAGES": draft.registry.name, **image.args}):
            what = f"line {origin.line} of its Dockerfile cannot name {origin.reference}"
            yield Finding(("images", name), what, hint)
        for parent in graph[name]:
            if dangling(draft.declared, "images", parent):
                yield Finding(
                    ("images", name),
                    f"is built from {parent}, which is not an image of this product",
                    did_you_mean(parent, sorted(draft.declared["images"])),
                )
    for cycle in cycles(graph):
        yield Finding(("images", cycle[0]), f"is built from itself: {' → '.join(cycle)}")


def cycles(graph: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Each cycle once, as `(a, b, a)`, beginning with its first name in the alphabet."""
    found: dict[frozenset[str], tuple[str, ...]] = {}

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            ring = trail[trail.index(name) :]
            first = ring.index(min(ring))
            ring = ring[first:] + ring[:first]
            found.setdefault(frozenset(ring), (*ring, ring[0]))
            return
        for parent in graph.get(name, ()):
            visit(parent, (*trail, name))

    for name in sorted(graph):
        visit(name, ())
    return list(found.values())
