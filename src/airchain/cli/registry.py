"""`airchain registry`: look after the storage of the registry."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from airchain.cli.context import Context

app = typer.Typer(no_args_is_help=True, help="Look after the storage of the registry.")


@app.callback()
def root() -> None:
    """Look after the storage of the registry."""


@app.command("clean")
def clean(
    ctx: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be removed.")
    ] = False,
    keep: Annotated[int, typer.Option(min=0, help="How many of the newest releases to keep.")] = 20,
    days: Annotated[
        float, typer.Option(min=0, help="Keep releases that are younger, in days.")
    ] = 14,
) -> None:
    """Remove releases and images that nothing keeps, while all goes on.

    Kept is what any environment of any product in this store runs, ran before or could
    roll back to, the newest releases, and the newest images of builds. A release that
    is given up goes ten minutes later, with the next clean-up; the keeper cleans up by
    itself every six hours.
    """
    from airchain.fleet import tidy
    from airchain.registry import serve
    from airchain.release.keep import Retention

    context = Context.of(ctx)
    product = context.product
    serve.ensure(context.home, product.registry.name, product.store)
    retention = Retention(newest=keep, age=timedelta(days=days))
    cleaner = tidy.cleaner(
        context.home, context.store, product.store, product.registry.name, retention
    )
    if dry_run:
        done = cleaner.survey()
    else:
        with context.output.step("clean the registry") as step:
            done = cleaner.clean()
            step.note(tidy.sentence(done))

    def human() -> None:
        verb = "would free" if dry_run else "freed"
        context.output.print(f"{verb} {tidy.sentence(done)}")

    context.output.result(asdict(done), human)
