"""What the hosts of an environment last said."""

from __future__ import annotations

from collections.abc import Sequence

from airchain.release.scope import Scope
from airchain.store.many import side_by_side
from airchain.store.records import Report, environment_key, read_report


def reports(scope: Scope) -> Sequence[Report]:
    """The last report of every host, sorted by name; one that cannot be read is left out."""
    keys = scope.store.list(f"{environment_key(scope.product, scope.environment)}/hosts")
    # The first shall not be old before the last one is read.
    found = side_by_side(
        lambda key: read_report(scope.store, key), [k for k in keys if k.endswith("/report")]
    )
    return [r for r in found if r is not None]
