"""Build, test and push the images of a product, side by side where they allow it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from threading import Event, Lock
from typing import Any, TypeVar

from airchain.errors import BuildError, EngineError, RunError
from airchain.images import graph, inputs, limits
from airchain.images.build import Built, Workshop
from airchain.images.engine import check_alive
from airchain.images.graph import Graph
from airchain.images.prune import prune
from airchain.images.push import TIMEOUT, push
from airchain.images.test import has_passed, remove_leftovers, run_test
from airchain.locks import alone
from airchain.registry import serve
from airchain.registry.pushes import host_name, pushing
from airchain.run import end_streams, given_up, go_on
from airchain.spec.model import Product
from airchain.store.place import open_store
from airchain.store.records import ImageDigest

LOCK_TIMEOUT = 1800.0
_POLL = 0.1
_SIDE_BY_SIDE = max(2, os.cpu_count() or 2)

T = TypeVar("T")


def publish_all(
    workshop: Workshop, only: Sequence[str] | None = None, *, test: bool = True
) -> Mapping[str, ImageDigest]:
    """Build, test and push the images; each is pushed once its own test has passed."""
    plan = read_graph(workshop.product, workshop.folder, only)
    digests: dict[str, ImageDigest] = {}
    pushed = {name: Event() for name in plan}
    before = given_up()

    def make(name: str, done: Mapping[str, Built]) -> Built:
        return workshop.build(name, {parent: done[parent] for parent in plan[name]})

    def finish(name: str, built: Built) -> None:
        try:
            if test:
                run_test(workshop, built)
            # Side by side, both would send the layers that they share.
            for parent in plan[name]:
                pushed[parent].wait(TIMEOUT)
            go_on(before)  # A test may have ended well in the moment of Ctrl-C.
            digests[name] = push(workshop, built, tested=test or has_passed(workshop, built))
        finally:
            pushed[name].set()

    with prepared(workshop):
        built = run_graph(plan, make, finish)
        prune(workshop, built.values())
    return {name: digests[name] for name in plan}


def read_graph(product: Product, folder: Path, only: Sequence[str] | None = None) -> Graph:
    """The images to make and their parents; raises `BuildError` for a name there is not."""
    texts = {
        name: inputs.read_context(name, image, folder).text
        for name, image in product.images.items()
        if image.build is not None
    }
    found = graph.build_graph(product, texts)
    for name in only or ():
        if name not in found:
            raise BuildError(
                f"there is no image {name!r}", where="images", hint=f"known: {', '.join(found)}"
            )
    return found if only is None else graph.with_ancestors(found, only)


def run_graph(
    plan: Graph,
    make: Callable[[str, Mapping[str, T]], T],
    finish: Callable[[str, T], None] = lambda _name, _made: None,
) -> dict[str, T]:
    """Call `make(name, done)` for every image, parents first, others side by side.

    What the longest chain of others waits for comes first, and `finish(name, made)`,
    for which nothing waits, where there is nothing to make; in the order of making,
    so that it may wait for that of a parent. A failing test is thus heard of late, and
    all is done sooner. The first failure ends what else is under way and is raised.
    """
    order, chains = graph.sorter(plan), graph.chains(plan)
    done: dict[str, T] = {}
    to_make: list[str] = []
    to_finish: list[str] = []
    making: dict[Future[T], str] = {}
    finishing: set[Future[None]] = set()
    with _threads() as submit:
        while order.is_active() or to_finish or finishing:
            if order.is_active():
                to_make += order.get_ready()
                to_make.sort(key=lambda name: -chains[name])
            while (to_make or to_finish) and len(making) + len(finishing) < _SIDE_BY_SIDE:
                if to_make:
                    name = to_make.pop(0)
                    making[submit(make, name, done)] = name
                else:
                    name = to_finish.pop(0)
                    finishing.add(submit(finish, name, done[name]))
            under_way: list[Future[Any]] = [*making, *finishing]
            ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in [f for f in finishing if f in ended]:
                finishing.remove(future)
                future.result()
            for made in [f for f in making if f in ended]:
                name = making.pop(made)
                done[name] = made.result()
                order.done(name)
                to_finish.append(name)
    return done


@contextmanager
def _threads() -> Iterator[Callable[..., Future[Any]]]:
    """Threads to work in. What fails the block ends their work first, however far they are.

    They count themselves: Ctrl-C may come in the midst of `submit`, when the
    thread works already and nobody has its future yet.
    """
    since = given_up()
    busy: set[object] = set()
    lock = Lock()

    def work(function: Callable[..., Any], *arguments: Any) -> Any:
        token = object()
        with lock:
            go_on(since)
            busy.add(token)
        try:
            return function(*arguments)
        finally:
            busy.discard(token)

    def submit(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        # The step that is open here is the parent of those opened there.
        return pool.submit(copy_context().run, work, function, *arguments)

    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
        try:
            yield submit
        except BaseException:
            _abandon(busy, lock)
            raise


def _abandon(busy: set[object], lock: Lock) -> None:
    """Let nothing begin, and end what has begun, again while that begins new processes."""
    while True:
        try:
            end_streams()
            with lock:
                if not busy:
                    return
            time.sleep(_POLL)
        except KeyboardInterrupt:
            continue  # It was heard, and this is the answer.


@contextmanager
def prepared(workshop: Workshop) -> Iterator[None]:
    """The registry answers, and nobody else builds this product from the same state folder.

    An engine that stops answering meanwhile is an `EngineError`.
    """
    from docker.errors import DockerException
    from requests import RequestException

    serve.ensure(workshop.home, workshop.product.registry.name, workshop.product.store)
    limits.soften_builds()
    product = workshop.product.product
    with alone(
        workshop.home.builds / f"{product}.lock",
        other=f"another build of {product} to end",
        timeout=LOCK_TIMEOUT,
        progress=workshop.progress,
    ):
        store = open_store(workshop.product.store, workshop.home.store)
        try:
            remove_leftovers(workshop)
            with pushing(store, f"build of {product} on {host_name()}"):
                yield
        except RunError:
            check_alive(workshop.engine)
            raise
        except (DockerException, RequestException) as error:
            raise EngineError(
                f"the engine failed: {error}",
                where=workshop.engine.url,
                hint="is it still running? `airchain engine status`; then run this again",
            ) from error
