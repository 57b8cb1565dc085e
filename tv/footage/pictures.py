"""The still pictures that clips are made of, as SVG: scenes, what moves before them, titles."""

from random import Random

from art import lettering, scenes
from art.palettes import PALETTES, Palette
from art.posters import svg
from scripts import Script

WIDTH, HEIGHT = 1280, 720
PAN = 320
"""How much wider a scene is than what is seen of it."""


def palette(script: Script, shot: int) -> Palette:
    sets = PALETTES[script.strand]
    return sets[Random(script.slug).randrange(len(sets)) - shot]


def scene(script: Script, shot: int) -> str:
    """One of the catalogue's own scenes, on its sky."""
    # A picture's foot is left for lettering: here it lies below the frame.
    w, h, colours = WIDTH + PAN, HEIGHT * 9 // 8, palette(script, shot)
    draw = getattr(scenes, script.shots[shot])
    sky = (
        f'<linearGradient id="s" x2="0" y2="1"><stop stop-color="{colours.sky}"/>'
        f'<stop offset=".62" stop-color="{colours.glow}"/>'
        f'<stop offset="1" stop-color="{colours.middle}"/></linearGradient>'
    )
    body = f'<defs>{sky}</defs><rect width="{w}" height="{h}" fill="url(#s)"/>'
    drawing = draw(Random(f"{script.slug}/{shot}"), colours, w, h)
    return svg(w, HEIGHT, script.title, body + drawing)


def title(script: Script) -> str:
    """The title in the brand's face, on nothing."""
    face = lettering.FACES[script.strand]
    setting = lettering.fit(face, script.title, 560, most=2)
    size = lettering.Setting(setting.lines, setting.size * 1.4)
    colours = palette(script, 0)
    drawn = lettering.draw(face, size, 64, HEIGHT - 80, colours.ink)
    return svg(WIDTH, HEIGHT, script.title, drawn)


def lantern(colours: Palette) -> str:
    glow = (
        f'<radialGradient id="g"><stop stop-color="{colours.light}" stop-opacity=".5"/>'
        f'<stop offset="1" stop-color="{colours.light}" stop-opacity="0"/></radialGradient>'
    )
    body = (
        f'<defs>{glow}</defs><circle cx="60" cy="60" r="60" fill="url(#g)"/>'
        f'<path d="M42 36h36l-7 46h-22z" fill="{colours.light}" opacity=".92"/>'
    )
    return svg(120, 120, "", body)


def birds(colours: Palette) -> str:
    """Five on their way, in a line that is not straight."""
    places = ((10, 60), (48, 34), (90, 20), (128, 40), (170, 66))
    wings = "".join(f"M{x - 12} {y}q6 -9 12 0q6 -9 12 0" for x, y in places)
    line = f'<path d="{wings}" fill="none" stroke="{colours.near}" stroke-width="3"/>'
    return svg(200, 90, "", line)


def mist(colours: Palette) -> str:
    fog = (
        f'<radialGradient id="g"><stop stop-color="{colours.light}" stop-opacity=".22"/>'
        f'<stop offset="1" stop-color="{colours.light}" stop-opacity="0"/></radialGradient>'
    )
    bank = '<ellipse cx="450" cy="150" rx="450" ry="150" fill="url(#g)"/>'
    return svg(900, 300, "", f"<defs>{fog}</defs>{bank}")


def mote(script: Script) -> str:
    """What moves before the scenes, and tells the brand at a glance."""
    draw = {"drama": lantern, "documentary": birds, "horror": mist}[script.strand]
    return draw(palette(script, 0))
