"""What processes leave, and how the running ones are found."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from airchain import run
from airchain.errors import RunError

PYTHON = sys.executable


def test_a_failure_carries_command_and_output() -> None:
    """As one pastes it into a shell."""
    with pytest.raises(RunError, match="exit status 3") as error:
        run.run(["sh", "-c", "echo said; echo and why >&2; exit 3"], timeout=10)
    assert error.value.where == "sh -c 'echo said; echo and why >&2; exit 3'"
    assert error.value.detail == "said\n\nand why"


def test_a_missing_program_is_named() -> None:
    """However it is started."""
    for start in (
        lambda: run.run(["/nonexistent/program"], timeout=1),
        lambda: run.stream(["/nonexistent/program"], print, timeout=1),
        lambda: run.attach(["/nonexistent/program"]),
    ):
        with pytest.raises(RunError, match="/nonexistent/program is not installed"):
            start()


def test_a_time_limit_ends_the_whole_group() -> None:
    """Also what the process has started itself and would wait for."""
    began = time.monotonic()
    with pytest.raises(RunError, match=r"did not end within 0\.3 s") as error:
        run.stream(["sh", "-c", "echo begun; sleep 60 & wait"], lambda _: None, timeout=0.3)
    assert time.monotonic() - began < 10
    assert error.value.detail == "begun"


def test_lines_come_as_they_are_written() -> None:
    """Both streams, as text whatever the bytes."""
    lines: list[str] = []
    done = run.stream(
        ["sh", "-c", "echo one; echo two >&2; printf '\\377'"], lines.append, timeout=10
    )
    assert lines == ["one", "two", "\ufffd"]
    assert done.stdout == "one\ntwo\n\ufffd"


def test_a_background_process_is_found_by_its_words(tmp_path: Path) -> None:
    """By a whole word, until it has ended."""
    word = str(tmp_path / "word")
    assert run.find_process(word) is None
    code = "import time; time.sleep(60)"
    pid = run.spawn([PYTHON, "-c", code, word], log=tmp_path / "log")
    try:
        deadline = time.monotonic() + 5
        while run.find_process(word) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert run.find_process(word) == pid
        assert run.find_process(word[:-1]) is None
        assert run.alive(pid)
    finally:
        run.end_group(pid, signal.SIGKILL)
    while run.alive(pid) and time.monotonic() < deadline + 5:
        time.sleep(0.01)
    assert run.find_process(word) is None
    assert not run.alive(pid)
