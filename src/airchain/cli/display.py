"""The three ways to show steps: live on a terminal, plain lines, JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from airchain.cli.output import Record

_REFRESH_PER_SECOND = 8
_MARKS = {"done": ("✓", "green"), "failed": ("✗", "red"), "interrupted": ("■", "yellow")}


class PlainDisplay:
    """`[  12.3 s] build www: done (8.2 s)`: one line per event."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def started(self, record: Record) -> None:
        """Say that the step begins: a log then shows what is being waited for."""
        self._line(record.started, f"{record.title} …")

    def noted(self, record: Record, text: str, now: float) -> None:
        """Say the note, behind the title of its step."""
        self._line(now, f"{record.title}: {text}")

    def ended(self, record: Record) -> None:
        """Say how the step ended and how long it took."""
        ended = record.ended or record.started
        self._line(ended, f"{record.title}: {record.outcome} ({ended - record.started:.1f} s)")

    def message(self, kind: str, lines: Sequence[str], data: dict[str, Any]) -> None:  # noqa: ARG002
        """Print the lines; an error is introduced as one."""
        first = f"error: {lines[0]}" if kind == "error" else lines[0]
        print("\n".join([first, *lines[1:]]), file=self._stream, flush=True)

    def _line(self, at: float, text: str) -> None:
        print(f"[{at:6.1f} s] {text}", file=self._stream, flush=True)


class JsonDisplay:
    """One JSON object per line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def started(self, record: Record) -> None:
        """The step begins."""
        self._step(record, "started", record.started)

    def noted(self, record: Record, text: str, now: float) -> None:
        """The step says something."""
        self._step(record, "note", now, text=text)

    def ended(self, record: Record) -> None:
        """The step is over."""
        ended = record.ended or record.started
        self._step(record, record.outcome, ended, seconds=round(ended - record.started, 3))

    def message(self, kind: str, lines: Sequence[str], data: dict[str, Any]) -> None:
        """An error, the timings, or an interruption."""
        self._write({"event": kind, "text": lines[0], **data})

    def _step(self, record: Record, state: str, at: float, **more: object) -> None:
        self._write(
            {
                "event": "step",
                "state": state,
                "step": record.number,
                "title": record.title,
                "at": round(at, 3),
                **more,
            }
        )

    def _write(self, data: dict[str, Any]) -> None:
        print(json.dumps(data), file=self._stream, flush=True)


class RichDisplay:
    """Running steps live below what is finished, each with its elapsed time."""

    def __init__(self, stream: TextIO, elapsed: Callable[[], float]) -> None:
        self._stream = stream
        self._elapsed = elapsed
        self._running: list[Record] = []
        self._live: Live | None = None

    def started(self, record: Record) -> None:
        """Add the step to the live part."""
        self._running.append(record)
        if self._live is None:
            self._live = self._start()

    def noted(self, record: Record, text: str, now: float) -> None:
        """Nothing to do: the live part shows each step's last note."""

    def ended(self, record: Record) -> None:
        """Move the step from the live part to the finished lines above it."""
        self._running.remove(record)
        seconds = (record.ended or record.started) - record.started
        mark, style = _MARKS[record.outcome]
        self._print(f"{'  ' * record.depth}{mark}", style, f" {record.title}", f"  {seconds:.1f} s")
        if not self._running and self._live is not None:
            self._live.stop()
            self._live = None

    def message(self, kind: str, lines: Sequence[str], data: dict[str, Any]) -> None:  # noqa: ARG002
        """Print the lines in the colours of their kind."""
        if kind == "error":
            self._print("error: ", "bold red", lines[0], "")
        else:
            self._print(lines[0], "bold", "", "")
        for line in lines[1:]:
            if line.startswith("hint: "):
                self._print("hint: ", "bold cyan", line.removeprefix("hint: "), "")
            else:
                self._print("", "", line, "")

    def _print(self, head: str, style: str, body: str, tail: str) -> None:
        from rich.console import Console
        from rich.text import Text

        text = Text.assemble((head, style), body, (tail, "dim"))
        console = self._live.console if self._live else Console(file=self._stream, highlight=False)
        console.print(text, soft_wrap=True)

    def _start(self) -> Live:
        from rich.console import Console
        from rich.live import Live

        live = Live(
            console=Console(file=self._stream, highlight=False),
            get_renderable=self._render,
            refresh_per_second=_REFRESH_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        live.start()
        return live

    def _render(self) -> RenderableType:
        from rich.text import Text

        now = self._elapsed()
        text = Text(no_wrap=True, overflow="ellipsis")
        for index, record in enumerate(tuple(self._running)):
            note = f"  {record.notes[-1]}" if record.notes else ""
            text.append("\n" if index else "")
            text.append(f"{'  ' * record.depth}● ", "yellow")
            text.append(record.title)
            text.append(f"  {record.seconds(now):.0f} s", "dim")
            text.append(note, "dim")
        return text
