"""`airchain down`: remove all that `airchain up` made."""

from __future__ import annotations

from typing import Annotated

import typer

from airchain.cli.context import Context


def down(
    ctx: typer.Context,
    environment: Annotated[str, typer.Argument(help="Which environment, such as prod.")],
) -> None:
    """Stop and remove the environment's hosts, edge, backing services and their data.

    Images, releases and secrets stay, and so does everything of other
    environments and products.
    """
    from airchain.fleet import environment as fleets
    from airchain.release.operation import Order, under_way

    context = Context.of(ctx)
    context.environment(environment)
    with under_way(context.scope(environment), Order("down"), context.output):
        removed = fleets.down(context.home, context.product.product, environment, context.output)

    def human() -> None:
        if removed:
            context.output.print(f"{context.product.product} {environment}: removed")
        else:
            context.output.print(f"{context.product.product} {environment} was not up")

    context.output.result({"removed": removed}, human)
