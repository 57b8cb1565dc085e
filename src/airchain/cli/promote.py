"""`airchain promote`: bring what serves in one environment to another."""

from __future__ import annotations

from typing import Annotated

import typer

from airchain.cli.context import Context


def promote(
    ctx: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="Where the release serves, such as qa.")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="Where to, such as staging.")],
    all_at_once: Annotated[
        bool, typer.Option("--all-at-once", help="No host waits for another.")
    ] = False,
) -> None:
    """Deploy to TO the very release that serves on every host of FROM.

    The same digests: nothing is built, tested or pushed again. It is refused
    while a deployment is under way in FROM.
    """
    from airchain.cli.deploy import bring
    from airchain.release import lock
    from airchain.release.index import short
    from airchain.release.promote import serving

    context = Context.of(ctx)
    for name in (source, target):
        context.environment(name)
    lock.require_free(context.scope(target))
    with context.output.step(f"what serves in {source}") as step:
        release = serving(context.scope(source))
        step.note(f"release {short(release)}")
    detail = f"from {source}"
    bring(context, target, "promote", release, detail, all_at_once=all_at_once)
