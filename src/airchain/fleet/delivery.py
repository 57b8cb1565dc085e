"""Deploy on this machine: judged by the environment's edge, explained by its hosts' logs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from airchain.fleet import haproxy, traffic
from airchain.paths import Home
from airchain.progress import Progress
from airchain.release import deploy as releases
from airchain.release.deploy import Deployed
from airchain.release.operation import Operation
from airchain.release.scope import Scope
from airchain.spec.model import Deploy
from airchain.store.records import Report


def deploy(
    home: Home,
    operation: Operation,
    release: str,
    settings: Deploy,
    progress: Progress,
    *,
    all_at_once: bool = False,
    silence: float | None = None,
) -> Deployed:
    """Bring the operation's environment to the release; raises what `release.deploy` does."""
    scope = operation.scope
    return releases.deploy(
        scope,
        release,
        progress,
        settings=settings,
        all_at_once=all_at_once,
        silence=silence,
        traffic=traffic.of(haproxy.runtime(home, scope.product, scope.environment)),
        logs=partial(_logs, home, scope),
        on_stage=operation.on_stage,
    )


def _logs(home: Home, scope: Scope, said: Sequence[Report]) -> str:
    # Only a failure needs the engine's client, which is slow to import.
    from airchain.fleet import place as places

    place = places.find(home, scope.store, scope.product, scope.environment)
    return places.evidence(place, said)
