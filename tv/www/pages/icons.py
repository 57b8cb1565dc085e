"""Drawings of buttons: lines on a grid of 24 by 24, in the colour of the text beside them."""

LINES = {
    "account": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.8-3.7 3.6-6 7.5-6s6.7 2.3 7.5 6",
    "back": "M15 5l-7 7 7 7",
    "back-10": "M4 5v5h5M4.3 10A8.2 8.2 0 1 1 4 14.5",
    "captions": "M3.5 6.5h17v11h-17zM10.5 10.8a2 2 0 1 0 0 2.5M17 10.8a2 2 0 1 0 0 2.5",
    "check": "M5 12.5l4.5 4.5L19 7",
    "forward": "M9 5l7 7-7 7",
    "forward-10": "M20 5v5h-5M19.7 10A8.2 8.2 0 1 0 20 14.5",
    "fullscreen": "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "mute": "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5",
    "pause": "M8 5.5v13M16 5.5v13",
    "picture": "M3.5 5.5h17v13h-17zM12 12h6v4.5h-6z",
    "play": "M7 4.8l12 7.2-12 7.2z",
    "plus": "M12 5v14M5 12h14",
    "search": "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20.5 20.5",
    "settings": "M4 7h9M17 7h3M15 4.8v4.4M4 17h3M11 17h9M9 14.8v4.4M4 12h3",
    "sound": "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11",
    "window": "M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5",
}
"""Path data by name."""

FILLED = frozenset({"play"})
"""Those that are areas."""
