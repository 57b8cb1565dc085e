"""Let old instances finish what they do, then stop them, beside everything else."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from airchain.errors import RunError
from airchain.host import facts, switch, units
from airchain.host.identity import Places
from airchain.host.instances import Instance
from airchain.run import run

_POLL = 0.05
# Other hosts of this machine may just be starting theirs; nothing hurries here.
_SETTLE = 1.0
_STOP_MARGIN = 30.0

log = structlog.get_logger()


class Drain:
    """Instances on their way out. An instance that is wanted again can be reclaimed."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._change = threading.Condition()
        # By name: which call of `retire` a drain belongs to.
        self._draining: dict[str, object] = {}
        self._stopping: set[str] = set()

    @property
    def leaving(self) -> frozenset[str]:
        """Names of the instances that are on their way out."""
        with self._change:
            return frozenset(self._draining.keys() | self._stopping)

    def retire(self, instances: Sequence[Instance], old_workers: frozenset[int]) -> None:
        """Drain and stop `instances` in the background.

        A web service is stopped once nginx's `old_workers` have answered their
        last request, or after its `drain_timeout`; a cron or task once it ended. Then
        systemd reads all units anew, once: what was stopped must not come back with
        an engine that restarts, what was started must.
        """
        turn = object()
        with self._change:
            self._draining |= {i.name: turn for i in instances}
        args = (instances, old_workers, turn)
        threading.Thread(target=self._run, args=args, name="drain", daemon=True).start()

    def reclaim(self, names: Iterable[str]) -> None:
        """Keep those of `names` that still serve; wait for those that are being stopped."""
        wanted = set(names)
        with self._change:
            for name in wanted:
                self._draining.pop(name, None)
            self._change.wait_for(lambda: not self._stopping & wanted)

    def _run(
        self, instances: Sequence[Instance], old_workers: frozenset[int], turn: object
    ) -> None:
        with ThreadPoolExecutor(max(1, len(instances)), thread_name_prefix="drain") as pool:
            for done in [pool.submit(self._retire, i, old_workers, turn) for i in instances]:
                if error := done.exception():
                    log.error("drain", error=str(error))
        try:
            facts.read_units_anew()
        except RunError as error:
            log.warning("units not read anew", error=str(error))

    def _retire(self, instance: Instance, old_workers: frozenset[int], turn: object) -> None:
        if not self._drained(instance, old_workers, turn):
            return
        with self._change:
            if self._draining.get(instance.name) is not turn:
                return
            del self._draining[instance.name]
            self._stopping.add(instance.name)
        try:
            stop(self._places, instance)
        finally:
            with self._change:
                self._stopping.discard(instance.name)
                self._change.notify_all()

    def _drained(self, instance: Instance, old_workers: frozenset[int], turn: object) -> bool:
        """Wait until nobody needs the instance; False where it was reclaimed."""
        if old_workers:
            time.sleep(_SETTLE)
        deadline = time.monotonic() + _patience(instance)
        while not self._idle(instance, old_workers):
            if self._draining.get(instance.name) is not turn:
                return False
            if time.monotonic() > deadline:
                log.warning("stopped while in use", instance=instance.name)
                break
            time.sleep(_POLL if instance.kind == "web" else 1)
        return True

    def _idle(self, instance: Instance, old_workers: frozenset[int]) -> bool:
        if instance.kind == "web":
            return switch.gone(old_workers)
        if not instance.stays:
            try:
                return facts.states([instance])[0].active != "activating"
            except RunError:  # Not known now; asked again until its patience ends.
                return False
        return True


def stop(places: Places, instance: Instance) -> None:
    """Stop the instance within its `stop_timeout` and remove its unit; systemd still knows it."""
    limit = math.ceil(instance.spec.stop_timeout) + _STOP_MARGIN
    for target in units.TARGETS:
        (places.units / f"{target}.wants" / instance.unit).unlink(missing_ok=True)
    try:
        run(["systemctl", "stop", instance.unit], timeout=limit)
        _stop_left(places, instance, limit)
    except RunError as error:
        log.warning("not stopped", instance=instance.name, error=str(error))
    (places.units / instance.unit).unlink(missing_ok=True)
    run(["systemctl", "reset-failed", instance.unit], timeout=30, check=False)
    log.info("stopped", instance=instance.name)


def _stop_left(places: Places, instance: Instance, limit: float) -> None:
    """Stop a container that outlived the engine, where its unit had not joined it again yet."""
    mark = units.mark_file(places.jobs, instance)
    if mark.exists():
        run(units.docker_stop(instance), timeout=limit, check=False)
        run(units.docker_remove(instance), timeout=limit, check=False)
        mark.unlink()


def _patience(instance: Instance) -> float:
    return instance.spec.drain_timeout if instance.stays else instance.spec.timeout
