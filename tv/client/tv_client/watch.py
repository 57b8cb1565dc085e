"""Playing without a screen: fetch what a player fetches, and report how far that is."""

from __future__ import annotations

import secrets
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate

import m3u8

from tv_client.api import Api, Playback, Position
from tv_client.errors import ClientError
from tv_client.http import Site, checked, parsed

KEY = "X-Playback-Key"
FIRST, LAST = 5.0, 0.95
"""Before so many seconds, or after such a part of it, a programme begins anew."""


@dataclass(frozen=True)
class Seen:
    """What was fetched of an episode."""

    renditions: tuple[str, ...]
    """Sizes to choose from, the best first."""
    duration: float
    """Seconds of the whole."""
    segment: int
    """Bytes of the segment that was played."""
    position: float
    """Seconds up to its end."""
    told: bool = True
    """Whether that was reported."""


def new_key() -> str:
    """What binds addresses to this player: whoever copies them cannot use them."""
    return secrets.token_urlsafe(24)


def watch(api: Api, episode: int) -> Seen:
    """Play a segment from where the viewer left off, and report it.

    Where nobody knows that just now, the first one is played and nothing is reported: it would take
    the place of the position that is not known.
    """
    key = new_key()
    playback = api.play(episode, key)
    left = left_off(api.site, playback)
    seen = fetch(api.site, playback.playlist, key, left or 0.0)
    if left is None:
        return replace(seen, told=False)
    report(api.site, playback, seen)
    return seen


def bearer(playback: Playback) -> dict[str, str]:
    """What the progress service wants to see."""
    return {"Authorization": f"Bearer {playback.progress.token}"}


def left_off(site: Site, playback: Playback) -> float | None:
    """Where to go on, in seconds; None where nobody knows, which is not the same as 0."""
    try:
        response = site.send("GET", playback.progress.url, headers=bearer(playback))
        if response.status_code == 404:
            return 0.0
        found = parsed(Position, checked(response))
    except ClientError:
        return None
    return found.position if FIRST < found.position < found.duration * LAST else 0.0


def load(site: Site, address: str, key: str) -> m3u8.M3U8:
    """The playlist there, knowing where it lies."""
    response = checked(site.send("GET", address, headers={KEY: key}))
    return m3u8.loads(response.text, uri=str(response.request.url))


def fetch(site: Site, address: str, key: str, start: float = 0.0) -> Seen:
    """The playlist, the best of its renditions, and the segment of that which holds `start`."""
    choice = load(site, address, key)
    if not choice.playlists:
        raise ClientError(f"{address}: the playlist offers nothing to play")
    best = sorted(choice.playlists, key=lambda each: -(each.stream_info.bandwidth or 0))
    media = load(site, best[0].absolute_uri, key)
    if not media.segments:
        raise ClientError(f"{best[0].uri}: the playlist has no segments")
    ends = list(accumulate(segment.duration or 0.0 for segment in media.segments))
    number = min(bisect_right(ends, start), len(ends) - 1)
    body = checked(
        site.send("GET", media.segments[number].absolute_uri, headers={KEY: key})
    ).content
    return Seen(
        tuple("x".join(map(str, each.stream_info.resolution or ("?",))) for each in best),
        ends[-1],
        len(body),
        ends[number],
    )


def report(site: Site, playback: Playback, seen: Seen) -> None:
    """Tell how far the viewer is, so that the next device goes on there."""
    body = {"position": seen.position, "duration": seen.duration}
    checked(site.send("PUT", playback.progress.url, json=body, headers=bearer(playback)))
