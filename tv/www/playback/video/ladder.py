"""Which renditions a video gets. Pure."""

from dataclasses import dataclass

from playback.video.source import Source

FRAMES = 60
"""A second, at most."""


@dataclass(frozen=True)
class Rung:
    """A size: no taller than `height`, in kilobits a second for the picture and the sound."""

    height: int
    picture: int
    sound: int

    @property
    def name(self) -> str:
        return f"{self.height}p"


RUNGS = (
    Rung(144, 160, 48),
    Rung(240, 320, 64),
    Rung(360, 650, 96),
    Rung(480, 1150, 96),
    Rung(720, 2400, 128),
    Rung(1080, 4500, 128),
)
FEWEST, MOST = 3, 4
_BY_NAME = {rung.name: rung for rung in RUNGS}


def rung(name: str) -> Rung:
    return _BY_NAME[name]


def rungs(source: Source) -> tuple[Rung, ...]:
    """From what a slow line can carry up to the size of the source; at least three.

    An upright picture is measured by its shorter side, as its viewers hold it.
    """
    short = min(source.width, source.height)
    fitting = [rung for rung in RUNGS if rung.height <= short * 1.05]
    most = MOST if len(fitting) == len(RUNGS) else FEWEST
    return tuple(fitting[-most:]) if len(fitting) >= FEWEST else RUNGS[:FEWEST]


def size(source: Source, rung: Rung) -> tuple[int, int]:
    """Width and height of the source's shape at that rung; both even, as the codec wants."""
    short = min(source.width, source.height)
    scale = rung.height / short
    return _even(source.width * scale), _even(source.height * scale)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
