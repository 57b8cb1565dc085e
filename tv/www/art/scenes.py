"""Pictures: each a function of a source of chance, a palette and a size, giving SVG.

The picture's point of interest is above the middle; the bottom third is left calm and dark,
for lettering. Sizes are in user units; a poster is 400 by 600, a wide picture 1600 by 900.
"""

import math
from collections.abc import Callable
from random import Random

from art.palettes import Palette

Scene = Callable[[Random, Palette, int, int], str]


def circle(x: float, y: float, r: float, fill: str, opacity: float = 1) -> str:
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.1f}" fill="{fill}" opacity="{opacity:.2f}"/>'


def box(x: float, y: float, w: float, h: float, fill: str, opacity: float = 1) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{fill}"'
        f' opacity="{opacity:.2f}"/>'
    )


def polygon(points: list[tuple[float, float]], fill: str, opacity: float = 1) -> str:
    text = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
    return f'<polygon points="{text}" fill="{fill}" opacity="{opacity:.2f}"/>'


def ridge(random: Random, w: int, h: int, base: float, rough: float, fill: str) -> str:
    """A line of hills: a few sines of chance phase."""
    waves = [(random.uniform(0.6, 2.4) * n, random.uniform(0, 6.3), 1 / n) for n in (1, 2, 3.7)]
    points = [(0.0, float(h))]
    for step in range(41):
        t = step / 40
        rise = sum(math.sin(t * 6.3 * pace + phase) * size for pace, phase, size in waves)
        points.append((t * w, base + rise * rough))
    return polygon([*points, (float(w), float(h))], fill)


def hills(random: Random, p: Palette, w: int, h: int) -> str:
    """A low sun over layers of hills."""
    r = h * random.uniform(0.11, 0.17)
    x, y = w * random.uniform(0.3, 0.7), h * random.uniform(0.26, 0.36)
    return (
        circle(x, y, r * 2.6, p.light, 0.10)
        + circle(x, y, r * 1.7, p.light, 0.14)
        + circle(x, y, r, p.light)
        + ridge(random, w, h, h * 0.46, h * 0.035, p.far)
        + ridge(random, w, h, h * 0.56, h * 0.04, p.middle)
        + ridge(random, w, h, h * 0.68, h * 0.04, p.near)
    )


def skyline(random: Random, p: Palette, w: int, h: int) -> str:
    """Towers at night with some windows lit, and a moon."""
    parts = [circle(w * random.uniform(0.2, 0.8), h * 0.2, h * 0.075, p.light, 0.95)]
    for fill, top, widest, lit in (
        (p.far, 0.36, 0.14, 0.0),
        (p.middle, 0.46, 0.17, 0.25),
        (p.near, 0.6, 0.2, 0.3),
    ):
        x = -10.0
        unit = min(w, h)
        while x < w:
            width = unit * random.uniform(0.07, widest)
            y = h * (top + random.uniform(-0.09, 0.09))
            parts.append(box(x, y, width, h - y, fill))
            cell = unit * 0.026
            rows = int((h * 0.74 - y) / (cell * 1.5))
            for row in range(rows):
                for column in range(int((width - cell) / (cell * 1.4))):
                    if random.random() < lit:
                        parts.append(
                            box(x + cell * (0.8 + 1.4 * column), y + cell * (1 + 1.5 * row),
                                cell * 0.7, cell * 0.8, p.light, random.choice((0.35, 0.6, 0.9)))
                        )  # fmt: skip
            x += width + unit * random.uniform(0, 0.02)
    return "".join(parts)


