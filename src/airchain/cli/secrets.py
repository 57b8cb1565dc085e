"""`airchain secrets`: set, list and read an environment's secrets."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from airchain.cli.context import Context

app = typer.Typer(no_args_is_help=True, help="Set, list and read an environment's secrets.")
EnvironmentName = Annotated[
    str, typer.Argument(metavar="ENV", help="Which environment, such as prod.")
]


@app.command("set")
def set_(
    ctx: typer.Context,
    environment: EnvironmentName,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The name in airchain.yaml, such as API_TOKEN.")
    ],
) -> None:
    """Read a value from standard input (or ask for it) and keep it.

    A trailing newline is not part of the value. Hosts that are up get it
    within seconds, services when they next start.
    """
    from airchain.fleet import secrets
    from airchain.release import audit

    context = Context.of(ctx)
    context.environment(environment)
    if sys.stdin.isatty():
        value = typer.prompt(name, hide_input=True, err=True).encode()
    else:
        value = sys.stdin.buffer.read().removesuffix(b"\n")
    with audit.recorded(audit.Log.of(context.scope(environment)), "secret set", detail=name):
        secrets.put(context.home, context.product.product, environment, name, value)
    needed = name in secrets.declared(context.environment(environment))
    unused = f"; no service of {environment} uses it yet"
    if name not in context.product.secrets:
        unused = "; airchain.yaml does not declare it, so no service gets it"

    def human() -> None:
        context.output.print(f"{name} is set{'' if needed else unused}")

    context.output.result({"set": name, "needed": needed}, human)


@app.command("list")
def list_(ctx: typer.Context, environment: EnvironmentName) -> None:
    """List the names that the environment needs and whether each has a value."""
    from airchain.fleet import secrets

    context = Context.of(ctx)
    needed = secrets.declared(context.environment(environment))
    have = secrets.listed(context.home, context.product.product, environment)
    rows = [{"name": n, "set": n in have, "needed": n in needed} for n in {*needed, *have}]
    rows.sort(key=lambda row: str(row["name"]))

    def human() -> None:
        context.output.table(
            ("secret", "value", "needed"),
            [
                (r["name"], "set" if r["set"] else "MISSING", "yes" if r["needed"] else "no")
                for r in rows
            ],
        )

    context.output.result(rows, human)


@app.command("get")
def get(
    ctx: typer.Context,
    environment: EnvironmentName,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The secret to read.")],
) -> None:
    """Print a value, such as a password that was generated."""
    from airchain.fleet import secrets

    context = Context.of(ctx)
    context.environment(environment)
    product = context.product.product
    have = secrets.listed(context.home, product, environment)
    secrets.check_known(name, {*context.product.secrets, *have}, environment)
    values = secrets.values(context.home, product, environment, [name])
    value = values[name].decode("utf-8", "replace")
    context.output.result({"name": name, "value": value}, lambda: context.output.print(value))


@app.command("remove")
def remove(
    ctx: typer.Context,
    environment: EnvironmentName,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The secret to forget.")],
) -> None:
    """Forget a value."""
    from airchain.fleet import secrets
    from airchain.release import audit

    context = Context.of(ctx)
    context.environment(environment)
    with audit.recorded(audit.Log.of(context.scope(environment)), "secret removed", detail=name):
        secrets.remove(context.home, context.product.product, environment, name)
    context.output.result({"removed": name}, lambda: context.output.print(f"{name} is removed"))
