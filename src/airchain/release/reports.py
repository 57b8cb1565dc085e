"""What the hosts of an environment last said."""

from __future__ import annotations

from collections.abc import Sequence

from airchain.release.scope import Scope
from airchain.store.records import Report, environment_key, read_report


def reports(scope: Scope) -> Sequence[Report]:
    """The last report of every host, sorted by name; one that cannot be read is left out."""
    keys = scope.store.list(f"{environment_key(scope.product, scope.environment)}/hosts")
    found = (read_report(scope.store, key) for key in keys if key.endswith("/report"))
    return [r for r in found if r is not None]