def sea(random: Random, p: Palette, w: int, h: int) -> str:
    """A moon and its road on the water."""
    x, horizon, r = w * random.uniform(0.35, 0.65), h * 0.5, h * random.uniform(0.1, 0.15)
    parts = [
        circle(x, horizon - r * 0.9, r * 2, p.light, 0.12),
        circle(x, horizon - r * 0.9, r, p.light),
        box(0, horizon, w, h - horizon, p.middle),
        box(0, h * 0.7, w, h * 0.3, p.near, 0.55),
    ]
    for line in range(26):
        t = line / 26
        reach = r * (0.5 + 1.1 * t) * random.uniform(0.35, 1)
        shift = r * random.uniform(-0.25, 0.25) * (1 + t)
        parts.append(
            box(
                x - reach + shift,
                horizon + 4 + t * h * 0.3,
                reach * 2,
                1.5 + 3.5 * t,
                p.light,
                0.75 * (1 - t),
            )
        )
    boat, y = w * random.choice((0.2, 0.8)), horizon + h * 0.03
    s = h * 0.03
    parts.append(
        polygon(
            [
                (boat - s, y),
                (boat + s, y),
                (boat + s * 0.6, y + s * 0.5),
                (boat - s * 0.7, y + s * 0.5),
            ],
            p.near,
        )
    )
    parts.append(
        polygon([(boat, y - s * 0.2), (boat, y - s * 2), (boat + s * 0.9, y - s * 0.2)], p.near)
    )
    return "".join(parts)


def lanterns(random: Random, p: Palette, w: int, h: int) -> str:
    """Paper lanterns rising over dark roofs."""
    parts = []
    for _ in range(int(16 * w / 400 if w < h else 34)):
        depth = random.random()
        s = h * (0.012 + 0.035 * depth**2)
        x, y = w * random.random(), h * random.uniform(0.04, 0.58)
        parts.append(circle(x, y, s * 2.4, p.light, 0.10 + 0.06 * depth))
        parts.append(
            f'<path d="M{x - s:.1f} {y - s:.1f}h{2 * s:.1f}l{-0.35 * s:.1f} {2.3 * s:.1f}h{-1.3 * s:.1f}z" '
            f'fill="{p.light}" opacity="{0.45 + 0.5 * depth:.2f}"/>'
        )
    for fill, base in ((p.middle, 0.62), (p.near, 0.7)):
        x = -w * 0.1
        while x < w:
            s = h * random.uniform(0.12, 0.2)
            y = h * (base + random.uniform(-0.02, 0.03))
            parts.append(
                f'<path d="M{x:.0f} {y:.0f}q{s * 0.3:.0f} {-s * 0.02:.0f} {s * 0.6:.0f} {-s * 0.34:.0f}'
                f'q{s * 0.3:.0f} {s * 0.32:.0f} {s * 0.6:.0f} {s * 0.34:.0f}V{h}H{x:.0f}z" fill="{fill}"/>'
            )
            x += s * 1.05
    return "".join(parts)


def rain(random: Random, p: Palette, w: int, h: int) -> str:
    """An umbrella in the rain, under one lamp."""
    x, y, s = w * random.uniform(0.4, 0.6), h * 0.42, h * 0.17
    lines = "".join(
        f"M{random.uniform(0, w * 1.1):.0f} {random.uniform(-40, h * 0.8):.0f}l{-h * 0.014:.0f} {h * random.uniform(0.03, 0.08):.0f}"
        for _ in range(int(70 * w * h / 240_000) if w < h else 220)
    )
    ribs = "".join(
        f"M{x:.0f} {y - s:.0f}Q{x + k * s * 0.75:.0f} {y - s * 0.72:.0f} {x + k * s:.0f} {y:.0f}"
        for k in (-0.45, 0.45)
    )
    scallop = "".join(f"q{s * 0.2:.1f} {-s * 0.16:.1f} {s * 0.4:.1f} 0" for _ in range(5))
    return (
        polygon([(x, -h * 0.1), (x + h * 0.42, h * 0.86), (x - h * 0.42, h * 0.86)], p.light, 0.12)
        + box(0, h * 0.78, w, h * 0.22, p.near, 0.8)
        + f'<path d="{lines}" stroke="{p.ink}" stroke-width="1.4" opacity="0.35"/>'
        + f'<path d="M{x - s:.0f} {y:.0f}A{s:.0f} {s:.0f} 0 0 1 {x + s:.0f} {y:.0f}h{-2 * s:.0f}z" fill="{p.light}"/>'
        + f'<path d="M{x - s:.1f} {y:.1f}{scallop}z" fill="{p.middle}" opacity="0.55"/>'
        + f'<path d="{ribs}" stroke="{p.glow}" stroke-width="2" fill="none" opacity="0.8"/>'
        + f'<path d="M{x:.0f} {y - s * 1.12:.0f}v{s * 2.3:.0f}q0 {s * 0.26:.0f} {s * 0.26:.0f} {s * 0.26:.0f}" stroke="{p.near}" stroke-width="{s * 0.05:.1f}" fill="none" stroke-linecap="round"/>'
    )


