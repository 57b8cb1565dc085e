"""`airchain release`: make a release from the current commit."""

from __future__ import annotations

import typer

from airchain.cli.context import Context


def release(ctx: typer.Context) -> None:
    """Build, test and push what changed, and record it as a release."""
    from airchain.fleet.environment import ready
    from airchain.release.index import short
    from airchain.release.make import make_from_folder

    context = Context.of(ctx)
    output = context.output
    engine = ready(context.product, context.home, output)
    entry = make_from_folder(
        context.product, context.folder, engine, context.home, context.keys, output
    )
    output.timings()
    output.result(entry, lambda: output.print(f"release {short(entry.digest)}"))
