"""`airchain history`: who did what with an environment."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from airchain.cli.context import Context

if TYPE_CHECKING:
    from airchain.release.audit import Done


def history(
    ctx: typer.Context,
    environment: Annotated[str, typer.Argument(help="Which environment, such as prod.")],
    most: Annotated[int, typer.Option("-n", min=1, help="How many to show.")] = 20,
) -> None:
    """Show what was done with an environment, by whom and what came of it; newest first.

    What has no end was cut off, such as by the end of its process.
    """
    from airchain.release import audit, lock

    context = Context.of(ctx)
    context.environment(environment)
    scope = context.scope(environment)
    logs = (audit.Log.of(scope), audit.Log(scope.store, scope.product))
    held = lock.current(scope)
    rows = [
        (done, done.outcome or ("running" if held and held.token == done.id else "no end"))
        for done in audit.history(logs, most)
    ]

    def human() -> None:
        if not rows:
            context.output.print("nothing was done yet")
            return
        context.output.table(
            ("when", "who", "what", "release", "before", "outcome", "s", "detail"),
            [_row(done, outcome) for done, outcome in rows],
            right=("s",),
        )

    context.output.result([{**asdict(d), "outcome": outcome} for d, outcome in rows], human)


def _row(done: Done, outcome: str) -> tuple[str, ...]:
    from airchain.release.index import short

    return (
        f"{done.at.astimezone():%Y-%m-%d %H:%M:%S}",
        done.who,
        done.what,
        short(done.release or "-"),
        short(done.previous or "-"),
        outcome,
        "" if done.seconds is None else f"{done.seconds:.1f}",
        done.detail,
    )
