"""`airchain engine`: start, stop and show the Docker Engine in use."""

from __future__ import annotations

import typer

from airchain.cli.context import Context

app = typer.Typer(no_args_is_help=True, help="Start, stop and show the Docker Engine in use.")

_ORIGINS = {
    "DOCKER_HOST": "named by DOCKER_HOST",
    "machine": "this machine's own",
    "private": "private to Airchain",
}


@app.command()
def start(ctx: typer.Context) -> None:
    """Use an engine that answers; where there is none, start a private one."""
    from airchain.images import engine

    context = Context.of(ctx)
    found = engine.ensure(context.home, context.output)
    context.output.result(
        found,
        lambda: context.output.print(
            f"engine {found.version} answers at {found.url} ({_ORIGINS[found.origin]})"
        ),
    )


@app.command()
def stop(ctx: typer.Context) -> None:
    """Stop the private engine with every container in it, and the registry.

    Other engines are left alone. What is built and released stays.
    """
    from airchain.images import engine
    from airchain.registry import serve

    context = Context.of(ctx)
    with context.output.step("stop the private engine"):
        stopped = engine.stop(context.home)
    with context.output.step("stop the registry"):
        registries = serve.stop_all(context.home)

    def human() -> None:
        context.output.print("engine stopped" if stopped else "the private engine was not running")
        for name in registries:
            context.output.print(f"registry {name} stopped")

    context.output.result({"stopped": stopped, "registries": registries}, human)


@app.command()
def status(ctx: typer.Context) -> None:
    """Show which engine is in use, and the private one."""
    from airchain.images import engine

    context = Context.of(ctx)
    found = engine.status(context.home)

    def human() -> None:
        used = found.engine
        if used is None:
            context.output.print("no engine answers; `airchain engine start` starts a private one")
        else:
            context.output.print(
                f"in use: engine {used.version} at {used.url} ({_ORIGINS[used.origin]})"
            )
        private = found.private
        state = f"runs (pid {private.pid})" if private.pid else "does not run"
        context.output.print(f"private engine: {state}; data {private.data}, log {private.log}")

    context.output.result(found, human)
