"""`airchain logs`: show a service's log across hosts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from airchain.cli.context import Context

if TYPE_CHECKING:
    from airchain.fleet.logs import Line


def logs(
    ctx: typer.Context,
    environment: Annotated[str, typer.Argument(help="Which environment, such as prod.")],
    service: Annotated[str, typer.Argument(help="Which service, such as django.")],
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with new lines.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, help="Per host.")] = 50,
) -> None:
    """Show what a service wrote on every host, merged by time."""
    from airchain.fleet import logs as journal
    from airchain.fleet import place as places

    context = Context.of(ctx)
    specification = context.environment(environment)
    name = context.product.product
    place = places.find(context.home, context.store, name, environment)
    hosts = places.containers_with(place, specification, service)
    argv = journal.journal_argv(name, service, lines=lines, follow=follow)
    client = place.engine.client()
    if follow:
        for line in journal.follow(client, hosts, argv):
            context.output.result(line, partial(_print, context, line), more=True)
    else:
        found = journal.read(client, hosts, argv)

        def human() -> None:
            for line in found:
                _print(context, line)

        context.output.result(found, human)


def _print(context: Context, line: Line) -> None:
    context.output.print(f"{line.time:%H:%M:%S.%f} {line.host} {line.text}")