def pair(random: Random, p: Palette, w: int, h: int) -> str:
    """Two discs that nearly meet."""
    r, y = h * random.uniform(0.15, 0.2), h * 0.36
    x, gap = w / 2, h * random.uniform(0.08, 0.14)
    return (
        circle(x - gap, y, r, p.light, 0.95)
        + circle(x + gap, y + r * 0.25, r, p.glow, 0.8)
        + f'<clipPath id="l"><circle cx="{x - gap:.0f}" cy="{y:.0f}" r="{r:.1f}"/></clipPath>'
        + f'<circle cx="{x + gap:.0f}" cy="{y + r * 0.25:.0f}" r="{r:.1f}" fill="{p.far}" clip-path="url(#l)"/>'
        + ridge(random, w, h, h * 0.7, h * 0.03, p.near)
    )


def contours(random: Random, p: Palette, w: int, h: int) -> str:
    """Contour lines of an island that is not on the map."""
    x, y = w * random.uniform(0.35, 0.65), h * 0.36
    phases = [random.uniform(0, 6.3) for _ in range(3)]
    parts = []
    for ring in range(15, 0, -1):
        r = ring * h * 0.034
        points = []
        for step in range(48):
            angle = step / 48 * 6.2832
            wobble = sum(math.sin(angle * (n + 2) + phases[n]) / (n + 2) for n in range(3))
            reach = r * (1 + 0.28 * wobble)
            points.append(
                f"{x + reach * math.cos(angle) * 1.1:.0f} {y + reach * math.sin(angle):.0f}"
            )
        fill = {3: p.light, 6: p.far, 10: p.middle}.get(ring, "none")
        parts.append(
            f'<path d="M{"L".join(points)}z" fill="{fill}" stroke="{p.ink}" stroke-opacity="{0.75 - ring * 0.04:.2f}" stroke-width="{1.8 if ring % 5 == 0 else 1}"/>'
        )
    return "".join(parts)


def orbits(random: Random, p: Palette, w: int, h: int) -> str:
    """Bodies on their orbits."""
    x, y = w * random.uniform(0.3, 0.7), h * 0.36
    tilt = random.uniform(-25, 25)
    parts = [circle(x, y, h * 0.15, p.light, 0.12), circle(x, y, h * 0.07, p.light)]
    for n in range(1, 8):
        rx, ry = h * 0.085 * (n + 0.6), h * 0.05 * (n + 0.6)
        parts.append(
            f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="{rx:.0f}" ry="{ry:.0f}" fill="none" stroke="{p.ink}" opacity="{0.6 - n * 0.055:.2f}" stroke-width="1.2"/>'
        )
        angle = random.uniform(0, 6.3)
        parts.append(
            circle(
                x + rx * math.cos(angle),
                y + ry * math.sin(angle),
                h * random.uniform(0.006, 0.02),
                random.choice((p.far, p.light, p.glow)),
            )
        )
    stars = "".join(
        circle(
            random.uniform(-w * 0.2, w * 1.2),
            random.uniform(-h * 0.2, h),
            random.uniform(0.5, 1.6),
            p.ink,
            0.6,
        )
        for _ in range(50)
    )
    return f'<g transform="rotate({tilt:.0f} {x:.0f} {y:.0f})">{stars}{"".join(parts)}</g>'


