"""The console script: hears signals before it imports what takes time."""

from __future__ import annotations

from airchain.cli import signals


def main() -> None:
    """Run `airchain`; the exit statuses are those of `airchain.cli.main`."""
    signals.quit_at_once()
    from airchain.cli.main import main as run

    run()
