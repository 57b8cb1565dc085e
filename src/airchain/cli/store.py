"""`airchain store`: what concerns the product's store."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from airchain.cli.context import Context

app = typer.Typer(no_args_is_help=True, help="Show what the store on S3 needs.")


class Who(StrEnum):
    """For whom rights are asked."""

    host = "host"
    driver = "driver"


@app.callback()
def group() -> None:
    """Show what the store on S3 needs."""


@app.command()
def policy(
    ctx: typer.Context,
    environment: Annotated[
        str, typer.Argument(metavar="ENV", help="Which environment, such as prod.")
    ],
    who: Annotated[
        Who, typer.Option("--for", help="A host, or whoever builds, releases and deploys.")
    ] = Who.host,
    host: Annotated[
        str,
        typer.Option(help="Just this host; else the one that the credentials are tagged with."),
    ] = "",
) -> None:
    """Print the IAM policy that gives the rights which are needed, and no others."""
    from airchain.errors import SpecError
    from airchain.store import policy as policies

    context = Context.of(ctx)
    context.environment(environment)
    product, place = context.product.product, context.product.store.s3
    if place is None:
        raise SpecError(
            "the store is a directory of this machine, which needs no policy",
            where="store",
            hint="store: {s3: {bucket: …, region: …}} in airchain.yaml keeps it in S3",
        )
    if who is Who.driver:
        made = policies.for_driver(place, product, environment)
    else:
        made = policies.for_host(place, product, environment, host or policies.ANY_HOST)
    context.output.result(made, lambda: context.output.print(json.dumps(made, indent=2)))
