"""What an environment vouches for: the release that all of its hosts serve."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.keys import scope_in

from airchain.errors import DeployError
from airchain.release import pointer
from airchain.release.promote import serving
from airchain.release.scope import Scope
from airchain.store import DirectoryStore, clock
from airchain.store.records import Report, report_key

ONE, TWO = "sha256:" + "1a" * 32, "sha256:" + "2b" * 32


@pytest.fixture
def scope(tmp_path: Path) -> Scope:
    made = scope_in(DirectoryStore(tmp_path), ONE, TWO)
    pointer.write(made, pointer.settle(pointer.begin(None, ONE, staged=False)), None)
    return made


def report(scope: Scope, host: str, **changes: Any) -> None:
    now = clock.now(scope.store)
    fields: dict[str, Any] = {
        "host": host,
        "fleet": "web",
        "address": "10.0.0.1",
        "booted": now,
        "written": now,
        "state": "in_service",
        "in_service": True,
        "serial": 1,
        "running": ONE,
    }
    made = Report(**{**fields, **changes})
    scope.store.put(report_key(scope.product, scope.environment, host), made.encode())


def test_what_all_hosts_serve(scope: Scope) -> None:
    """The very digest; a host that is gone for long does not count."""
    report(scope, "a")
    report(scope, "b")
    report(scope, "c", running=TWO, written=clock.now(scope.store) - timedelta(minutes=5))
    assert serving(scope) == ONE


LATE: dict[str, dict[str, Any]] = {
    "runs another": {"running": TWO},
    "is converging": {"state": "converging"},
    "failed": {"state": "failed"},
    "serves an older deployment": {"serial": 0},
}


@pytest.mark.parametrize("case", LATE)
def test_one_host_that_does_not_serve_it(scope: Scope, case: str) -> None:
    """It is named."""
    report(scope, "a")
    report(scope, "b", **LATE[case])
    with pytest.raises(DeployError, match="1a1a1a1a1a1a does not serve on b, so it has not proven"):
        serving(scope)


@pytest.mark.parametrize("admitted", [(), ("a",)])
def test_a_deployment_that_is_under_way(scope: Scope, admitted: tuple[str, ...]) -> None:
    """Neither the new release nor the old one is promoted meanwhile."""
    report(scope, "a")
    held = pointer.hold(scope)
    assert held is not None
    half = pointer.begin(held.pointer, TWO, staged=True)
    pointer.write(scope, pointer.admit(half, admitted), held)
    with pytest.raises(DeployError, match="2b2b2b2b2b2b is still on its way here"):
        serving(scope)
