"""`airchain up`: start an environment and wait until it serves."""

from __future__ import annotations

from typing import Annotated

import typer

from airchain.cli.context import Context


def up(
    ctx: typer.Context,
    environment: Annotated[str, typer.Argument(help="Which environment, such as prod.")],
    release: Annotated[
        str | None,
        typer.Argument(help="First digits of a release or commit; without it, the current commit."),
    ] = None,
) -> None:
    """Start backing services, edge and fleets, and bring a release to them.

    What runs already is left alone, so running it again is safe and quick.
    """
    from airchain.fleet import environment as fleets
    from airchain.fleet.place import Place
    from airchain.release import index, lock
    from airchain.release.make import make_from_folder

    context = Context.of(ctx)
    context.environment(environment)
    product, home, output = context.product, context.home, context.output
    lock.require_free(context.scope(environment))
    if release is None:
        # Asked for before minutes of building; what a made release needs is asked when it comes.
        fleets.make_secrets(product, environment, context.environment(environment), home, output)
    fleets.check_machine(product, environment, home, output)
    engine = fleets.ready(product, home, output)
    with fleets.own_images(product, engine, home, output) as images:
        if release is None:
            entry = make_from_folder(product, context.folder, engine, home, context.keys, output)
        else:
            entry = index.find(context.store, product.product, release)
        place = Place(engine, home, context.store, product.product, environment)
        status = fleets.up(place, product, entry.digest, images(), output)
    output.timings()

    def human() -> None:
        output.print(f"{product.product} {environment} serves release {index.short(entry.digest)}:")
        for address in status.addresses:
            output.print(f"  {address}")

    output.result(status, human)