def strata(random: Random, p: Palette, w: int, h: int) -> str:
    """Layers of ground, with one thing kept in them."""
    fills = [p.glow, p.far, p.middle, p.far, p.glow, p.middle, p.near]
    parts = [circle(w * random.uniform(0.25, 0.75), h * 0.17, h * 0.06, p.light)]
    y = 0.27
    for fill in fills:
        parts.append(ridge(random, w, h, h * y, h * 0.018, fill))
        y += random.uniform(0.05, 0.085)
    s, x = h * 0.045, w * random.uniform(0.3, 0.7)
    spiral = "".join(
        f"{'L' if n else 'M'}{x + s * (1 - n / 60) * math.cos(n * 0.35):.1f} {h * 0.47 + s * (1 - n / 60) * math.sin(n * 0.35):.1f}"
        for n in range(56)
    )
    return (
        "".join(parts)
        + f'<path d="{spiral}" fill="none" stroke="{p.light}" stroke-width="{h * 0.006:.1f}" stroke-linecap="round"/>'
    )


def grid(random: Random, p: Palette, w: int, h: int) -> str:
    """A field of quarter circles: a city from above, a weave, a record."""
    cell = min(w, h) / 5 if w < h else h / 6
    parts = []
    colours = (p.far, p.middle, p.glow, p.light, p.middle, p.near)
    for row in range(math.ceil(h * 0.72 / cell)):
        for column in range(math.ceil(w / cell)):
            x, y, c = column * cell, row * cell, cell
            parts.append(
                box(x, y, c + 0.5, c + 0.5, random.choice((p.near, p.middle, p.sky)), 0.85)
            )
            turn = random.randrange(4)
            shape = random.random()
            fill = random.choice(colours)
            middle = f"{x + c / 2:.1f} {y + c / 2:.1f}"
            if shape < 0.5:
                parts.append(
                    f'<path transform="rotate({turn * 90} {middle})" d="M{x:.1f} {y:.1f}h{c:.1f}A{c:.1f} {c:.1f} 0 0 1 {x:.1f} {y + c:.1f}z" fill="{fill}"/>'
                )
            elif shape < 0.75:
                parts.append(
                    f'<path transform="rotate({turn * 90} {middle})" d="M{x:.1f} {y:.1f}h{c:.1f}a{c / 2:.1f} {c / 2:.1f} 0 0 1 {-c:.1f} 0z" fill="{fill}"/>'
                )
            else:
                parts.append(circle(x + c / 2, y + c / 2, c * 0.26, fill))
    return "".join(parts)


def wave(random: Random, p: Palette, w: int, h: int) -> str:
    """Lines that carry a signal."""
    centre, spread = w * random.uniform(0.4, 0.6), w * random.uniform(0.12, 0.2)
    parts = []
    for line in range(22):
        base = h * (0.16 + line * 0.025)
        points = []
        for step in range(61):
            x = w * step / 60
            bell = math.exp(-(((x - centre) / spread) ** 2))
            points.append(
                f"{x:.0f} {base - bell * h * 0.085 * random.random() - random.random() * h * 0.004:.0f}"
            )
        parts.append(
            f'<path d="M{"L".join(points)}V{h}H0z" fill="{p.near}" stroke="{p.light if line % 7 == 3 else p.ink}" stroke-width="1.5" stroke-opacity="{0.9 - line * 0.02:.2f}"/>'
        )
    return "".join(parts)


