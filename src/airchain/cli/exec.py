"""`airchain exec`: run a command in a service's container."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from airchain.cli.context import Context


def exec_(
    ctx: typer.Context,
    environment: Annotated[str, typer.Argument(help="Which environment, such as prod.")],
    service: Annotated[str, typer.Argument(help="Which service, such as django.")],
    command: Annotated[list[str], typer.Argument(help="The command, after `--`.")],
    host: Annotated[str | None, typer.Option(help="Which host; the first without it.")] = None,
) -> None:
    """Run a command inside a running container of a service.

    Its exit status is ours: `airchain exec prod django -- manage.py check`.
    """
    from airchain.fleet import place as places
    from airchain.run import attach

    context = Context.of(ctx)
    specification = context.environment(environment)
    place = places.find(context.home, context.store, context.product.product, environment)
    argv = places.exec_argv(
        place, specification, service, command, host=host, terminal=sys.stdin.isatty()
    )
    raise typer.Exit(attach(argv, env=place.engine.env()))
