"""`airchain doctor`: say what this machine lacks before it is missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from airchain.cli.context import Context

if TYPE_CHECKING:
    from airchain.fleet.preflight import Finding

MARKS = {"ok": "ok", "warning": "look", "error": "WRONG"}


def doctor(ctx: typer.Context) -> None:
    """Check engine, packages, disk, inotify limits and clock."""
    from airchain.fleet import preflight

    context = Context.of(ctx)
    facts = preflight.observe(context.home, (), hosts=10, clock=True)
    findings = preflight.judge(facts)
    # Asked anywhere; where a product stands, its store is asked too.
    if (context.folder / "airchain.yaml").exists() and context.product.store.s3:
        findings = (*findings, preflight.judge_store_clock(context.store.skew()))
    context.output.result(findings, lambda: _table(context, findings))
    if any(f.level == "error" for f in findings):
        raise typer.Exit(1)


def _table(context: Context, findings: tuple[Finding, ...]) -> None:
    context.output.table(
        ("", "what", "found", "what to do"),
        [(MARKS[f.level], f.what, f.text, f.hint or "") for f in findings],
    )
