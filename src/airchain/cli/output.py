"""What a run shows: its steps on stderr, its result on stdout.

rich    on a terminal: running steps live with elapsed time, in colour
plain   one line per event, with the time since the start
json    one JSON object per line on stderr; the result is JSON on stdout
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TextIO

from airchain.errors import AirchainError, GivenUp
from airchain.progress import Step

if TYPE_CHECKING:
    from rich.console import Console

Mode = Literal["rich", "plain", "json"]
Outcome = Literal["done", "failed", "interrupted"]

# Steps shorter than this are left out of "where the time went", seconds.
_WORTH_TELLING = 0.05

_parent: ContextVar[Record | None] = ContextVar("parent", default=None)


@dataclass
class Record:
    """One step of this run. Times are seconds since the run began."""

    title: str
    number: int
    depth: int
    started: float
    ended: float | None = None
    outcome: Outcome = "done"
    notes: list[str] = field(default_factory=list)

    def seconds(self, now: float) -> float:
        """How long the step took, or has taken until `now`."""
        return (now if self.ended is None else self.ended) - self.started


class Display(Protocol):
    """One way to show steps. Called under the lock of `Output`."""

    def started(self, record: Record) -> None:
        """A step has begun."""

    def noted(self, record: Record, text: str, now: float) -> None:
        """A step has said something."""

    def ended(self, record: Record) -> None:
        """A step is over, for good or ill."""

    def message(self, kind: str, lines: Sequence[str], data: dict[str, Any]) -> None:
        """Show something outside of any step: first line is the main one."""


class _OpenStep:
    def __init__(self, output: Output, record: Record) -> None:
        self._output = output
        self._record = record

    def note(self, text: str) -> None:
        """Say one line about how the step goes."""
        self._output.noted(self._record, text)


class Output:
    """Implements `progress.Progress`; safe to use from threads."""

    def __init__(
        self, mode: Mode, *, stdout: TextIO | None = None, stderr: TextIO | None = None
    ) -> None:
        self.mode = mode
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr
        self.records: list[Record] = []
        self._began = time.monotonic()
        self._lock = threading.RLock()
        self._display = self._make_display()

    @staticmethod
    def mode_for(stream: TextIO) -> Mode:
        """`rich` where a person looks on, `plain` elsewhere."""
        return "rich" if stream.isatty() else "plain"

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Open a step; leaving the block ends it, an exception fails it."""
        parent = _parent.get()
        with self._lock:
            depth = 0 if parent is None else parent.depth + 1
            record = Record(title, len(self.records) + 1, depth, self.elapsed())
            self.records.append(record)
            self._display.started(record)
        token = _parent.set(record)
        try:
            yield _OpenStep(self, record)
        except (KeyboardInterrupt, GivenUp):
            record.outcome = "interrupted"
            raise
        except BaseException:
            record.outcome = "failed"
            raise
        finally:
            _parent.reset(token)
            with self._lock:
                record.ended = self.elapsed()
                self._display.ended(record)

    def noted(self, record: Record, text: str) -> None:
        """Show a note of a step."""
        with self._lock:
            record.notes.append(text)
            self._display.noted(record, text, self.elapsed())

    def result(self, data: Any, human: Callable[[], None], *, more: bool = False) -> None:
        """Print the result: `data` as JSON with `--json`, else whatever `human` prints.

        `data` may hold pydantic models, dataclasses, dates and paths. Where
        there is `more` to come, each result is a line.
        """
        if self.mode == "json":
            text = json.dumps(data, indent=None if more else 1, default=_plain)
            print(text, file=self.stdout, flush=True)
        else:
            human()

    def print(self, text: str = "") -> None:
        """A line of the human result on stdout; nothing with `--json`."""
        if self.mode != "json":
            print(text, file=self.stdout, flush=True)

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()
    ) -> None:
        """A table on stdout; the columns named in `right` are aligned to the right.

        Aligned text where stdout is no terminal, so that `grep` and `awk` work.
        """
        cells = [[str(cell) for cell in row] for row in rows]
        if self.mode == "rich" and self.stdout.isatty():
            self._rich_table(columns, cells, right)
            return
        widths = [max(len(r[i]) for r in [list(columns), *cells]) for i in range(len(columns))]
        for row in [[c.upper() for c in columns], *cells]:
            line = "  ".join(
                cell.rjust(width) if name in right else cell.ljust(width)
                for cell, width, name in zip(row, widths, columns, strict=True)
            )
            print(line.rstrip(), file=self.stdout)

    def timings(self) -> None:
        """Say where the time went: one line per step, and the whole."""
        with self._lock:
            now = self.elapsed()
            told = [r for r in self.records if r.seconds(now) >= _WORTH_TELLING]
            lines = ["where the time went"]
            lines += [f"{r.seconds(now):8.1f} s  {'  ' * r.depth}{r.title}" for r in told]
            lines.append(f"{now:8.1f} s  in all")
            steps = [{"title": r.title, "seconds": round(r.seconds(now), 3)} for r in told]
            self._display.message("timings", lines, {"steps": steps, "seconds": round(now, 3)})

    def failure(self, error: AirchainError) -> None:
        """Show an error: what is wrong, where, what to do, and the evidence."""
        lines = [str(error)]
        lines += [f"  {line}" for line in self._not_yet_shown(error.detail or "")]
        if error.hint:
            lines += [f"hint: {line}" for line in error.hint.splitlines()]
        data: dict[str, Any] = {
            name: getattr(error, name) for name in ("message", "where", "hint", "detail")
        }
        if problems := getattr(error, "problems", ()):
            data["problems"] = [asdict(problem) for problem in problems]
        with self._lock:
            self._display.message("error", lines, {"error": type(error).__name__, **data})

    def _not_yet_shown(self, detail: str) -> list[str]:
        """The lines of `detail`, unless all of them stand above as notes of a step that failed."""
        lines = detail.splitlines()
        failed = [r for r in self.records if r.outcome == "failed"] if self.mode == "plain" else []
        for record in failed:
            if lines and record.notes[-len(lines) :] == lines:
                return [f"its output stands above, at {record.title!r}"]
        return lines

    def unexpected(self, error: BaseException) -> None:
        """Show an error that is ours."""
        lines = [
            f"unexpected {type(error).__name__}: {error}",
            "hint: this is a defect of airchain; run again with --debug and report what it prints",
        ]
        with self._lock:
            self._display.message("error", lines, {"error": type(error).__name__})

    def interrupted(self, hint: str | None = None) -> None:
        """Show that Ctrl-C was heard, and how to go on."""
        text = f"interrupted; {hint or 'run the same command again to continue'}"
        with self._lock:
            self._display.message("interrupted", [text], {})

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    @property
    def console(self) -> Console:
        """Rich's console on stdout, for displays of a command's own such as `--watch`."""
        from rich.console import Console

        return Console(file=self.stdout, highlight=False)

    def _make_display(self) -> Display:
        from airchain.cli import display

        if self.mode == "rich":
            return display.RichDisplay(self.stderr, self.elapsed)
        if self.mode == "json":
            return display.JsonDisplay(self.stderr)
        return display.PlainDisplay(self.stderr)

    def _rich_table(
        self, columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str]
    ) -> None:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in columns:
            table.add_column(
                name, justify="right" if name in right else "left", overflow="fold", no_wrap=False
            )
        for row in cells:
            table.add_row(*(Text(cell) for cell in row))
        self.console.print(table)


def _plain(value: Any) -> Any:
    """What `json` cannot write by itself, as something it can."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
