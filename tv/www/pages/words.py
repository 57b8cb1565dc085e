"""Texts that do not stand in a template: those of scripts, and names in the catalogue's data."""

from django.utils.translation import gettext

from catalogue.generator.brands import BRANDS
from catalogue.generator.places import PLACES
from catalogue.generator.words import KINDS


def names() -> set[str]:
    """What the fixtures call genres, countries and brands. Pages translate them where they stand;
    what an editor adds is shown as it was written."""
    places = {text for place in PLACES for text in (place.name, place.adjective)}
    brands = {text for brand in BRANDS for text in (brand["tagline"], brand["description"])}
    return places | brands | {kind.name for kind in KINDS}


def player() -> dict[str, object]:
    """For `static/player/`. `%s` is filled in there."""
    return {
        "play": gettext("Play (k)"),
        "pause": gettext("Pause (k)"),
        "mute": gettext("Mute (m)"),
        "unmute": gettext("Sound on (m)"),
        "muted": gettext("Muted"),
        "unmuted": gettext("Sound on"),
        "volume": gettext("Volume: %s"),
        "fullscreen": gettext("Full screen (f)"),
        "window": gettext("Leave full screen (f)"),
        "captionsOn": gettext("Subtitles: %s"),
        "captionsOff": gettext("Subtitles off"),
        "off": gettext("Off"),
        "auto": gettext("Automatic"),
        "normal": gettext("Normal"),
        "small": gettext("Small"),
        "medium": gettext("Medium"),
        "large": gettext("Large"),
        "shade": gettext("Shaded"),
        "solid": gettext("Black"),
        "none": gettext("None"),
        "next": gettext("Next"),
        "place": gettext("S%(season)s E%(episode)s"),
        "special": gettext("Special %(episode)s"),
        "from": gettext("From %(day)s"),
        "resumed": gettext("Going on where you left off"),
        "waiting": gettext("Waiting for the network"),
        "offline": gettext("You are offline"),
        "trouble": trouble(),
    }


def trouble() -> dict[str, tuple[str, str]]:
    """Why something does not play: what it is, and what to do."""
    return {
        "denied": (
            gettext("This cannot be played here"),
            gettext("Please try again later."),
        ),
        "premium": (
            gettext("This is for premium viewers"),
            gettext("Sign in with a premium account to watch it."),
        ),
        "not-yet": (
            gettext("Not on yet"),
            gettext("Its page says from when it can be watched."),
        ),
        "ended": (
            gettext("No longer on"),
            gettext("Its licence has ended. There is more like it."),
        ),
        "country": (
            gettext("Not licensed in your country"),
            gettext("We may not show it where you are. There is more like it."),
        ),
        "unlicensed": (
            gettext("Not licensed at present"),
            gettext("We may not show it just now. There is more like it."),
        ),
        "missing": (
            gettext("Nothing to play yet"),
            gettext("The video of this programme is not ready. Please come again later."),
        ),
        "offline": (
            gettext("You are offline"),
            gettext("It goes on as soon as there is a network again."),
        ),
        "unreachable": (
            gettext("We cannot be reached"),
            gettext("The fault is probably ours. Your place in the programme is kept."),
        ),
        "lost": (
            gettext("We have lost the picture"),
            gettext("Your place in the programme is kept. Please try again."),
        ),
    }
