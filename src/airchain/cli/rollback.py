"""`airchain rollback`: bring back the release before."""

from __future__ import annotations

from typing import Annotated

import typer

from airchain.cli.context import Context


def rollback(
    ctx: typer.Context,
    environment: Annotated[str, typer.Argument(help="Which environment, such as prod.")],
    to: Annotated[
        str | None,
        typer.Option(metavar="RELEASE", help="First digits of any release, or of its commit."),
    ] = None,
    all_at_once: Annotated[
        bool, typer.Option("--all-at-once", help="No host waits for another.")
    ] = False,
) -> None:
    """Bring back the release that the environment ran before this one, or the one you name.

    It is a deployment like any other: hosts that never ran that release
    fetch it, and it is taken back where it does not become healthy.
    """
    from airchain.cli.deploy import bring
    from airchain.release import index, lock
    from airchain.release.pointer import before

    context = Context.of(ctx)
    context.environment(environment)
    store, product = context.store, context.product.product
    scope = context.scope(environment)
    release = index.find(store, product, to).digest if to else before(scope)
    entry = index.entry(store, product, release)
    of = f" of {entry.revision[:12]}, {entry.subject!r}" if entry else ""
    with context.output.step(f"back to release {index.short(release)}{of}"):
        lock.require_free(scope)
    bring(context, environment, "rollback", release, all_at_once=all_at_once)
