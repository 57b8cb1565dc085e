"""`airchain build`: build and test images."""

from __future__ import annotations

from typing import Annotated

import typer

from airchain.cli.context import Context


def build(
    ctx: typer.Context,
    images: Annotated[
        list[str] | None,
        typer.Argument(metavar="IMAGE", help="Only these and what they start from."),
    ] = None,
    test: Annotated[bool, typer.Option(help="Run the images' tests.")] = True,
) -> None:
    """Build and test what changed, and push it to the registry of this machine."""
    from airchain.fleet.environment import ready
    from airchain.images import build_and_push
    from airchain.release.revision import read_revision

    context = Context.of(ctx)
    output = context.output
    built = build_and_push(
        context.product,
        context.folder,
        engine=ready(context.product, context.home, output),
        home=context.home,
        revision=read_revision(context.folder).name,
        progress=output,
        only=images or None,
        test=test,
    )
    output.timings()

    def human() -> None:
        output.table(
            ("image", "digest", "compressed"),
            [
                (name, image.digest.removeprefix("sha256:")[:12], f"{image.size / 1e6:.1f} MB")
                for name, image in built.items()
            ],
            right=("compressed",),
        )

    output.result({name: image.model_dump() for name, image in built.items()}, human)
