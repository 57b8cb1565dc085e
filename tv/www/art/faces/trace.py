"""Trace the letters of the brands' display faces, for titles drawn on artwork.

An SVG shown as an image may load no font, so titles are drawn as outlines. Run by hand with
fontTools and brotli installed, after changing a font: `python art/faces/trace.py`.
"""

import json
import string
from pathlib import Path

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).parent
FONTS = HERE.parent.parent / "pages" / "static" / "fonts"
LETTERS = string.ascii_letters + string.digits + " '’-–,.:;!?&()"
FACES = {"fraunces": {"wght": 560}, "space-grotesk": {"wght": 600}, "league-gothic": {}}


def trace(name: str, axes: dict[str, float]) -> None:
    font = TTFont(FONTS / f"{name}.woff2")
    if axes:
        font = instantiateVariableFont(font, axes)
    glyphs, names, scale = font.getGlyphSet(), font.getBestCmap(), 1000 / font["head"].unitsPerEm
    letters = {}
    for letter in LETTERS:
        glyph = glyphs[names[ord(letter)]]
        pen = SVGPathPen(glyphs, ntos=lambda number: str(round(number)))
        glyph.draw(TransformPen(pen, (scale, 0, 0, -scale, 0, 0)))
        letters[letter] = [round(glyph.width * scale), pen.getCommands()]
    (HERE / f"{name}.json").write_text(json.dumps(letters, ensure_ascii=False, indent=0) + "\n")


if __name__ == "__main__":
    for name, axes in FACES.items():
        trace(name, axes)