def forest(random: Random, p: Palette, w: int, h: int) -> str:
    """Bare trunks, mist between them, and something behind."""
    parts = [circle(w * random.uniform(0.35, 0.65), h * 0.3, h * 0.1, p.light, 0.9)]
    for fill, count, thick in ((p.far, 12, 0.012), (p.middle, 9, 0.022), (p.near, 6, 0.042)):
        count = count if w < h else int(count * 2.6)
        for n in range(count):
            x = (n + random.uniform(0.1, 0.9)) * w / count
            t, lean = h * thick * random.uniform(0.6, 1.2), h * random.uniform(-0.03, 0.03)
            parts.append(
                polygon(
                    [(x - t / 2 + lean, 0), (x + t / 2 + lean, 0), (x + t, h), (x - t, h)], fill
                )
            )
            for _ in range(3):
                y, side = h * random.uniform(0.05, 0.5), random.choice((-1, 1))
                reach = h * random.uniform(0.04, 0.11)
                parts.append(
                    polygon(
                        [
                            (x + lean / 2, y),
                            (x + lean / 2 + side * reach, y - reach * 0.8),
                            (x + lean / 2, y + t * 0.7),
                        ],
                        fill,
                    )
                )
        parts.append(box(0, h * 0.25, w, h * 0.75, "url(#m)", 0.3))
    mist = f'<linearGradient id="m" x2="0" y2="1"><stop stop-color="{p.glow}" stop-opacity="0"/><stop offset="1" stop-color="{p.glow}"/></linearGradient>'
    eyes, y = w * random.uniform(0.3, 0.7), h * 0.53
    return (
        mist
        + "".join(parts)
        + circle(eyes - h * 0.011, y, h * 0.0045, p.light)
        + circle(eyes + h * 0.011, y, h * 0.0045, p.light)
    )


def house(random: Random, p: Palette, w: int, h: int) -> str:
    """A house on a hill with one window lit."""
    x, y, s = w * random.uniform(0.38, 0.62), h * 0.52, h * 0.12
    window = random.choice((-0.5, 0, 0.45))
    return (
        circle(x + s * random.choice((-0.9, 0.9)), h * 0.26, h * 0.13, p.light, 0.85)
        + f'<ellipse cx="{x:.0f}" cy="{h * 1.02:.0f}" rx="{max(w, h) * 0.6:.0f}" ry="{h * 0.5:.0f}" fill="{p.near}"/>'
        + polygon(
            [
                (x - s, y + s * 0.5),
                (x - s, y - s * 0.4),
                (x - s * 0.55, y - s),
                (x - s * 0.1, y - s * 0.4),
                (x - s * 0.1, y - s * 1.25),
                (x + s * 0.2, y - s * 1.75),
                (x + s * 0.5, y - s * 1.25),
                (x + s * 0.5, y - s * 0.5),
                (x + s, y - s * 0.5),
                (x + s, y + s * 0.5),
            ],
            p.near,
        )
        + box(x + s * 0.7, y - s * 0.95, s * 0.14, s * 0.5, p.near)
        + box(x + s * window - s * 0.07, y - s * 0.28, s * 0.16, s * 0.26, p.light)
        + polygon(
            [
                (x + s * window, y - s * 0.1),
                (x + s * (window - 0.9), h * 0.8),
                (x + s * (window + 0.9), h * 0.8),
            ],
            p.light,
            0.07,
        )
        + "".join(
            f'<path d="M{w * random.random():.0f} {h * random.uniform(0.1, 0.34):.0f}q7 -7 12 0q5 -7 12 0" stroke="{p.near}" stroke-width="2.4" fill="none"/>'
            for _ in range(6)
        )
    )


def corridor(random: Random, p: Palette, w: int, h: int) -> str:
    """A corridor with its far door open, and someone in it."""
    x, y, parts = w * random.uniform(0.42, 0.58), h * 0.4, []
    frames = (1.0, 0.68, 0.46, 0.31, 0.21, 0.14)
    fills = (p.near, p.middle, p.near, p.far, p.middle, p.light)
    for scale, fill in zip(frames, fills, strict=True):
        dx, up, down = h * 0.42 * scale * (1 if w < h else 1.9), h * 0.5 * scale, h * 0.62 * scale
        parts.append(box(x - dx, y - up, dx * 2, up + down, fill))
    s = h * 0.03
    reach = h * 0.62 * 0.14
    return (
        box(0, 0, w, h, p.near)
        + "".join(parts)
        + polygon(
            [(x - s, y + reach), (x + s, y + reach), (x + s * 7, h), (x - s * 7, h)], p.light, 0.16
        )
        + circle(x, y - s * 0.1, s * 0.36, p.near)
        + f'<path d="M{x - s * 0.55:.1f} {y + reach:.1f}L{x - s * 0.45:.1f} {y + s * 0.5:.1f}q{s * 0.45:.1f} {-s * 0.4:.1f} {s * 0.9:.1f} 0L{x + s * 0.55:.1f} {y + reach:.1f}z" fill="{p.near}"/>'
    )


