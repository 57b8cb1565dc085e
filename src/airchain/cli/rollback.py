"""`airchain rollback`: bring back the release before."""

from __future__ import annotations

from typing import Annotated

import typer

from airchain.cli.context import Context


def rollback(
    ctx: typer.Context,
    environment: Annotated[str, typer.Argument(help="Which environment, such as prod.")],
) -> None:
    """Deploy the release that the environment ran before this one.

    It is a deployment like any other: hosts that never ran that release
    fetch it, and it is taken back where it does not become healthy.
    """
    from airchain.cli.deploy import tell
    from airchain.release.deploy import deploy as drive
    from airchain.release.pointer import before

    context = Context.of(ctx)
    settings = context.environment(environment).deploy
    scope = context.scope(environment)
    done = drive(scope, before(scope), context.output, settings=settings)
    tell(context, environment, done)
