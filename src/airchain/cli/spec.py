"""`airchain spec`: check and show airchain.yaml."""

from __future__ import annotations

import io
import json
from typing import Annotated, Any

import typer

from airchain.cli.context import Context

app = typer.Typer(no_args_is_help=True, help="Check and show airchain.yaml.")


@app.command()
def check(ctx: typer.Context) -> None:
    """Say everything that is wrong with airchain.yaml and its overlays, all at once."""
    context = Context.of(ctx)
    product = context.product
    counts = {
        "images": len(product.images),
        "environments": {
            name: {"services": len(part.services), "fleets": len(part.fleets)}
            for name, part in product.environments.items()
        },
    }

    def human() -> None:
        context.output.print(f"{product.product}: nothing is wrong")
        rows = [
            (name, ", ".join(part.fleets), ", ".join(part.services), ", ".join(part.backing))
            for name, part in product.environments.items()
        ]
        context.output.table(("environment", "fleets", "services", "backing"), rows)

    context.output.result({"product": product.product, **counts}, human)


@app.command()
def show(
    ctx: typer.Context,
    env: Annotated[
        str, typer.Option("--env", "-e", metavar="ENV", help="Only this environment.")
    ] = "",
) -> None:
    """Print the specification with overlays merged and defaults filled in, as YAML or JSON."""
    context = Context.of(ctx)
    shown = context.environment(env) if env else context.product
    data = shown.model_dump(mode="json", exclude_none=True)
    context.output.result(data, lambda: context.output.print(_yaml(data)))


@app.command()
def schema(ctx: typer.Context) -> None:
    """Print the JSON Schema of airchain.yaml, for editors."""
    from airchain.spec.schema import schema as make

    context = Context.of(ctx)
    data = make()
    context.output.result(data, lambda: context.output.print(json.dumps(data, indent=1)))


def _yaml(data: dict[str, Any]) -> str:
    from ruamel.yaml import YAML

    text = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(data, text)
    return text.getvalue().rstrip("\n")
