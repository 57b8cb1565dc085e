"""`airchain images`: size, layers, age, base, and what changed since the last build."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import typer

from airchain.cli.context import Context


def images(ctx: typer.Context) -> None:
    """List the product's images. Sizes are unpacked; nothing is built."""
    from airchain.images import engine
    from airchain.images.build import Workshop, summary
    from airchain.images.sizes import survey

    context = Context.of(ctx)
    output = context.output
    workshop = Workshop(
        context.product,
        context.folder,
        engine.ensure(context.home, output),
        context.home,
        output,
        revision="",
    )
    rows = survey(workshop)
    now = datetime.now(UTC)

    def human() -> None:
        output.table(
            ("image", "size", "layers", "age", "base", "state"),
            [
                (
                    row.name,
                    f"{row.facts.size / 1e6:.1f} MB" if row.facts else "-",
                    row.facts.layers if row.facts else "-",
                    age(now - row.facts.created) if row.facts else "-",
                    row.base,
                    f"changed: {summary(row.changes)}" if row.changes else row.state,
                )
                for row in rows
            ],
            right=("size", "layers", "age"),
        )

    output.result(rows, human)


def age(span: timedelta) -> str:
    """A span in its largest whole unit: `5 min`, `3 h`, `12 d`."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{max(minutes, 0)} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"
