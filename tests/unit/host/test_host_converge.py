"""Convergences as far as they can be seen without an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from airchain.errors import AirchainError, Missing, RegistryError, StoreDamaged
from airchain.host import converge, facts
from airchain.host.facts import Unit
from airchain.host.identity import Identity, Places
from airchain.host.instances import Instance, wanted
from airchain.host.plan import Plan
from airchain.host.report import Status
from airchain.spec.model import Environment, Fleet, Service
from airchain.store.records import ImageDigest, Release

SERVICE = Service(image="www", kind="web", port=80)
RELEASE = Release(
    product="tv",
    revision="r",
    images={"www": ImageDigest(repository="r:1/tv/www", digest="sha256:aa", size=1)},
    environments={
        "prod": Environment(
            services={"web": SERVICE},
            fleets={"front": Fleet(services=("web",))},
        )
    },
)


def converger_of(
    fleet: str, root: Path, verify: Callable[[str], None] = lambda _: None
) -> converge.Converger:
    identity = Identity(product="tv", environment="prod", fleet=fleet, host="h", registry="r:1")
    nobody: Any = None  # Nothing is pulled, started, run or stopped.
    return converge.Converger(
        Places(root),
        identity,
        nobody,
        Status(identity),
        nobody,
        nobody,
        nobody,
        nobody,
        verify,
    )


def test_a_release_without_our_fleet_leaves_the_host_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as prepared and arrived, so it can be deployed; the keeper ends the host."""
    monkeypatch.setattr(converge, "pull_artifact", lambda *_: RELEASE.encode())
    verified: list[str] = []
    converger = converger_of("web", tmp_path, verified.append)
    target = converger.converge("sha256:ff", 1, lambda: True)
    assert not target.ours
    assert target.instances == ()
    assert converger.prepared == ("sha256:ff",)
    assert verified == ["sha256:ff"]


GOOD, BAD = "sha256:aa", "sha256:bb"


def registry_with(monkeypatch: pytest.MonkeyPatch, found: dict[str, AirchainError | None]) -> None:
    """A registry that gives the releases whose error is None."""

    def pull(_name: str, _repository: str, digest: str) -> bytes:
        if error := found[digest]:
            raise error
        return RELEASE.encode()

    monkeypatch.setattr(converge, "pull_artifact", pull)


def test_a_release_that_is_damaged_keeps_no_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it keep a host from being cleaned of what others leave."""
    registry_with(monkeypatch, {GOOD: None, BAD: StoreDamaged("hashes to another")})
    kept = converger_of("front", tmp_path).keep_images([BAD, GOOD])
    assert kept == {"r:1/tv/www@sha256:aa"}


@pytest.mark.parametrize(
    "found",
    [
        {GOOD: None, BAD: RegistryError("the registry does not answer")},
        {GOOD: Missing("no such artifact"), BAD: Missing("no such artifact")},
    ],
)
def test_what_is_not_known_to_be_lost_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: dict[str, AirchainError | None]
) -> None:
    """A registry that does not answer, or whose store is away, says nothing of releases."""
    registry_with(monkeypatch, found)
    with pytest.raises(RegistryError):
        converger_of("front", tmp_path).keep_images([BAD, GOOD])


def test_a_store_that_goes_away_meanwhile_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before it went is no sign that it is there."""
    registry_with(monkeypatch, {GOOD: None})
    converger = converger_of("front", tmp_path)
    converger._targets[GOOD] = converger._read(GOOD)
    registry_with(
        monkeypatch, {GOOD: Missing("no such artifact"), BAD: Missing("no such artifact")}
    )
    with pytest.raises(Missing):
        converger.keep_images([GOOD, BAD])
    assert converger.prepared == (GOOD,)


class Recorder:
    """Starter, tasks and drain in one: says what was asked of it, in order."""

    def __init__(self, *, task_fails: bool) -> None:
        self.said: list[str] = []
        self.leaving: frozenset[str] = frozenset()
        self._task_fails = task_fails

    def install(self, instances: Sequence[Instance]) -> Sequence[Unit]:
        return tuple(Unit(i) for i in instances)

    def start(self, instances: Sequence[Instance], _seen: Sequence[Unit]) -> None:
        self.said += [f"start {i.service}" for i in instances]

    def complete(self, task: Instance, *_: object) -> None:
        self.said.append(f"task {task.service}")
        if self._task_fails:
            raise AirchainError("the table is locked")

    def await_ready(self, *_: object) -> dict[str, float]:
        raise AirchainError("as far as this test goes")

    def retire(self, instances: Sequence[Instance], _workers: frozenset[int]) -> None:
        self.said += [f"retire {i.service}" for i in instances]

    def reclaim(self, names: Iterable[str]) -> None:
        assert names

    def report(self, *_: object, **__: object) -> None: ...