def eye(random: Random, p: Palette, w: int, h: int) -> str:
    """Something that looks back."""
    x, y, s = w / 2, h * 0.38, h * random.uniform(0.2, 0.25)
    slit = random.choice((0.09, 0.14, 0.22))
    rays = "".join(
        f"M{x + s * 0.22 * math.cos(a):.1f} {y + s * 0.22 * math.sin(a):.1f}L{x + s * 0.42 * math.cos(a):.1f} {y + s * 0.42 * math.sin(a):.1f}"
        for a in (random.uniform(0, 6.3) for _ in range(60))
    )
    lashes = "".join(
        f'<path d="M{x - s * k:.0f} {y:.0f}Q{x:.0f} {y - s * k * 0.95:.0f} {x + s * k:.0f} {y:.0f}Q{x:.0f} {y + s * k * 0.95:.0f} {x - s * k:.0f} {y:.0f}z" fill="none" stroke="{p.glow}" stroke-width="1.2" opacity="{0.65 - (k - 1) * 0.7:.2f}"/>'
        for k in (1.15, 1.3, 1.45, 1.6, 1.75)
    )
    return (
        lashes
        + f'<path d="M{x - s:.0f} {y:.0f}Q{x:.0f} {y - s:.0f} {x + s:.0f} {y:.0f}Q{x:.0f} {y + s:.0f} {x - s:.0f} {y:.0f}z" fill="{p.near}"/>'
        + circle(x, y, s * 0.45, p.glow)
        + f'<path d="{rays}" stroke="{p.light}" stroke-width="1.3" opacity="0.7"/>'
        + f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="{s * slit:.1f}" ry="{s * 0.42:.1f}" fill="{p.near}"/>'
        + circle(x - s * 0.16, y - s * 0.18, s * 0.06, p.ink, 0.9)
    )


def well(random: Random, p: Palette, w: int, h: int) -> str:
    """Looking up from the bottom, or down into it."""
    x, y = w / 2, h * 0.36
    parts = [box(0, 0, w, h, p.near)]
    for ring in range(9):
        r = h * 0.5 * (0.8**ring)
        shift_x, shift_y = random.uniform(-1, 1) * r * 0.04, r * 0.05
        fill = (p.far, p.middle)[ring % 2] if ring < 8 else p.light
        parts.append(circle(x + shift_x, y + shift_y, r, fill, 0.95))
    parts.append(circle(x, y, h * 0.5 * 0.8**8, p.light))
    s = h * 0.028
    parts.append(
        f'<path d="M{x - s:.1f} {y + s * 2.6:.1f}q0 {-s * 2.2:.1f} {s:.1f} {-s * 2.2:.1f}t{s:.1f} {s * 2.2:.1f}z" fill="{p.near}"/>'
    )
    parts.append(circle(x, y + s * 0.2, s * 0.55, p.near))
    return "".join(parts)


SCENES: dict[str, tuple[Scene, ...]] = {
    "romance": (pair, rain, lanterns, skyline),
    "family": (hills, lanterns, sea),
    "workplace": (skyline, grid),
    "historical": (lanterns, hills),
    "medical": (pair, skyline, sea),
    "crime": (skyline, sea, rain),
    "school": (hills, rain, pair),
    "supernatural": (house, lanterns, eye, sea),
    "nature": (contours, hills, sea),
    "food": (grid, strata),
    "history": (strata, contours),
    "science": (orbits, wave),
    "justice": (wave, grid),
    "cities": (grid, skyline),
    "portraits": (pair, wave, contours),
    "ghost": (house, corridor, forest),
    "folk-horror": (forest, house, hills),
    "psychological": (eye, corridor, well),
    "creature": (forest, eye, well),
    "occult": (well, eye, house),
}
