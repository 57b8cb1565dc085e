"""Playlists (RFC 8216) and WebVTT around what ffmpeg made. Pure."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from playback.video import commands
from playback.video.manifest import Rendition, Track
from playback.video.source import Source

MASTER, THUMBNAILS, SPRITE = "master.m3u8", "thumbnails.vtt", "thumbnails.jpg"
_LENGTH = re.compile(r"#EXTINF:([0-9.]+)")


@dataclass(frozen=True)
class Segment:
    file: str
    seconds: float


def segments(playlist: str) -> tuple[Segment, ...]:
    """What a media playlist lists."""
    found, seconds = [], 0.0
    for line in playlist.splitlines():
        if length := _LENGTH.match(line):
            seconds = float(length[1])
        elif line and not line.startswith("#"):
            found.append(Segment(line, seconds))
    return tuple(found)


def duration(playlist: str) -> float:
    return sum(segment.seconds for segment in segments(playlist))


def bandwidth(found: Sequence[Segment], sizes: Mapping[str, int]) -> int:
    """Bits a second of the heaviest segment, as players are to reckon with."""
    return max(math.ceil(sizes[s.file] * 8 / max(s.seconds, 0.1)) for s in found)


def master(renditions: Sequence[Rendition], tracks: Sequence[Track]) -> str:
    """The playlist of playlists. The rendition in the middle goes first: players begin with it."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += [
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",'
        f'NAME="{track.label}",LANGUAGE="{track.language}",'
        f'DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="{track.language}.m3u8"'
        for track in tracks
    ]
    group = ',SUBTITLES="subtitles"' if tracks else ""
    ordered = sorted(renditions, key=lambda r: r.bandwidth)
    middle = ordered[len(ordered) // 2]
    for one in (middle, *(r for r in ordered if r is not middle)):
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={one.bandwidth},RESOLUTION={one.width}x{one.height},"
            f'CODECS="{one.codecs}"{group}'
        )
        lines.append(f"{one.name}.m3u8")
    return "\n".join(lines) + "\n"


def subtitles(track: Track, seconds: float) -> str:
    """The playlist of a track: all of it in one segment, text is small."""
    return "\n".join(
        (
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{math.ceil(seconds)}",
            "#EXT-X-PLAYLIST-TYPE:VOD",
            f"#EXTINF:{seconds:.3f},",
            f"{track.language}.vtt",
            "#EXT-X-ENDLIST\n",
        )
    )


def thumbnails(source: Source) -> str:
    """Which part of the sprite shows which seconds, as seek bars read it."""
    width, height = commands.tile(source)
    every = commands.interval(source.duration)
    columns = commands.columns(source)
    lines = ["WEBVTT", ""]
    for n in range(commands.tiles(source)):
        begin, end = n * every, min((n + 1) * every, source.duration)
        x, y = n % columns * width, n // columns * height
        lines += [f"{stamp(begin)} --> {stamp(end)}", f"{SPRITE}#xywh={x},{y},{width},{height}", ""]
    return "\n".join(lines)


def stamp(seconds: float) -> str:
    """As WebVTT writes a time."""
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{milliseconds:03}"
