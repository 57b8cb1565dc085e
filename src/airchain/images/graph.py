"""Which image is made from which, and in what order they can be made. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from airchain.errors import BuildError
from airchain.spec import dockerfile
from airchain.spec.model import Product

Graph = Mapping[str, tuple[str, ...]]


def build_graph(product: Product, dockerfiles: Mapping[str, str]) -> Graph:
    """The parents of every image. `dockerfiles` holds the texts, by image.

    Raises `BuildError` where a parent is not among the images.
    """
    graph = {}
    for name, image in product.images.items():
        parents: tuple[str, ...] = ()
        if image.build is not None:
            parents = dockerfile.parents(
                dockerfiles[name],
                registry=product.registry.name,
                product=product.product,
                args=image.args,
            )
        for parent in parents:
            if parent not in product.images:
                raise BuildError(
                    f"starts from the image {parent!r}, which is not defined",
                    where=f"images.{name}: {image.dockerfile}",
                    hint=f"known: {', '.join(product.images)}",
                )
        graph[name] = parents
    return graph


def with_ancestors(graph: Graph, wanted: Iterable[str]) -> Graph:
    """The part of the graph that the `wanted` images need."""
    needed: dict[str, tuple[str, ...]] = {}
    queue = list(wanted)
    while queue:
        name = queue.pop()
        if name not in needed:
            needed[name] = graph[name]
            queue.extend(graph[name])
    return {name: parents for name, parents in graph.items() if name in needed}


def chains(graph: Graph) -> Mapping[str, int]:
    """The longest chain of images made from each, in images."""
    found = dict.fromkeys(graph, 0)
    for name in reversed(list(ordered(graph))):
        for parent in graph[name]:
            found[parent] = max(found[parent], found[name] + 1)
    return found


def ordered(graph: Graph) -> Iterator[str]:
    """The images, parents first."""
    found = sorter(graph)
    while found.is_active():
        ready = found.get_ready()
        yield from ready
        found.done(*ready)


def sorter(graph: Graph) -> TopologicalSorter[str]:
    """What hands out the images that can be made now; raises `BuildError` on a cycle."""
    found = TopologicalSorter(graph)
    try:
        found.prepare()
    except CycleError as error:
        cycle = " → ".join(reversed(error.args[1]))
        raise BuildError(f"images start from each other: {cycle}", where="images") from error
    return found
