"""The frame of the command line: finding commands, exit statuses, errors."""

from __future__ import annotations

import errno
import importlib.util
import json
import signal
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import typer

from airchain.cli import main as cli
from airchain.cli.context import Context
from airchain.errors import BuildError, GivenUp


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["status", "--json"], ["--json", "status"]),
        (["-C", "x", "status", "--watch", "--debug"], ["--debug", "-C", "x", "status", "--watch"]),
        (["build", "--", "--json"], ["build", "--", "--json"]),
        (["--plain", "exec", "web", "ls", "--json"], ["--plain", "exec", "web", "ls", "--json"]),
        ([], []),
    ],
)
def test_global_flags_may_stand_behind_the_command(argv: list[str], expected: list[str]) -> None:
    """They are moved to the front, unless they belong to another program."""
    assert cli.hoist(argv) == expected


def test_help_lists_every_command_and_imports_none() -> None:
    """`airchain --help` is quick because it leaves the heavy libraries alone."""
    heavy = ("docker", "pydantic", "requests", "rich", "ruamel", "airchain.spec", "airchain.store")
    code = (
        "import sys; from airchain.cli.main import main\n"
        "try: main(['--help'])\n"
        f"except SystemExit: print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    for command in cli.COMMANDS.values():
        assert command.help in done.stdout


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_loads(name: str) -> None:
    """Each line of the table leads to a command with a help text."""
    command = cli.COMMANDS[name]
    module = f"airchain.cli.{command.target.partition(':')[0]}"
    assert importlib.util.find_spec(module) is not None
    loaded = cli.load(command)
    assert loaded.name == name
    assert loaded.help


@pytest.mark.parametrize(
    ("argv", "usage"),
    [
        (["deploy"], "airchain deploy [OPTIONS] ENV [RELEASE]"),
        (["scale"], "airchain scale [OPTIONS] ENV FLEET SIZE"),
        (["exec"], "airchain exec [OPTIONS] ENV SERVICE COMMAND..."),
        (["build"], "airchain build [OPTIONS] [IMAGE]..."),
        (["secrets", "set"], "airchain secrets set [OPTIONS] ENV NAME"),
    ],
)
def test_arguments_are_named_as_people_write_them(
    argv: list[str], usage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In capitals, those that may be left out in brackets."""
    with pytest.raises(SystemExit):
        cli.main([*argv, "--help"])
    assert capsys.readouterr().out.splitlines()[0] == f"Usage: {usage}"


def run_with(monkeypatch: pytest.MonkeyPatch, function: Any, *argv: str) -> int:
    """Run `airchain fake` with `function` as the command; its exit status."""
    module = types.ModuleType("airchain.cli.fake")
    module.fake = function  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "airchain.cli.fake", module)
    monkeypatch.setitem(cli.COMMANDS, "fake", cli.Command("fake", "fake:fake", "Fake"))
    with pytest.raises(SystemExit) as caught:
        cli.main([*argv, "fake"])
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_done_is_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A command that returns is done, and has been given the context."""

    def fake(ctx: typer.Context) -> None:
        context = Context.of(ctx)
        output = context.output
        output.result({"folder": context.folder}, lambda: output.print("for people"))

    assert run_with(monkeypatch, fake, "-C", str(tmp_path)) == 0
    assert capsys.readouterr().out == "for people\n"
    assert run_with(monkeypatch, fake, "-C", str(tmp_path), "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"folder": str(tmp_path)}


def test_failed_is_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An error is shown as message, evidence and hint, without a traceback."""

    def fake() -> None:
        raise BuildError("no luck", where="images.www", hint="try again", detail="one\ntwo")

    assert run_with(monkeypatch, fake) == 1
    assert capsys.readouterr().err == (
        "error: images.www: no luck\n  one\n  two\nhint: try again\n"
    )
    assert run_with(monkeypatch, fake, "--debug") == 1
    assert "Traceback" in capsys.readouterr().err


def test_failed_with_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json an error is one line for a program."""

    def fake() -> None:
        raise BuildError("no luck", hint="try again")

    assert run_with(monkeypatch, fake, "--json") == 1
    shown = json.loads(capsys.readouterr().err)
    assert (shown["event"], shown["error"], shown["hint"]) == ("error", "BuildError", "try again")


def test_interrupted_is_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C says how to go on."""

    def fake() -> None:
        raise KeyboardInterrupt

    assert run_with(monkeypatch, fake) == 130
    assert capsys.readouterr().err == "interrupted; run the same command again to continue\n"


def test_unexpected_is_70(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A defect of ours asks for --debug and shows the traceback with it."""

    def fake() -> None:
        raise ZeroDivisionError("oh")

    assert run_with(monkeypatch, fake) == 70
    assert capsys.readouterr().err == (
        "error: unexpected ZeroDivisionError: oh\n"
        "hint: this is a defect of airchain; run again with --debug and report what it prints\n"
    )
    assert run_with(monkeypatch, fake, "--debug") == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_end_a_run_like_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    """What is under way is cleaned up, and the status tells."""

    def fake() -> None:
        signal.raise_signal(number)

    before = signal.signal(number, signal.SIG_DFL)
    try:
        assert run_with(monkeypatch, fake) == 130
    finally:
        signal.signal(number, before)
    assert capsys.readouterr().err.startswith("interrupted")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts(number: signal.Signals) -> None:
    """There is no traceback, and the status tells."""
    code = (
        "import builtins, os\n"
        "from airchain.cli import entry\n"
        "before = builtins.__import__\n"
        "def slow(name, *args, **named):\n"
        f"    if name == 'typer': os.kill(os.getpid(), {int(number)})\n"
        "    return before(name, *args, **named)\n"
        "builtins.__import__ = slow\n"
        "entry.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_what_a_library_makes_of_an_interruption(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some catch everything while they are imported, and fail otherwise."""

    def fake() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("cannot import name") from None

    assert run_with(monkeypatch, fake) == 130
    assert capsys.readouterr().err.startswith("interrupted")


def test_work_that_was_given_up_is_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where only another thread has heard of Ctrl-C."""

    def fake() -> None:
        raise GivenUp("given up")

    assert run_with(monkeypatch, fake) == 130
    assert capsys.readouterr().err.startswith("interrupted")


def test_a_full_disk_is_no_defect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named with the file that found no room."""

    def fake() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/some/file")

    assert run_with(monkeypatch, fake) == 1
    assert capsys.readouterr().err == (
        "error: /some/file: no space left on device\n"
        "hint: free some space (`airchain doctor` shows how much there is), then run this again\n"
    )


def test_the_folder_of_c_is_judged_before_the_file_in_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One that is not there, and a file in its place."""
    (tmp_path / "file").touch()
    for name, what in (("none", "there is no such folder"), ("file", "is not a folder")):
        with pytest.raises(SystemExit) as caught:
            cli.main(["-C", str(tmp_path / name), "spec", "check"])
        assert caught.value.code == 1
        assert f"error: {tmp_path / name}: {what}\nhint: -C names" in capsys.readouterr().err


def test_command_chooses_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """`exec` hands on the status of what it ran, be it 130."""

    def fake() -> None:
        raise typer.Exit(130)

    assert run_with(monkeypatch, fake) == 130


def test_misused_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown command suggests the one that was meant."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["buidl"])
    assert caught.value.code == 2
    assert "No such command 'buidl'. Did you mean 'build'?" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The version stands alone."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("airchain ")
