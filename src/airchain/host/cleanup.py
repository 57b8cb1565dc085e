"""Remove what nothing on this host needs any more.

Needed is what runs, what the pointer names, and so many releases before as a
rollback shall find here. All else of ours goes: after each convergence, every ten
minutes, and at once, with no releases kept for a rollback, where the disk runs full.

Named volumes hold data of services and stay for as long as the host does.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import requests
import structlog
from docker.api.client import APIClient
from docker.errors import APIError, DockerException

from airchain.errors import AirchainError
from airchain.host import facts, leftovers
from airchain.host.facts import Disk
from airchain.host.identity import Identity, Places
from airchain.host.instances import NETWORK
from airchain.store.records import Pointer

EVERY = 600.0
# All hosts of a machine share its disk: they shall not all clean at the same time.
_JITTER = 0.2
# With less than this free, images of earlier releases are not worth their place.
_SCARCE_BYTES = 1 << 30
_SCARCE_INODES = 20_000
# A disk that stays full although everything has been cleaned is looked at less often.
_SCARCE_EVERY = 60.0
# Between its creation and its start a container takes seconds, on a busy machine too.
_CREATED_FOR = timedelta(minutes=10)
_ANONYMOUS = 64
_BUILTIN = frozenset({"bridge", "host", "none", NETWORK})

log = structlog.get_logger()


@dataclass(frozen=True)
class Seen:
    """What the engine lists, in its own words."""

    containers: Sequence[Mapping[str, Any]] = ()
    images: Sequence[Mapping[str, Any]] = ()
    volumes: Sequence[Mapping[str, Any]] = ()
    networks: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Unneeded:
    """What can go: names of containers, volumes and networks; references or ids of images."""

    containers: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


def keep_set(pointer: Pointer, running: str | None, window: int) -> frozenset[str]:
    """The releases (digests) whose images this host keeps.

    What runs here, what the pointer names, and the `window` releases that served before.
    """
    named = (pointer.release, pointer.previous, running, *pointer.history[:window])
    return frozenset(release for release in named if release is not None)


def unneeded(
    seen: Seen, product: str, registry: str, keep: Collection[str], units: Collection[str]
) -> Unneeded:
    """What nothing needs. `keep` are image references, `units` names of our units.

    A container's image stays as long as the container does, whatever `keep` says.
    """
    ended = _ended(seen.containers, product, units)
    in_use = {c["ImageID"] for c in seen.containers if _name(c) not in ended}
    prefix = f"{registry}/{product}/"
    return Unneeded(
        containers=tuple(sorted(ended)),
        images=tuple(sorted(_images(seen.images, prefix, keep, in_use))),
        volumes=tuple(sorted(v["Name"] for v in seen.volumes if _is_anonymous(v["Name"]))),
        networks=tuple(sorted(n["Name"] for n in seen.networks if n["Name"] not in _BUILTIN)),
    )


def scarce(disk: Disk) -> bool:
    """Whether the disk is about to run full."""
    few = disk.inodes is not None and disk.inodes < _SCARCE_INODES
    return few or disk.bytes < _SCARCE_BYTES


class Cleaner:
    """Cleans one host, one thing at a time, never while images are being pulled.

    `needed(window)` gives the references of the images that this host needs and may
    raise `AirchainError` where that cannot be known now: then nothing is removed.
    `images_lock` is held by whoever pulls; `preparations` counts how often somebody did.
    """

    def __init__(
        self,
        places: Places,
        identity: Identity,
        engine: APIClient,
        needed: Callable[[int], Collection[str]],
        images_lock: threading.Lock,
        preparations: Callable[[], int],
    ) -> None:
        self._places = places
        self._identity = identity
        self._engine = engine
        self._needed = needed
        self._images_lock = images_lock
        self._preparations = preparations
        self._busy = threading.Lock()
        self._next = 0.0
        self._next_scarce = 0.0

    def soon(self) -> None:
        """Something changed here: clean at the next look."""
        self._next = 0.0

    def look(self, window: int) -> None:
        """Clean in the background where it is time to."""
        now = time.monotonic()
        full = now >= self._next_scarce and scarce(facts.disk(self._places.images))
        if not (full or now >= self._next) or not self._busy.acquire(blocking=False):
            return
        self._next = now + EVERY * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
        self._next_scarce = now + _SCARCE_EVERY
        args = (0 if full else window,)
        threading.Thread(target=self._in_background, args=args, name="cleanup", daemon=True).start()

    def under_pressure(self, also: Collection[str] = ()) -> int:
        """Make room for a pull: keep nothing for a rollback. Returns the bytes freed.

        To be called while holding the lock of images, with the references of those
        that are to be pulled: what is here of them stays. It raises nothing.
        """
        return self._clean(0, also)

    def _in_background(self, window: int) -> None:
        try:
            self._clean(window, None)
        finally:
            self._busy.release()

    def _clean(self, window: int, pulling: Collection[str] | None) -> int:
        """Remove what is not needed; `pulling` is None where the lock is not held yet."""
        before = facts.disk(self._places.images).bytes
        # What is listed during a pull is half of it.
        with self._images_lock if pulling is None else nullcontext():
            preparations = self._preparations()
        try:
            instances = [u.instance for u in facts.observe(self._places)]
            keep = {*self._needed(window), *(i.image for i in instances), *(pulling or ())}
            units = {i.name for i in instances}
            names = (self._identity.product, self._identity.registry)
            for what, remove in self._acts(unneeded(self._see(), *names, keep, units)):
                if pulling is None:
                    with self._images_lock:
                        if self._preparations() != preparations:
                            return 0  # What is needed may be more now; soon() follows.
                        self._remove(what, remove)
                else:
                    self._remove(what, remove)
        # OSError: what is listed here may be gone before it is read.
        except (AirchainError, DockerException, requests.RequestException, OSError) as error:
            log.info("left for the next cleanup", reason=str(error))
        freed = max(0, facts.disk(self._places.images).bytes - before)
        if freed >= 1 << 20:
            log.info("cleaned", freed_mb=freed >> 20, rollback_window=window)
        return freed

    def _see(self) -> Seen:
        engine = self._engine
        return Seen(
            containers=engine.containers(all=True),
            images=engine.images(),
            volumes=engine.volumes(filters={"dangling": True})["Volumes"] or (),
            networks=engine.networks(),
        )

    def _acts(self, found: Unneeded) -> Iterator[tuple[str, Callable[[], object]]]:
        """What is to be done, and how. Containers first: they hold images and networks."""
        engine = self._engine
        for name in found.containers:
            yield f"container {name}", partial(engine.remove_container, name, v=True)
        for name in found.images:
            yield f"image {name}", partial(engine.remove_image, name)
        for name in found.volumes:
            yield f"volume {name}", partial(engine.remove_volume, name)
        for name in found.networks:
            yield f"network {name}", partial(engine.remove_network, name)
        root, pid = self._places.images, self._places.engine_pid
        for path in leftovers.find(root, pid, datetime.now(UTC)):
            yield f"leftover {path}", partial(leftovers.remove, path)

    def _remove(self, what: str, remove: Callable[[], object]) -> None:
        try:
            remove()
        except (APIError, OSError) as error:
            # It went by itself, or is used after all: the engine knows better.
            log.info("not removed", what=what, reason=str(error))
        else:
            log.info("removed", what=what)


def _ended(
    containers: Sequence[Mapping[str, Any]], product: str, units: Collection[str]
) -> set[str]:
    """Containers of ours that do not run and that no unit will start or remove."""
    oldest = (datetime.now(UTC) - _CREATED_FOR).timestamp()
    return {
        _name(container)
        for container in containers
        if (container.get("Labels") or {}).get("airchain.product") == product
        and _name(container) not in units
        and (
            container["State"] in ("exited", "dead")
            or (container["State"] == "created" and container["Created"] < oldest)
        )
    }


def _images(
    images: Sequence[Mapping[str, Any]], prefix: str, keep: Collection[str], in_use: set[str]
) -> Iterator[str]:
    """References below `prefix` of images that nothing needs, ids of those without any."""
    for image in images:
        listed = (*(image.get("RepoTags") or ()), *(image.get("RepoDigests") or ()))
        references = [r for r in listed if "<none>" not in r]
        if image["Id"] in in_use or not set(keep).isdisjoint(references):
            continue
        yield from (r for r in references if r.startswith(prefix)) if references else (image["Id"],)


def _is_anonymous(volume: str) -> bool:
    """Whether the engine named it: nobody can ask for it again."""
    return len(volume) == _ANONYMOUS and not set(volume) - set("0123456789abcdef")


def _name(container: Mapping[str, Any]) -> str:
    names = container.get("Names") or (container["Id"],)
    return str(names[0]).lstrip("/")
