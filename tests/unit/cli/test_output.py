"""Steps on stderr, results on stdout, three ways."""

from __future__ import annotations

import io
import json
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from airchain.cli.output import Mode, Output
from airchain.errors import GivenUp, ImageTestError, Problem, SpecError
from airchain.spec.model import Edge


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def make(mode: Mode) -> tuple[Output, io.StringIO, io.StringIO]:
    stdout, stderr = io.StringIO(), io.StringIO()
    return Output(mode, stdout=stdout, stderr=stderr), stdout, stderr


def without_times(text: str) -> list[str]:
    return [re.sub(r"[0-9]+\.[0-9]+", "N", line) for line in text.splitlines()]


def test_plain_steps() -> None:
    """Each event is a line with the time since the start."""
    output, _, stderr = make("plain")
    with output.step("build www") as step:
        step.note("installing")
    with pytest.raises(ValueError, match="x"), output.step("test www"):
        raise ValueError("x")
    assert without_times(stderr.getvalue()) == [
        "[   N s] build www …",
        "[   N s] build www: installing",
        "[   N s] build www: done (N s)",
        "[   N s] test www …",
        "[   N s] test www: failed (N s)",
    ]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GivenUp("given up")])
def test_a_step_that_was_interrupted(error: BaseException) -> None:
    """It has neither failed nor been done."""
    output, _, stderr = make("plain")
    with pytest.raises(type(error)), output.step("test www"):
        raise error
    assert without_times(stderr.getvalue())[-1] == "[   N s] test www: interrupted (N s)"


def fail(output: Output, error: Exception, *notes: str) -> None:
    """Let the step `test www` fail after these notes."""
    with suppress(type(error)), output.step("test www") as step:
        for note in notes:
            step.note(note)
        raise error


@pytest.mark.parametrize(("mode", "times"), [("plain", 1), ("rich", 1), ("json", 2)])
def test_the_output_of_what_failed_is_shown_once(mode: Mode, times: int) -> None:
    """Where it was shown as it came, the error says where it stands; a program gets both."""
    output, _, stderr = make(mode)
    error = ImageTestError("the test failed", detail="one\nAssertionError: 1 is not 2")
    fail(output, error, "before", "one", "AssertionError: 1 is not 2")
    output.failure(error)
    assert stderr.getvalue().count("AssertionError") == times
    assert ("its output stands above, at 'test www'" in stderr.getvalue()) == (mode == "plain")


def test_evidence_that_was_not_shown_yet() -> None:
    """Notes of a step that only begin like it are not the same."""
    output, _, stderr = make("plain")
    error = ImageTestError("the test failed", detail="one\ntwo")
    fail(output, error, "one")
    output.failure(error)
    assert stderr.getvalue().endswith("error: the test failed\n  one\n  two\n")


def test_json_steps() -> None:
    """Each event is an object; steps that overlap are told apart by number."""
    output, _, stderr = make("json")
    with output.step("a"), output.step("b") as inner:
        inner.note("half")
    events = [json.loads(line) for line in stderr.getvalue().splitlines()]
    assert [(e["step"], e["state"], e.get("text")) for e in events] == [
        (1, "started", None),
        (2, "started", None),
        (2, "note", "half"),
        (2, "done", None),
        (1, "done", None),
    ]


def test_rich_steps() -> None:
    """On a terminal, finished steps remain as lines with their time."""
    stderr = Terminal()
    output = Output("rich", stdout=io.StringIO(), stderr=stderr)
    with output.step("build www") as step:
        step.note("installing [bold]")
    with pytest.raises(ValueError, match="x"), output.step("test www"):
        raise ValueError("x")
    output.failure(SpecError("no luck", hint="try [again]"))
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stderr.getvalue())
    assert "✓ build www" in text
    assert "✗ test www" in text
    assert "error: no luck" in text
    assert "hint: try [again]" in text


def test_timings_are_indented_by_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the time went: steps that took any, inner ones indented, and the whole."""
    output, _, stderr = make("plain")
    clock = iter([0.0, 1.0, 3.0, 4.0, 4.0, 4.01, 9.0])
    monkeypatch.setattr(output, "elapsed", lambda: next(clock))
    with output.step("outer"), output.step("inner"):
        pass
    with output.step("blink"):
        pass
    output.timings()
    assert stderr.getvalue().splitlines()[-4:] == [
        "where the time went",
        "     4.0 s  outer",
        "     2.0 s    inner",
        "     9.0 s  in all",
    ]


def test_threads() -> None:
    """Steps of several threads do not nest in each other and lose nothing."""
    output, _, stderr = make("json")

    def work(number: int) -> None:
        with output.step(f"step {number}") as step:
            for note in range(20):
                step.note(str(note))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = [json.loads(line) for line in stderr.getvalue().splitlines()]
    assert len(events) == 8 * 22
    assert {record.depth for record in output.records} == {0}


@dataclass
class Row:
    """Some data."""

    at: datetime


def test_json_result() -> None:
    """Models, dataclasses, dates, paths and sets can be a result."""
    output, stdout, _ = make("json")
    data = {"m": Edge(), "d": Row(datetime(2026, 1, 2, tzinfo=UTC)), "p": Path("/x"), "s": {2, 1}}
    output.result(data, lambda: pytest.fail("not for people"))
    output.print("nor this")
    assert json.loads(stdout.getvalue()) == {
        "m": {"port": 8080, "domains": ["localhost"], "maintenance": False, "trust": []},
        "d": {"at": "2026-01-02T00:00:00+00:00"},
        "p": "/x",
        "s": [1, 2],
    }


def test_json_results_of_which_there_are_more() -> None:
    """One per line, for whoever reads them as they come."""
    stdout = io.StringIO()
    output = Output("json", stdout=stdout, stderr=io.StringIO())
    for number in (1, 2):
        output.result([{"n": number}], lambda: None, more=True)
    assert stdout.getvalue() == '[{"n": 1}]\n[{"n": 2}]\n'


def test_plain_table() -> None:
    """Without a terminal a table is aligned text."""
    output, stdout, _ = make("plain")
    output.table(("name", "size"), [("www", 5), ("mysql", 120)], right=("size",))
    assert stdout.getvalue() == "NAME   SIZE\nwww       5\nmysql   120\n"


def test_rich_table_keeps_brackets() -> None:
    """What looks like markup in a cell is text."""
    stdout = Terminal()
    output = Output("rich", stdout=stdout, stderr=Terminal())
    output.table(("name",), [("[red]www",)])
    assert "[red]www" in stdout.getvalue()


def test_problems_of_a_specification() -> None:
    """Each problem is a line with its place, its hint below it."""
    output, _, stderr = make("plain")
    problems = (
        Problem("airchain.yaml", 3, "images.www", "is wrong", "write it right"),
        Problem("airchain.yaml", None, "", "is empty"),
    )
    output.failure(SpecError.of(problems))
    assert stderr.getvalue().splitlines() == [
        "error: 2 problems in airchain.yaml",
        "  airchain.yaml:3: images.www: is wrong",
        "    hint: write it right",
        "  airchain.yaml: is empty",
    ]
