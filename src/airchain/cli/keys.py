"""`airchain keys`: the key that signs releases and pointers."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from airchain.cli.context import Context

app = typer.Typer(no_args_is_help=True, help="Show, export, import and replace the signing key.")


@app.command("show")
def show(ctx: typer.Context) -> None:
    """Show the key of this machine and the keys that count."""
    context = Context.of(ctx)
    keys = context.keys
    bundle, trust = keys.bundle(), keys.trust()
    mine = bundle.key.public if bundle else None
    rows = [{"key": key, "here": key == mine} for key in trust.keys]
    data = {"product": keys.product, "list": trust.number, "trusted": rows, "mine": mine}

    def human() -> None:
        if not trust.keys:
            context.output.print("no key yet: `airchain release` makes one, or import one")
            return
        context.output.print(f"{keys.product}: list {trust.number} of keys")
        context.output.table(
            ("key", "private key"),
            [(row["key"], "on this machine" if row["here"] else "elsewhere") for row in rows],
        )
        if mine and mine not in trust.keys:
            context.output.print(f"this machine has {mine}, which does not count any more")

    context.output.result(data, human)


@app.command("export")
def export(ctx: typer.Context) -> None:
    """Print the private key and the keys that count, for `airchain keys import` and for CI.

    Whoever has it can bring releases to every environment: keep it like a password.
    """
    from airchain.release.keys import Bundle

    context = Context.of(ctx)
    private = context.keys.private()
    bundle = Bundle(product=context.keys.product, private=private.text, trust=context.keys.trust())
    print(bundle.model_dump_json(), file=context.output.stdout)


@app.command("import")
def import_(ctx: typer.Context) -> None:
    """Read from standard input what `airchain keys export` printed, and sign with it from now."""
    from airchain.release.keys import parse_bundle
    from airchain.signing import short

    context = Context.of(ctx)
    data = sys.stdin.buffer.read()
    bundle = parse_bundle(data, context.keys.product, "standard input")
    context.keys.take(bundle)
    name = bundle.key.public
    context.output.result(
        {"imported": name}, lambda: context.output.print(f"signs with {short(name)}")
    )


@app.command("rotate")
def rotate(
    ctx: typer.Context,
    lost: Annotated[
        bool, typer.Option("--lost", help="The key is gone: begin anew; hosts are to be replaced.")
    ] = False,
) -> None:
    """Replace the key. Hosts follow while they serve, and deployments go on.

    All that the old key signed is signed anew, then it counts no more. Run again
    after an interruption, it goes on. Other machines and CI import the new key.
    """
    from airchain.release import audit
    from airchain.release.rotate import begin_anew
    from airchain.release.rotate import rotate as replace
    from airchain.signing import short

    context = Context.of(ctx)
    output = context.output
    log = audit.Log(context.store, context.product.product)
    if lost:
        with audit.recorded(log, "key rotated") as entry:
            trust = begin_anew(context.keys)
            entry.detail = f"begun anew with {short(trust.keys[0])}: the old one is lost"
        output.result(
            trust,
            lambda: output.print(
                f"new key {short(trust.keys[0])}; hosts that run do not know it: after"
                " `airchain deploy ENV`, end them one by one, or `airchain down` and `up`"
            ),
        )
        return
    with audit.recorded(log, "key rotated") as entry:
        done = replace(context.keys, output)
        entry.detail = f"to {short(done.key)}"

    def human() -> None:
        output.print(
            f"key {short(done.key)}, list {done.number}: signed anew {done.releases} releases"
            f" and the pointers of {', '.join(done.pointers) or 'no environment'}"
        )
        for line in done.left:
            output.print(f"  left as it is, {line}")
        output.print("elsewhere: `airchain keys export` here, `airchain keys import` there")

    output.result(done, human)
