"""The only place that starts a process.

argv is always a list, standard input is closed unless given, the environment
is explicit, every wait has a bound, and a failure shows a command line that
can be pasted into a shell.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from airchain.errors import GivenUp, RunError

DETAIL_LINES = 50

# The process groups that `stream` waits for now, so that another thread can end them.
_streams: set[int] = set()
_times_given_up = 0


@dataclass(frozen=True)
class Result:
    """What a finished process left: exit status and output, decoded as UTF-8."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str


def run(
    argv: Sequence[str | Path],
    *,
    timeout: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | bytes | None = None,
    check: bool = True,
    hint: str | None = None,
) -> Result:
    """Run `argv` to its end, at most `timeout` seconds, and return its output.

    `env` is added to this process's environment. With `check`, an exit status
    other than 0 raises `RunError` with the last lines of the output.
    """
    args = tuple(str(a) for a in argv)
    try:
        done = subprocess.run(
            args,
            env=_environment(env),
            cwd=cwd,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise _not_started(args, error, hint) from error
    except subprocess.TimeoutExpired as error:
        raise RunError(
            f"did not end within {timeout:g} s",
            where=shlex.join(args),
            hint=hint,
            detail=_tail((error.stdout or b"") + (error.stderr or b"")),
        ) from error
    result = Result(args, done.returncode, _text(done.stdout), _text(done.stderr))
    if check and done.returncode != 0:
        raise failure(result, hint=hint)
    return result


def stream(
    argv: Sequence[str | Path],
    on_line: Callable[[str], None],
    *,
    timeout: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Result:
    """Run `argv`, handing each line of its merged output to `on_line` as it comes.

    The whole process group is ended when the time is up or when the caller is
    interrupted, so Ctrl-C leaves nothing behind. The exit status is returned,
    not judged; `stdout` holds the merged output. Raises `GivenUp` where
    `end_streams` has ended it.
    """
    args = tuple(str(a) for a in argv)
    before = _times_given_up
    lines: list[str] = []
    try:
        process = subprocess.Popen(
            args,
            env=_environment(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise _not_started(args, error) from error
    with process, _ended_after(process.pid, timeout) as expired:
        assert process.stdout is not None
        for raw in process.stdout:
            line = _text(raw).rstrip("\n")
            lines.append(line)
            on_line(line)
        process.wait()
    if expired.is_set():
        raise RunError(
            f"did not end within {timeout:g} s",
            where=shlex.join(args),
            detail="\n".join(lines[-DETAIL_LINES:]),
        )
    if process.returncode != 0:
        go_on(before)
    return Result(args, process.returncode, "\n".join(lines), "")


@contextmanager
def _ended_after(pid: int, timeout: float) -> Iterator[threading.Event]:
    """End the process group after `timeout` seconds, or when the block is left by an error.

    The event says that the time was up. Meanwhile `end_streams` knows of it.
    """
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        end_group(pid)

    timer = threading.Timer(timeout, expire)
    timer.start()
    _streams.add(pid)
    try:
        yield expired
    except BaseException:
        end_group(pid)
        raise
    finally:
        timer.cancel()
        _streams.discard(pid)


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
    cwd: Path | None = None,
) -> int:
    """Start a background process that outlives us and return its process id.

    Output is appended to `log`; variables named in `without` are removed from
    its environment.
    """
    environment = {k: v for k, v in _environment(env).items() if k not in without}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(a) for a in argv],
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # It outlives us on purpose: nobody shall be warned that it still runs.
    process.returncode = 0
    return process.pid


def attach(argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> int:
    """Run `argv` on the user's own terminal and return its exit status."""
    args = tuple(str(a) for a in argv)
    try:
        return subprocess.call(args, env=_environment(env))
    except (FileNotFoundError, PermissionError) as error:
        raise _not_started(args, error) from error


def failure(result: Result, *, hint: str | None = None) -> RunError:
    """The error that a finished process's exit status deserves."""
    output = (result.stdout + "\n" + result.stderr).strip()
    return RunError(
        f"exit status {result.returncode}",
        where=shlex.join(result.argv),
        hint=hint,
        detail="\n".join(output.splitlines()[-DETAIL_LINES:]) or None,
    )


def _not_started(args: tuple[str, ...], error: OSError, hint: str | None = None) -> RunError:
    if error.filename not in (None, args[0]):  # the folder that it should run in
        return RunError(f"{error.filename}: {error.strerror}", where=shlex.join(args), hint=hint)
    missing = isinstance(error, FileNotFoundError)
    what = "is not installed" if missing else "may not be executed"
    return RunError(f"{args[0]} {what}", where=shlex.join(args), hint=hint)


def end_group(pid: int, signum: int = signal.SIGKILL) -> None:
    """Signal the process group that `spawn` or `stream` made, if it still exists."""
    try:
        os.killpg(pid, signum)
    except ProcessLookupError:
        pass


def end_streams() -> None:
    """End whatever other threads run through `stream`: the caller was interrupted or gave up.

    Each of those calls raises `GivenUp`.
    """
    global _times_given_up
    _times_given_up += 1
    for pid in tuple(_streams):
        end_group(pid)


def given_up() -> int:
    """How often `end_streams` was called: who waits in a thread stops when it changes."""
    return _times_given_up


def go_on(since: int) -> None:
    """Raise `GivenUp` where `end_streams` was called after `given_up()` had answered `since`."""
    if _times_given_up != since:
        raise GivenUp("given up", hint="run the same command again to continue")


def find_process(argument: str) -> int | None:
    """A process, not of another container, that has `argument` among its words."""
    wanted = os.fsencode(argument)
    namespace = Path("/proc/self/ns/pid").readlink()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if wanted in words and (folder / "ns" / "pid").readlink() == namespace:
                return int(folder.name)
        except OSError:
            continue  # It ended meanwhile, or is not ours to look at.
    return None


def alive(pid: int) -> bool:
    """Whether the process exists and is not a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, **(extra or {})}


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _tail(raw: bytes) -> str | None:
    return "\n".join(_text(raw).splitlines()[-DETAIL_LINES:]) or None


__all__ = [
    "Result",
    "alive",
    "attach",
    "end_group",
    "end_streams",
    "failure",
    "find_process",
    "given_up",
    "go_on",
    "run",
    "spawn",
    "stream",
]
