"""Which release an environment vouches for: the one that all its hosts serve."""

from __future__ import annotations

from airchain.errors import DeployError
from airchain.release import lock, pointer, rollout
from airchain.release.index import short
from airchain.release.reports import reports
from airchain.release.scope import Scope
from airchain.store import clock


def serving(scope: Scope) -> str:
    """The digest that serves on every host; `DeployError` where that cannot be said of one."""
    held = pointer.hold(scope)
    if held is None:
        raise DeployError(
            "nothing was deployed here, so there is nothing to promote",
            where=str(scope),
            hint=f"`airchain up {scope.environment}` brings a release here first",
        )
    release = short(held.pointer.release)
    if held.pointer.trial or held.pointer.admitted is not None:
        raise DeployError(
            f"release {release} is still on its way here, so it has not proven itself",
            where=str(scope),
            hint=_finish(scope),
        )
    live = rollout.fresh(reports(scope), clock.now(scope.store))
    if not live:
        raise DeployError(
            f"no host is up here, so nothing shows that release {release} works",
            where=str(scope),
            hint=f"`airchain up {scope.environment}` starts hosts; "
            f"`airchain deploy ENV {release}` brings the release anywhere, unproven",
        )
    late = [r.host for r in live if not rollout.runs(r, held.pointer)]
    if late:
        raise DeployError(
            f"release {release} does not serve on {', '.join(late)}, so it has not proven itself",
            where=str(scope),
            hint=_finish(scope),
        )
    return held.pointer.release


def _finish(scope: Scope) -> str:
    env = scope.environment
    if lock.current(scope):
        return f"a deployment is under way; `airchain status {env}` shows how far it is"
    return f"`airchain deploy {env} RELEASE` finishes what stopped half-way"
