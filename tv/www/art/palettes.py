"""Colours of the artwork: for each strand a few sets that go well together."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    sky: str
    """Top of the picture."""
    glow: str
    """Where the light is."""
    light: str
    """The sun, a lamp, what the eye goes to."""
    far: str
    middle: str
    near: str
    """Layers, from the distance to the foreground."""
    ink: str
    """Lettering: bright on `near`."""


def _sets(table: str) -> tuple[Palette, ...]:
    return tuple(Palette(*line.split()) for line in table.strip().splitlines())


PALETTES = {
    "drama": _sets("""
        #2b1b4d #e0607e #ffd9a0 #7a3b69 #472654 #1c1030 #fff3e2
        #10304f #f2a65a #fff1c9 #3f6f8a #234a68 #0b1c30 #fff6e6
        #3d1326 #e4572e #ffc857 #8c2f39 #5a1a2e #230a16 #ffeedd
        #0d3b3e #7fc8a9 #fef6c9 #2f7a72 #1a5553 #082427 #f4fff2
        #41295a #f29e9e #ffe3d8 #8b5a8c #5c3a70 #211232 #fff0f3
        #1a2a6c #e17055 #ffeaa7 #5a5f9e #343d80 #0d1440 #fdf6ff
        #4a2511 #f0a04b #fde8b8 #a05a2c #6d3a1c #261207 #fff4e0
        #123524 #d9b44a #fff4c2 #3e7b4f #24573a #0a2015 #f8ffe8
    """),
    "documentary": _sets("""
        #0b2b33 #2f9c95 #e5f9e0 #40c9a2 #1c6e74 #061a1f #eafff7
        #1f2a44 #e8b64c #fff6d8 #6f86b6 #3b4f7d #101830 #fdf9ec
        #2d2a26 #d8572a #f7e3c5 #a89078 #6b5a4b #171411 #fbf3e6
        #12355b #d72638 #f6f7eb #5b84b1 #2b5a8c #081d36 #f4f8ff
        #23402b #c6d166 #f9fbe2 #7fa15b #446b3d #0f2014 #f6fde4
        #3a2e39 #f4d8cd #ffffff #b08ea2 #6b5566 #1c161b #fff5f0
        #004e64 #25a18e #ffffff #7ae582 #00798c #00242f #effffb
    """),
    "horror": _sets("""
        #1b0709 #8f1d14 #ff5a36 #4a100d #2a0a0a #0a0304 #ffe4d8
        #0c1416 #3c5a57 #d7f0e0 #243b3a #14262a #05090a #e6f5ee
        #160f22 #53386f #d8c2ff #33234a #1f1530 #08050e #efe6ff
        #101318 #56616e #eef3f7 #333b46 #1e242c #06080a #f2f5f8
        #1a1405 #7a5c10 #ffd24a #453409 #2a2006 #0b0802 #fff3cf
        #0a1a12 #2f6b3f #c9ffb8 #1c4028 #10281a #040b07 #ecffe6
    """),
}
