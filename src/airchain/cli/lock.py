"""`airchain lock` and `airchain unlock`: keep everybody from changing an environment."""

from __future__ import annotations

from typing import Annotated

import typer

from airchain.cli.context import Context

EnvironmentName = Annotated[
    str, typer.Argument(metavar="ENV", help="Which environment, such as prod.")
]


def lock(
    ctx: typer.Context,
    environment: EnvironmentName,
    reason: Annotated[str, typer.Option(help="Why: whoever is refused reads it.")],
    lasts: Annotated[
        str | None, typer.Option("--for", metavar="SPAN", help="Such as 30m, 2h or 3d.")
    ] = None,
) -> None:
    """Refuse deploy, rollback, promote, up and down to everybody, you included.

    Until `airchain unlock`, or for the time given. What runs goes on.
    """
    from airchain.release import audit
    from airchain.release import lock as locks

    context = Context.of(ctx)
    context.environment(environment)
    scope = context.scope(environment)
    span = locks.lasting(lasts) if lasts else None
    with audit.recorded(audit.Log.of(scope), "lock", detail=reason):
        taken = locks.take(scope, reason, span)
    ends = f"for {locks.span(span)}" if span else f"until `airchain unlock {environment}`"
    context.output.result(
        taken, lambda: context.output.print(f"{environment} is locked {ends}: {reason}")
    )


def unlock(
    ctx: typer.Context,
    environment: EnvironmentName,
    force: Annotated[
        bool, typer.Option("--force", help="Also somebody else's, or that of a running operation.")
    ] = False,
) -> None:
    """End the lock of an environment.

    An operation whose lock is ended stops before it changes anything more.
    """
    from airchain.release import audit
    from airchain.release import lock as locks
    from airchain.store import clock

    context = Context.of(ctx)
    context.environment(environment)
    scope = context.scope(environment)
    with audit.recorded(audit.Log.of(scope), "unlock") as entry:
        ended = locks.give_back(scope, force=force)
        entry.detail = locks.describe(ended, clock.now(scope.store)) if ended else "was not locked"
    context.output.result(
        {"ended": ended},
        lambda: context.output.print(f"{environment}: {_said(entry.detail, bool(ended))}"),
    )


def _said(detail: str, ended: bool) -> str:
    return f"unlocked; it was {detail}" if ended else detail
