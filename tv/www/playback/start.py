"""Beginning to watch an episode: may this viewer, and by which addresses."""

from dataclasses import dataclass

from django.http import HttpRequest

from catalogue.models import Episode
from playback.playing import Playback, play
from rights import access
from rights.entitlement import Allowed, Denied


@dataclass(frozen=True)
class NoVideo:
    """The episode has none yet. Reads like a denial."""

    reason: str = "no-video"
    hint: str = "This episode has no video yet. Come again later."


def start(request: HttpRequest, episode: Episode) -> Playback | Denied | NoVideo:
    """`episode` with its `asset` selected, else it costs a query."""
    decision = access.playable(request, episode)
    if not isinstance(decision, Allowed):
        return decision
    if episode.asset is None or not episode.asset.version:
        return NoVideo()
    return play(request, episode.asset, ads=decision.ads, until=decision.until)
