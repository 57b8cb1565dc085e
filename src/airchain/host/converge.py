"""Bring this host to a release: the order of the acts.

Whatever fails leaves the old instances serving; new ones are taken away again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog
from docker.api.client import APIClient

from airchain.errors import (
    AirchainError,
    DeployError,
    EngineError,
    Missing,
    PreflightError,
    RegistryError,
    ReleaseError,
    StoreDamaged,
    StoreError,
)
from airchain.host import facts, nginx, secrets, site_keys, switch
from airchain.host.cron import Crons
from airchain.host.drain import Drain
from airchain.host.folders import make_folders
from airchain.host.identity import Identity, Places
from airchain.host.instances import Instance, environment_of, images, require_registry, wanted
from airchain.host.plan import Plan, make_plan
from airchain.host.pull import Images
from airchain.host.report import Status
from airchain.host.start import Starter
from airchain.host.tasks import Tasks
from airchain.host.whole import named
from airchain.registry.client import pull_artifact
from airchain.spec.model import Environment
from airchain.store.base import Object
from airchain.store.records import ImageDigest, Release, decode

_REMEMBERED = 4
# What waiting does not mend: the release will never run here as it is.
_LOST = (Missing, StoreDamaged, StoreError, ReleaseError)

log = structlog.get_logger()


@dataclass(frozen=True)
class Target:
    """A release whose images are on this host, and what this host runs of it.

    `ours` is False where the release has no fleet like this host's any more.
    """

    digest: str
    release: Release
    environment: Environment
    instances: tuple[Instance, ...]
    ours: bool = True

    @property
    def signing_keys(self) -> tuple[str, ...]:
        """Secrets that nginx needs here; where no service answers requests, none does."""
        web = any(i.kind == "web" for i in self.instances)
        return self.environment.signing_keys if web else ()

    @property
    def domain(self) -> str:
        """The domain that health checks ask for."""
        return next(iter(self.environment.edge.domains), "localhost")


class Converger:
    """Knows the parts and calls them in order."""

    def __init__(
        self,
        places: Places,
        identity: Identity,
        engine: APIClient,
        status: Status,
        starter: Starter,
        tasks: Tasks,
        crons: Crons,
        drain: Drain,
        verify: Callable[[str], None],
    ) -> None:
        self._places = places
        self._identity = identity
        self._images = Images(engine, places)
        self._status = status
        self._starter = starter
        self._tasks = tasks
        self._crons = crons
        self._drain = drain
        # Raises where a release bears no signature that counts.
        self._verify = verify
        self._targets: dict[str, Target] = {}
        # Held while images are pulled, and while one is removed.
        self.images_lock = threading.Lock()
        # Held while services are brought up and others retired: nobody helps them up meanwhile,
        # nor those that are `coming` (names of instances) while tasks run.
        self.services_lock = threading.Lock()
        self.coming: frozenset[str] = frozenset()
        # Counts how often images were asked for, for those who would remove some.
        self.preparations = 0
        # Called where the disk has no room for a pull, with the images that it is for.
        self.make_room: Callable[[Sequence[str]], object] = lambda _: None

    @property
    def prepared(self) -> tuple[str, ...]:
        """Releases whose images are here, whole and verified."""
        return tuple(self._targets)

    def prepare(self, digest: str, still_wanted: Callable[[], bool]) -> Target:
        """Fetch the release and pull its images; report it as prepared.

        Raises `Superseded` once it is not `still_wanted`.
        """
        target = self._targets.pop(digest, None) or self._fetch(digest)
        with self.images_lock:
            self.preparations += 1
            self._pull(images(target.release, target.instances), still_wanted)
        self._refuse_root(target.instances)
        self._targets[digest] = target
        for old in list(self._targets)[:-_REMEMBERED]:
            self._targets.pop(old, None)
        self._status.update(prepared=self.prepared)
        return target

    def _pull(self, wanted: Sequence[ImageDigest], still_wanted: Callable[[], bool]) -> None:
        try:
            self._images.prepare(wanted, still_wanted)
        except PreflightError:
            self.make_room([image.reference for image in wanted])
            self._images.prepare(wanted, still_wanted)

    def look_again(self, instance: Instance, *, wait: bool = True) -> AirchainError | None:
        """What was wrong with the image of an instance that does not run; None: nothing.

        Damaged files are written again, so that another try may succeed. Who does not
        `wait` for a pull to end learns nothing while there is one.
        """
        repository, _, digest = instance.image.rpartition("@")
        if not self.images_lock.acquire(blocking=wait):
            return None
        try:
            image = ImageDigest(repository=repository, digest=digest, size=0)
            repaired = self._images.look_again([image])
        except RegistryError:  # Nothing is known, then.
            return None
        except (EngineError, PreflightError) as error:
            return error
        finally:
            self.images_lock.release()
        if not repaired:
            return None
        return EngineError(
            f"files of the image were damaged on this host: {named(repaired)}",
            where=instance.image,
            hint="they were written again, and it is tried again by itself; "
            "if it happens again, replace the host or its disk",
        )

    def keep_images(self, releases: Iterable[str]) -> set[str]:
        """References of all images that these releases need here.

        Other releases no longer count as prepared: their images may go any moment. Nobody
        can go back to one that is damaged or missing, so it needs nothing. Raises
        `RegistryError` where it is not certain that just that is the case.
        """
        kept: dict[str, Target] = {}
        lost: list[AirchainError] = []
        for digest in releases:
            try:
                kept[digest] = self._targets.get(digest) or self._read(digest)
            except _LOST as error:
                lost.append(error)
        if lost:
            # A store that is away looks as if all were missing.
            if not kept:
                raise lost[0]
            self._read(next(iter(kept)))
            log.warning("not kept", reasons=[str(error) for error in lost])
        for digest in self._targets.keys() - kept.keys():
            self._targets.pop(digest, None)
        self._status.update(prepared=self.prepared)
        return {i.reference for t in kept.values() for i in images(t.release, t.instances)}

    def converge(self, digest: str, serial: int, still_wanted: Callable[[], bool]) -> Target:
        """Run the release `digest` on this host, for deployment number `serial`."""
        began = time.monotonic()
        target = self.prepare(digest, still_wanted)
        if not target.ours:
            # What runs goes on until the keeper has drained this host and ends it.
            log.info("no fleet of this host's", release=digest, fleet=self._identity.fleet)
            return target
        timings = {"prepare": time.monotonic() - began}
        secrets.require(
            self._places, self._identity, target.instances, still_wanted, target.signing_keys
        )
        make_folders(self._places, target.environment.files)
        self._drain.reclaim(i.name for i in target.instances)
        plan = make_plan(target.instances, facts.observe(self._places), self._drain.leaving)
        self._say_pending(plan)
        present = (*target.instances, *plan.retire)
        self._status.update(stop_timeout=max((i.spec.stop_timeout for i in present), default=10.0))
        try:
            self._do_tasks(plan, digest, serial, still_wanted)
            with self.services_lock:
                timings |= self._carry_out(plan, target, still_wanted)
        finally:
            self.coming = frozenset()
        timings["total"] = time.monotonic() - began
        self._status.update(timings={k: round(v, 3) for k, v in timings.items()})
        return target

    def _do_tasks(
        self, plan: Plan, digest: str, serial: int, still_wanted: Callable[[], bool]
    ) -> None:
        """Run the tasks, or wait for them; what need not wait for them starts meanwhile."""
        # Of an agent that was ended while tasks ran some are up already.
        begun = [i for i in plan.keep if i.spec.before_tasks]
        early = (*plan.early, *(i for i in begun if not switch.serves(self._places, i.name)))
        with self.services_lock:
            self.coming = frozenset(i.name for i in early)
        try:
            self._starter.start(plan.early, self._starter.install(plan.early))
            for task in plan.tasks:
                self._tasks.complete(task, digest, serial, still_wanted)
        except BaseException:
            self._drain.retire(early, frozenset())
            raise

    def _carry_out(
        self, plan: Plan, target: Target, still_wanted: Callable[[], bool]
    ) -> dict[str, float]:
        """Bring up what is new, switch to it, retire what is old; how long it took."""
        try:
            timings = self._bring_up(plan, target.domain, still_wanted)
            switching = time.monotonic()
            old_workers = self._switch(plan, target)
        except BaseException:
            self._drain.retire(plan.start, frozenset())
            raise
        timings["switch"] = time.monotonic() - switching
        self._crons.follow(plan.crons)
        if plan.start or plan.retire:
            self._drain.retire(plan.retire, old_workers)
        return timings

    def _bring_up(
        self, plan: Plan, domain: str, still_wanted: Callable[[], bool]
    ) -> dict[str, float]:
        began = time.monotonic()
        seen = self._starter.install([*plan.late, *plan.crons])
        # One that gave up because the tasks were not done gets another try.
        seen = (*seen, *facts.states(plan.early))
        self._starter.start(plan.start, seen)
        issued = time.monotonic() - began
        took = self._starter.await_ready(plan.serving, domain, still_wanted)
        # Whoever watches the release counts from here: not what another instance of a service
        # went through, nor one that stays, nor one that waited for its tasks.
        for unit in facts.states(plan.serving):
            self._starter.report(unit.instance, state="running", restarts=unit.restarts)
        return {"start": issued + took["start"], "health": took["health"]}

    def _switch(self, plan: Plan, target: Target) -> frozenset[int]:
        keys = site_keys.install(self._places, target.signing_keys)
        site = nginx.render(
            target.environment.routes, plan.web, self._places, keys, facts.network()
        )
        old_workers = switch.switch(self._places, site)
        self._places.in_service.parent.mkdir(parents=True, exist_ok=True)
        self._places.in_service.touch()
        return old_workers

    def _fetch(self, digest: str) -> Target:
        self._verify(digest)
        return self._read(digest)

    def _read(self, digest: str) -> Target:
        identity = self._identity
        repository = f"{identity.product}/releases"
        data = pull_artifact(identity.registry, repository, digest)
        release = decode(Object(f"{repository}@{digest}", data, digest), Release)
        require_registry(release, identity.registry)
        environment = environment_of(release, identity.environment)
        ours = identity.fleet in environment.fleets
        mine = wanted(release, identity.environment, identity.fleet) if ours else ()
        return Target(digest, release, environment, mine, ours)

    def _say_pending(self, plan: Plan) -> None:
        for instance in (*plan.start, *plan.tasks):
            self._starter.report(instance, state="pending", check="", log=())

    def _refuse_root(self, instances: Sequence[Instance]) -> None:
        for instance in instances:
            user = instance.spec.user or self._images.user_of(instance.image)
            if is_root(user):
                raise DeployError(
                    f"{instance.service} would run as root",
                    where=f"services.{instance.service}",
                    hint=f"write USER into the Dockerfile of image {instance.spec.image}, "
                    f"or set services.{instance.service}.user",
                )


def is_root(user: str) -> bool:
    """Whether a container's user, as an image or a service names it, is root."""
    name = user.partition(":")[0]
    try:
        return int(name) == 0  # "00" too: the engine reads a number.
    except ValueError:
        return name in ("", "root")
