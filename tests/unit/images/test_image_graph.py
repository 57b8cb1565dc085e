"""Which image is made when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, cast

import pytest
from tests.support.waiting import wait_until

from airchain.errors import BuildError, GivenUp
from airchain.images import graph, pipeline
from airchain.images.build import Workshop
from airchain.run import stream
from airchain.spec.model import Bootstrap, Image, Product

PRODUCT = Product(
    product="tv",
    sizes={},
    environments={},
    images={
        "www": Image(build="www"),
        "base": Image(build="www", dockerfile="base.Dockerfile"),
        "debian": Image(bootstrap=Bootstrap()),
        "other": Image(build="other"),
    },
)
FILES = {
    "www": "ARG IMAGES=x\nFROM ${IMAGES}/base\n",
    "base": "ARG IMAGES=x\nFROM ${IMAGES}/debian\n",
    "other": "FROM scratch\n",
}
GRAPH = {"www": ("base",), "base": ("debian",), "debian": (), "other": ()}


def test_the_graph_is_read_from_dockerfiles() -> None:
    """Nobody has to write down what is built on what."""
    assert graph.build_graph(PRODUCT, FILES) == GRAPH


def test_an_unknown_parent_is_named() -> None:
    """With the images that there are."""
    with pytest.raises(BuildError, match="'nope', which is not defined") as error:
        graph.build_graph(PRODUCT, {**FILES, "other": "FROM localhost:5050/tv/nope\n"})
    assert error.value.where == "images.other: Dockerfile"


def test_a_part_of_the_graph_has_all_that_it_needs() -> None:
    """And nothing else."""
    assert set(graph.with_ancestors(GRAPH, ["base"])) == {"base", "debian"}


def test_parents_come_first() -> None:
    """In any order that keeps that."""
    order = list(graph.ordered(GRAPH))
    assert sorted(order) == sorted(GRAPH)
    assert order.index("debian") < order.index("base") < order.index("www")


def test_a_cycle_is_shown() -> None:
    """As the way round it."""
    with pytest.raises(BuildError, match=r"start from each other: (a → b → a|b → a → b)"):
        graph.sorter({"a": ("b",), "b": ("a",)})


def test_every_image_sees_its_parents() -> None:
    """And is finished once."""
    finished = []

    def make(name: str, done: Mapping[str, str]) -> str:
        assert all(parent in done for parent in GRAPH[name])
        return name.upper()

    found = pipeline.run_graph(GRAPH, make, lambda name, made: finished.append((name, made)))
    assert found == {name: name.upper() for name in GRAPH}
    assert sorted(finished) == [(name, name.upper()) for name in sorted(GRAPH)]


def test_a_child_does_not_wait_for_its_parent_to_be_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is built while the parent is pushed, and the other way round."""
    monkeypatch.setattr(pipeline, "_SIDE_BY_SIDE", 2)
    child_made, parent_finishes = threading.Event(), threading.Event()

    def make(name: str, done: Mapping[str, str]) -> str:
        if name == "child":
            assert parent_finishes.wait(5)
            child_made.set()
        return name

    def finish(name: str, made: str) -> None:
        parent_finishes.set()
        assert child_made.wait(5)

    pipeline.run_graph({"parent": (), "child": ("parent",)}, make, finish)


def test_what_the_longest_chain_waits_for_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """And tests and pushes, for which nothing waits, come last."""
    monkeypatch.setattr(pipeline, "_SIDE_BY_SIDE", 1)
    plan = {"alone": (), "a": (), "b": ("a",), "c": ("b",), "leaf": ("a",)}
    assert graph.chains(plan) == {"alone": 0, "a": 2, "b": 1, "c": 0, "leaf": 0}
    begun = []
    pipeline.run_graph(
        plan, lambda name, _: begun.append(name), lambda name, _: begun.append(f"{name} finished")
    )
    assert begun[:2] == ["a", "b"]
    assert sorted(begun[2:5]) == ["alone", "c", "leaf"]
    assert begun[5:] == [f"{name} finished" for name in begun[:5]]


def test_after_a_failure_nothing_else_begins() -> None:
    """The first error is the one that is shown."""
    begun = []

    def make(name: str, done: Mapping[str, str]) -> str:
        begun.append(name)
        raise BuildError(f"{name} failed")

    with pytest.raises(BuildError, match="debian failed"):
        pipeline.run_graph({"www": ("debian",), "debian": ()}, make)
    assert begun == ["debian"]


class Interrupted(ThreadPoolExecutor):
    """Ctrl-C comes when the thread works already, and before anybody has its future."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        super().submit(function, *args, **named)
        time.sleep(0.3)
        raise KeyboardInterrupt


def test_ctrl_c_ends_what_has_just_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """At any moment: what runs is ended, and what would come after it does not begin."""
    monkeypatch.setattr(pipeline, "ThreadPoolExecutor", Interrupted)
    ends: list[BaseException] = []

    def make(name: str, done: Mapping[str, str]) -> str:
        try:
            stream(["sleep", "30"], lambda _: None, timeout=40)
        except GivenUp as error:
            ends.append(error)
            raise
        return name

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        pipeline.run_graph({"debian": ()}, make)
    assert time.monotonic() - began < 3
    assert len(ends) == 1


def test_an_image_is_pushed_after_its_parents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its child is made meanwhile, but would send the parent's layers once more."""
    heard: list[str] = []

    class Shop:
        product = PRODUCT
        folder = None

        def build(self, name: str, parents: Mapping[str, str]) -> str:
            heard.append(f"built {name}")
            return name

    def push(workshop: Shop, built: str, *, tested: bool) -> str:
        if built == "parent":
            wait_until(lambda: "built child" in heard, "the child is made", seconds=5)
            time.sleep(0.1)
        heard.append(f"pushed {built}")
        return built

    found = {"parent": (), "child": ("parent",)}
    for name, stand_in in {
        "read_graph": lambda *_: found,
        "prepared": lambda _: nullcontext(),
        "prune": lambda *_: None,
        "has_passed": lambda *_: True,
        "push": push,
    }.items():
        monkeypatch.setattr(pipeline, name, stand_in)
    assert list(pipeline.publish_all(cast(Workshop, Shop()), test=False)) == ["parent", "child"]
    assert heard == ["built parent", "built child", "pushed parent", "pushed child"]
