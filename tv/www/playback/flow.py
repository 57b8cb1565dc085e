"""How a job goes from state to state. Pure.

queued ─► probing ─► encoding ─► packaging ─► published
   └─────────┴───────────┴───────────┴──────► failed
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from playback.models import Job, Step
from playback.video import ladder
from playback.video.source import Source

PROBE, SUBTITLES, THUMBNAILS, PACKAGE = "probe", "subtitles", "thumbnails", "package"
ACTIVE = (Job.State.QUEUED, Job.State.PROBING, Job.State.ENCODING, Job.State.PACKAGING)

MOST_ATTEMPTS = 4
_BACKOFF = timedelta(seconds=5)


@dataclass(frozen=True)
class Move:
    """The state that comes next, and the steps that begin with it."""

    state: Job.State
    begin: tuple[str, ...] = ()


def parts(source: Source) -> tuple[str, ...]:
    """What is made side by side; the largest first, so that it does not end alone."""
    renditions = [rung.name for rung in reversed(ladder.rungs(source))]
    return (*renditions, SUBTITLES, THUMBNAILS)


def move(state: str, steps: Mapping[str, str], source: Source | None) -> Move | None:
    """What follows from the steps' states; nothing while one of them is still to be done."""
    if any(step != Step.State.DONE for step in steps.values()):
        return None
    match state:
        case Job.State.QUEUED | Job.State.PROBING if source:
            return Move(Job.State.ENCODING, parts(source))
        case Job.State.ENCODING:
            return Move(Job.State.PACKAGING, (PACKAGE,))
        case Job.State.PACKAGING:
            return Move(Job.State.PUBLISHED)
    return None


def resumed(steps: Mapping[str, str]) -> Job.State:
    """The state of a failed job that goes on where it was."""
    if PACKAGE in steps:
        return Job.State.PACKAGING
    return Job.State.ENCODING if len(steps) > 1 else Job.State.QUEUED


def wait(attempts: int) -> timedelta:
    """Before the next attempt: 5, 10, 20 seconds."""
    return _BACKOFF * 2 ** (attempts - 1)


def percent(state: str, steps: Mapping[str, int]) -> int:
    """How far a job is: probing and packaging are short, encoding is what takes its time."""
    if state == Job.State.PUBLISHED:
        return 100
    encoding = [done for name, done in steps.items() if name not in {PROBE, PACKAGE}]
    return int(2 + 96 * sum(encoding) / 100 / len(encoding)) if encoding else 0
