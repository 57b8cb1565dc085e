"""`airchain scale`: set how many hosts a fleet has."""

from __future__ import annotations

from typing import Annotated

import typer

from airchain.cli.context import Context


def scale(
    ctx: typer.Context,
    environment: Annotated[str, typer.Argument(help="Which environment, such as prod.")],
    fleet: Annotated[str, typer.Argument(help="Which fleet, such as web.")],
    size: Annotated[int, typer.Argument(min=0, help="How many hosts it shall have.")],
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Until every host is in service.")
    ] = True,
) -> None:
    """Set the size of a fleet, between its `min` and `max`, and wait until it is so."""
    from airchain.fleet import place as places
    from airchain.release import audit

    context = Context.of(ctx)
    specification = context.environment(environment)
    place = places.find(context.home, context.store, context.product.product, environment)
    log = audit.Log.of(place.scope)
    with audit.recorded(log, "scale", detail=f"{fleet} to {size}") as entry:
        before = places.set_size(place, specification, fleet, size)
        entry.detail = f"{fleet}: {before} → {size} hosts"
    if wait:
        places.wait_settled(place, specification, context.output)
        context.output.timings()
    context.output.result(
        {"fleet": fleet, "before": before, "size": size},
        lambda: context.output.print(f"{fleet}: {before} → {size} hosts"),
    )
