"""`airchain releases`: list releases, newest first."""

from __future__ import annotations

from typing import Annotated

import typer

from airchain.cli.context import Context


def releases(
    ctx: typer.Context,
    most: Annotated[int, typer.Option("-n", min=1, help="How many to show.")] = 20,
) -> None:
    """List releases, newest first, and the environments that point at them."""
    from airchain.release import index, pointer

    context = Context.of(ctx)
    name = context.product.product
    good = {e: pointer.last_good(context.scope(e)) for e in context.product.environments}
    entries = list(index.entries(context.store, name))[:most]
    rows = [
        {
            **entry.model_dump(mode="json"),
            "environments": [e for e, p in good.items() if p and p.release == entry.digest],
        }
        for entry in entries
    ]

    def human() -> None:
        context.output.table(
            ("release", "commit", "made", "by", "runs in", "subject"),
            [
                (
                    index.short(entry.digest),
                    entry.revision[:12] + ("-dirty" if entry.revision.endswith("-dirty") else ""),
                    f"{entry.created:%Y-%m-%d %H:%M}",
                    entry.author,
                    ", ".join(row["environments"]) or "-",
                    entry.subject,
                )
                for entry, row in zip(entries, rows, strict=True)
            ],
        )

    context.output.result(rows, human)
