"""Titles as outlines: broken into lines and fitted to a width, in a brand's display face."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

EM = 1000
Letters = Mapping[str, tuple[int, str]]


@dataclass(frozen=True)
class Face:
    """A traced font and how titles are set in it. Lengths are in thousandths of the size."""

    name: str
    leading: int
    tracking: int
    capitals: bool
    largest: int
    """The size of a short title, in units of a poster 400 wide."""


FACES = {
    "drama": Face("fraunces", 1040, -8, False, 62),
    "documentary": Face("space-grotesk", 1060, -20, False, 52),
    "horror": Face("league-gothic", 960, 12, True, 100),
}


@cache
def letters(name: str) -> Letters:
    path = Path(__file__).parent / "faces" / f"{name}.json"
    traced: dict[str, tuple[int, str]] = json.loads(path.read_text())
    return {letter: (advance, outline) for letter, (advance, outline) in traced.items()}


def width(face: Face, text: str) -> int:
    """In thousandths of the size; letters that were not traced take no place."""
    known = letters(face.name)
    return sum(known[letter][0] + face.tracking for letter in text if letter in known)


@dataclass(frozen=True)
class Setting:
    """Text broken into lines, at the size that fits."""

    lines: tuple[str, ...]
    size: float


def fit(face: Face, text: str, room: float, most: int = 3) -> Setting:
    """The setting of the largest size in at most that many lines; of equals, the fewest lines."""
    words = (text.upper() if face.capitals else text).split() or [""]
    best: tuple[float, Setting] | None = None
    for count in range(1, min(most, len(words)) + 1):
        for cuts in combinations(range(1, len(words)), count - 1):
            edges = (0, *cuts, len(words))
            lines = tuple(" ".join(words[a:b]) for a, b in pairwise(edges))
            widths = [width(face, line) for line in lines]
            size = min(face.largest, room * EM / max(*widths, 1))
            # Ragged lines cost a little, so that the last word is not left alone.
            worth = size * (1 - 0.04 * count) - 0.002 * (max(widths) - min(widths))
            if best is None or worth > best[0]:
                best = (worth, Setting(lines, size))
    assert best is not None
    return best[1]


def draw(face: Face, setting: Setting, x: float, bottom: float, fill: str) -> str:
    """SVG of the text from `x`, its last line standing on `bottom`."""
    known, scale, paths = letters(face.name), setting.size / EM, []
    for index, line in enumerate(reversed(setting.lines)):
        y = bottom / scale - index * face.leading
        pen = x / scale
        for letter in line:
            advance, outline = known.get(letter, (0, ""))
            if outline:
                paths.append(f'<path transform="translate({pen:.0f} {y:.0f})" d="{outline}"/>')
            pen += advance + face.tracking if letter in known else 0
    return f'<g fill="{fill}" transform="scale({scale:.5f})">{"".join(paths)}</g>'


def height(face: Face, setting: Setting) -> float:
    """How high the drawn text stands above its bottom line."""
    return setting.size * (750 + (len(setting.lines) - 1) * face.leading) / EM
