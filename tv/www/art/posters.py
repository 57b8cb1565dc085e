"""The artwork of a series: a poster with its title, and the same picture wide without it.

Drawn from the series' own words and nothing else, so it is the same on every host.
"""

import hashlib
from dataclasses import dataclass
from random import Random
from xml.sax.saxutils import escape

from art import lettering
from art.palettes import PALETTES, Palette
from art.scenes import SCENES, Scene, hills

EDITION = "1"
"""Part of every address of artwork; raise it when pictures are drawn differently."""

SMALL = lettering.Face("space-grotesk", 1000, 90, capitals=True, largest=15)


@dataclass(frozen=True)
class Subject:
    """What artwork is drawn from. `strand` and `genre` are slugs."""

    slug: str
    title: str
    genre: str
    genre_name: str
    strand: str
    country: str


def version(title: str) -> str:
    """Changes whenever the picture does, so that it may be kept for ever."""
    return hashlib.sha256(f"{EDITION}/{title}".encode()).hexdigest()[:8]


def picture(subject: Subject, w: int, h: int) -> tuple[str, Palette]:
    """The scene on its sky, and the palette it uses."""
    random = Random(f"{EDITION}/{subject.slug}")
    palette = random.choice(PALETTES[subject.strand])
    scene: Scene = random.choice(SCENES.get(subject.genre, (hills,)))
    drawing = scene(random, palette, w, h)
    sky = (
        f'<linearGradient id="s" x2="0" y2="1"><stop stop-color="{palette.sky}"/>'
        f'<stop offset=".62" stop-color="{palette.glow}"/>'
        f'<stop offset="1" stop-color="{palette.middle}"/></linearGradient>'
    )
    return f'<defs>{sky}</defs><rect width="{w}" height="{h}" fill="url(#s)"/>{drawing}', palette


def svg(w: int, h: int, label: str, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
        f' role="img" aria-label="{escape(label, {chr(34): "&quot;"})}">{body}</svg>'
    )


def poster(subject: Subject) -> str:
    """400 by 600: the picture, a shade at its foot, where it is from, and the title."""
    w, h, margin = 400, 600, 28
    drawing, palette = picture(subject, w, h)
    face = lettering.FACES[subject.strand]
    title = lettering.fit(face, subject.title, w - 2 * margin)
    origin = f"{subject.country} – {subject.genre_name}"
    line = lettering.fit(SMALL, origin, w - 2 * margin, most=1)
    foot = h - margin - 4
    top = foot - lettering.height(face, title) - 18
    dusk = min(h * 0.5, top - 120)
    shade = (
        f'<linearGradient id="d" x2="0" y2="1"><stop stop-color="{palette.near}" stop-opacity="0"/>'
        f'<stop offset=".55" stop-color="{palette.near}" stop-opacity=".86"/>'
        f'<stop offset="1" stop-color="{palette.near}"/></linearGradient>'
    )
    return svg(
        w, h, subject.title,
        f'{drawing}<defs>{shade}</defs>'
        f'<rect y="{dusk:.0f}" width="{w}" height="{h - dusk:.0f}" fill="url(#d)"/>'
        + lettering.draw(SMALL, line, margin, top, palette.light)
        + lettering.draw(face, title, margin, foot, palette.ink),
    )  # fmt: skip


def wide(subject: Subject) -> str:
    """1600 by 900: the picture alone, for behind words; what it shows is right of the middle."""
    drawing, _ = picture(subject, 2200, 900)
    return svg(1600, 900, subject.title, drawing)