@pytest.mark.parametrize(
    ("task_fails", "said"),
    [
        (True, ["start soon", "task migrate", "retire soon"]),
        (
            False,
            # Asked for again after the tasks: it may have given up without them.
            [
                "start soon",
                "task migrate",
                "start soon",
                "start then",
                "retire soon",
                "retire then",
            ],
        ),
    ],
)
def test_tasks_run_before_all_that_needs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task_fails: bool, said: list[str]
) -> None:
    """What may start before them does; whatever was begun is taken back when they fail."""
    recorder = Recorder(task_fails=task_fails)
    with pytest.raises(AirchainError):
        with_tasks(tmp_path, monkeypatch, recorder).converge("sha256:ff", 1, lambda: True)
    assert recorder.said == said


def test_what_a_killed_agent_began_is_taken_back_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is up and takes no requests: it waits for the tasks like what this agent begins."""
    recorder = Recorder(task_fails=True)
    converger = with_tasks(tmp_path, monkeypatch, recorder)
    up: list[Unit] = []
    monkeypatch.setattr(facts, "observe", lambda _: up)
    target = converger.prepare("sha256:ff", lambda: True)
    up += [Unit(i, active="active") for i in target.instances if i.stays]
    with pytest.raises(AirchainError):
        converger.converge("sha256:ff", 1, lambda: True)
    assert recorder.said == ["task migrate", "retire soon"]
    recorder.said.clear()
    site = Places(tmp_path).site
    site.parent.mkdir(parents=True)
    site.write_text(" ".join(unit.instance.name for unit in up))
    with pytest.raises(AirchainError):
        converger.converge("sha256:ff", 1, lambda: True)
    assert recorder.said == ["task migrate"]


def with_tasks(
    root: Path, monkeypatch: pytest.MonkeyPatch, recorder: Recorder
) -> converge.Converger:
    """Converges to a release with a task, and two services of which one may start before it."""
    web = {"image": "www", "kind": "web", "port": 80}
    services = {
        "soon": Service.model_validate({**web, "before_tasks": True}),
        "then": Service.model_validate(web),
        "migrate": Service(image="www", kind="task"),
    }
    fleets = {"front": Fleet(services=("soon", "then"))}
    environment = Environment(services=services, fleets=fleets)
    release = RELEASE.model_copy(update={"environments": {"prod": environment}})
    converger = converger_of("front", root)
    mine = wanted(release, "prod", "front")
    monkeypatch.setattr(
        converger,
        "prepare",
        lambda *_: converge.Target("sha256:ff", release, environment, mine),
    )
    monkeypatch.setattr(facts, "observe", lambda _: ())
    monkeypatch.setattr(facts, "states", lambda early: tuple(Unit(i) for i in early))
    parts: Any = recorder
    converger._starter = converger._tasks = converger._drain = parts
    return converger


@pytest.mark.parametrize("task_fails", [True, False])
def test_nobody_helps_up_what_is_just_coming_or_leaving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task_fails: bool
) -> None:
    """While tasks run, what starts beside them; afterwards nothing, until all is in its place."""
    seen: list[tuple[str, set[str], bool]] = []

    class Witness(Recorder):
        def complete(self, task: Instance, *_: object) -> None:
            self._note("task")
            super().complete(task)

        def await_ready(self, *_: object) -> dict[str, float]:
            self._note("ready")
            return super().await_ready()

        def retire(self, instances: Sequence[Instance], workers: frozenset[int]) -> None:
            self._note("retire")

        def _note(self, what: str) -> None:
            coming = {name.split("-")[1] for name in converger.coming}
            seen.append((what, coming, converger.services_lock.locked()))

    converger = with_tasks(tmp_path, monkeypatch, Witness(task_fails=task_fails))
    with pytest.raises(AirchainError):
        converger.converge("sha256:ff", 1, lambda: True)
    assert seen[0] == ("task", {"soon"}, False)
    assert seen[-1] == ("retire", {"soon"}, not task_fails)
    assert [s for s in seen if s[0] == "ready"] == (
        [] if task_fails else [("ready", {"soon"}, True)]
    )
    assert (converger.coming, converger.services_lock.locked()) == (frozenset(), False)


def test_restarts_are_counted_from_where_the_release_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of before say nothing of it: the report is right before anybody watches."""
    said: dict[str, object] = {}

    class Ready(Recorder):
        def await_ready(self, *_: object) -> dict[str, float]:
            return {"start": 0.0, "health": 0.0}

        def report(self, *of: object, **fields: object) -> None:
            (instance,) = of
            assert isinstance(instance, Instance)
            said[instance.service] = fields["restarts"]

    converger = with_tasks(tmp_path, monkeypatch, Ready(task_fails=False))
    stays, new = (
        Instance(id="1", product="tv", service=name, image="r:1/tv/www@sha256:aa", spec=SERVICE)
        for name in ("stays", "new")
    )
    monkeypatch.setattr(
        facts, "states", lambda asked: tuple(Unit(i, restarts=3 * (i is stays)) for i in asked)
    )
    plan = Plan(tasks=(), start=(new,), keep=(stays,), crons=(), retire=())
    converger._bring_up(plan, "localhost", lambda: True)
    assert said == {"stays": 3, "new": 0}
