"""What Ctrl-C, SIGTERM and SIGHUP do, from the first moment on."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130

_heard = False


def quit_at_once() -> None:
    """Until something has begun there is nothing to clean up: say so and go."""
    _install(_quit)


def interrupt_work() -> None:
    """End what other threads wait for, and raise `KeyboardInterrupt` in the main one."""
    global _heard
    _heard = False
    _install(_interrupt)


def heard() -> bool:
    """Whether work was interrupted; libraries may turn that into an error of their own."""
    return _heard


def _install(handler: signal._HANDLER) -> None:
    for end in ENDS:
        # What is ignored stays ignored: `nohup` means what it says.
        if signal.getsignal(end) != signal.SIG_IGN:
            signal.signal(end, handler)


def _quit(_number: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, b"interrupted\n")
    os._exit(INTERRUPTED)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    global _heard
    _heard = True
    # Python may raise it where it is only printed, such as in a finaliser: work ends all the same.
    run = sys.modules.get("airchain.run")
    if run is not None:
        run.end_streams()
    raise KeyboardInterrupt
