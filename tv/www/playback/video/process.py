"""Running ffmpeg and ffprobe: bounded in time, weaker than all else, and never left behind."""

import ctypes
import os
import resource
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence

from playback.video import complaints
from playback.video.errors import Hindered

Beat = Callable[[float], None]
"""Told every few seconds how many seconds of the video are done; may raise to end it."""

TICK = 2.0
STALL = 120.0
"""Seconds without progress after which it hangs."""
LARGEST = 16 << 30
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def run(argv: Sequence[str], *, seconds: float, beat: Beat = lambda _: None) -> str:
    """What it printed. `seconds` is how long it may take in all.

    With `-progress` among its words, `beat` hears how far it is, and standing still is noticed.
    """
    done = _Reading()
    stall = STALL if "-progress" in argv else seconds
    with subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
        preexec_fn=_settle,
    ) as process:
        try:
            _follow(process, done, time.monotonic() + seconds, stall, beat)
            status = process.wait(timeout=TICK * 5)
        except BaseException:
            process.kill()
            raise
    if status:
        raise complaints.explain(done.complaints, status)
    return "".join(done.printed)


def _settle() -> None:
    """In the child: after everyone else, dying with its worker, no file without end."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class _Reading:
    """What came so far. Of complaints the first and the last are kept: a file may give millions."""

    def __init__(self) -> None:
        self.printed: list[str] = []
        self.first: list[str] = []
        self.last: deque[str] = deque(maxlen=50)
        self.seconds = 0.0
        self.moved = time.monotonic()

    @property
    def complaints(self) -> list[str]:
        return [*self.first, *self.last]

    def complain(self, line: str) -> None:
        (self.first if len(self.first) < 50 else self.last).append(line)

    def say(self, line: str) -> None:
        if line.startswith("out_time_us=") and line[12:].strip().isdigit():
            seconds = int(line[12:]) / 1e6
            if seconds > self.seconds:
                self.seconds, self.moved = seconds, time.monotonic()
        self.printed.append(line)


def _follow(
    process: "subprocess.Popen[bytes]", done: _Reading, end: float, stall: float, beat: Beat
) -> None:
    """Read both of its outputs until they are closed."""
    rest = {process.stdout: b"", process.stderr: b""}
    take = {process.stdout: done.say, process.stderr: done.complain}
    beaten = 0.0
    with selectors.DefaultSelector() as selector:
        for pipe in rest:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(TICK):
                pipe = key.fileobj
                block = os.read(key.fd, 65_536)
                *lines, rest[pipe] = (rest[pipe] + block).split(b"\n")
                if not block:
                    selector.unregister(pipe)
                    lines = [rest[pipe]]
                for line in lines:
                    take[pipe](line.decode(errors="replace") + "\n")
            now = time.monotonic()
            if now > end:
                raise Hindered("It took too long and was stopped.")
            if now - done.moved > stall:
                raise Hindered("ffmpeg hung: it made no progress for two minutes.")
            if now - beaten >= TICK:
                beat(done.seconds)
                beaten = now
