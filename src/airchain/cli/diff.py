"""`airchain diff`: what a release would change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from airchain.cli.context import Context

if TYPE_CHECKING:
    from airchain.release.diff import Diff, HostEffect, Pull
    from airchain.release.revision import Revision


def diff(
    ctx: typer.Context,
    environment: Annotated[str, typer.Argument(help="Which environment, such as prod.")],
    release: Annotated[
        str | None,
        typer.Argument(help="First digits of a release or commit; without it, the newest release."),
    ] = None,
) -> None:
    """Show what a release would change where another one serves. Nothing is changed.

    Images and bytes to pull, services, routes, fleets, settings, and what each
    host would do. Secrets are compared by name.
    """
    from airchain.registry import serve
    from airchain.release import index
    from airchain.release.compare import compare
    from airchain.release.revision import Revision

    context = Context.of(ctx)
    context.environment(environment)
    product = context.product
    entry = (
        index.find(context.store, product.product, release)
        if release
        else index.newest(context.store, product.product)
    )
    serve.ensure(context.home, product.registry.name, product.store)
    found = compare(context.scope(environment), product.registry.name, entry.digest)

    def human() -> None:
        _show(context, found)
        if release is None:
            _say_which(context, Revision(entry.revision, entry.subject, entry.author))

    context.output.result(found, human)


def _say_which(context: Context, made: Revision) -> None:
    """Of which commit the newest release is, where the folder may hold something else."""
    from airchain.release.revision import read_revision

    folder = read_revision(context.folder)
    if folder.name == made.name and folder.clean:
        return
    context.output.print(
        f"compared is the newest release, of {made.short}; this folder is at {folder.short}: "
        "`airchain release` makes one of it"
    )


def _show(context: Context, found: Diff) -> None:
    from airchain.release.index import short

    old = short(found.old) if found.old else "nothing"
    context.output.print(f"{found.product} {found.environment}: {old} → {short(found.new)}")
    if found.empty:
        context.output.print("nothing would change")
        return
    rows = list(_rows(found))
    context.output.print()
    context.output.table(("what", "name", "change", "from", "to"), rows)
    context.output.print()
    for effect in found.hosts:
        context.output.print(f"each host of {effect.fleet}: {_effect(effect)}")


def _rows(found: Diff) -> Iterator[tuple[str, str, str, str, str]]:
    from airchain.release.index import short

    for image in found.images:
        change = f"{image.kind}, {_pull(image.pull)}" if image.new else image.kind
        yield "image", image.name, change, short(image.old or "-"), short(image.new or "-")
    items = {
        "service": found.services,
        "backing": found.backing,
        "route": found.routes,
        "fleet": found.fleets,
    }
    for what, changes in items.items():
        for item in changes:
            if not item.fields:
                yield what, item.name, item.kind, "", ""
            for field in item.fields:
                yield what, item.name, field.name, _value(field.old), _value(field.new)
    for field in found.settings:
        yield "setting", found.environment, field.name, _value(field.old), _value(field.new)


def _effect(effect: HostEffect) -> str:
    replaced = [name for name in effect.start if name in effect.stop]
    said = {
        "replaces": replaced,
        "starts": [name for name in effect.start if name not in replaced],
        "stops": [name for name in effect.stop if name not in replaced],
        "leaves untouched": effect.keep,
        "runs, on one host of all,": effect.run,
    }
    parts = [f"pulls {_pull(effect.pull)}" if effect.pull.bytes else "pulls nothing"]
    parts += [f"{verb} {', '.join(names)}" for verb, names in said.items() if names]
    return "; ".join(parts)


def _pull(pull: Pull) -> str:
    return f"{pull.layers} of {pull.of} layers, {_size(pull.bytes)}"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def _value(value: Any) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value)
