"""The command lines of ffmpeg. Pure.

Each reads one file of the formats that are taken, through no other protocol, and writes into the
folder that it is given. Files of a version lie side by side, without folders below.
"""

from pathlib import Path

from playback.video import ladder
from playback.video.ladder import Rung
from playback.video.source import ONLY_FILES, Source

SEGMENT = 4
"""Seconds. Every rendition has a key frame there, so that a player may change between them."""
THREADS = 2
TILE_WIDTH = 160
COLUMNS = 10
MOST_TILES = 200


def _ffmpeg(source: Path, only: tuple[str, ...] = ONLY_FILES) -> list[str]:
    return [
        "ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-y",
        "-progress", "pipe:1", "-stats_period", "1",
        "-threads", str(THREADS), *only, "-i", f"file:{source}",
    ]  # fmt: skip


def rendition(path: Path, source: Source, rung: Rung, folder: Path) -> list[str]:
    """H.264 and AAC in fragmented MP4, in segments, with a playlist."""
    width, height = ladder.size(source, rung)
    sound = ["-map", "0:a:0", "-c:a", "aac", "-b:a", f"{rung.sound}k", "-ac", "2", "-ar", "48000"]
    return [
        *_ffmpeg(path),
        "-map", "0:v:0",
        "-vf", f"scale={width}:{height},setsar=1",
        "-fpsmax", str(ladder.FRAMES),
        "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-pix_fmt", "yuv420p",
        "-crf", "23", "-maxrate", f"{rung.picture}k",
        "-bufsize", f"{rung.picture * 2}k", "-threads", str(THREADS),
        "-force_key_frames", f"expr:gte(t,n_forced*{SEGMENT})", "-sc_threshold", "0",
        *(sound if source.sound else ()),
        "-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn",
        "-f", "hls", "-hls_time", str(SEGMENT), "-hls_playlist_type", "vod",
        "-hls_flags", "independent_segments", "-hls_segment_type", "fmp4",
        "-hls_fmp4_init_filename", f"{rung.name}-init.mp4",
        "-hls_segment_filename", f"{folder}/{rung.name}-%04d.m4s",
        f"{folder}/{rung.name}.m3u8",
    ]  # fmt: skip


def subtitles(path: Path, index: int, to: Path) -> list[str]:
    """The how many-th subtitles of the file, as WebVTT."""
    return [*_ffmpeg(path), "-map", f"0:s:{index}", "-f", "webvtt", f"file:{to}"]


def sent_subtitles(path: Path, to: Path) -> list[str]:
    """A file of subtitles, as WebVTT."""
    only = ("-protocol_whitelist", "file", "-format_whitelist", "webvtt,srt")
    return [*_ffmpeg(path, only), "-map", "0:s:0", "-f", "webvtt", f"file:{to}"]


def interval(duration: float) -> int:
    """Whole seconds between two thumbnails: two, or what makes them few enough."""
    return max(2, -int(-duration // MOST_TILES))


def tile(source: Source) -> tuple[int, int]:
    return TILE_WIDTH, max(2, round(TILE_WIDTH * source.height / source.width / 2) * 2)


def tiles(source: Source) -> int:
    every = interval(source.duration)
    return max(1, -int(-source.duration // every))


def columns(source: Source) -> int:
    return min(COLUMNS, tiles(source))


def sprite(path: Path, source: Source, to: Path) -> list[str]:
    """All thumbnails in one picture, row by row. Only key frames are decoded for it."""
    width, height = tile(source)
    every = interval(source.duration)
    count = tiles(source)
    across = columns(source)
    down = -(-count // across)
    chain = (
        f"fps=1/{every}:start_time=0:round=up,scale={width}:{height},setsar=1,tile={across}x{down}"
    )
    return [
        *_ffmpeg(path),
        "-map", "0:v:0", "-an", "-sn", "-dn", "-vf", chain,
        "-frames:v", "1", "-q:v", "5", "-f", "image2", "-update", "1", f"file:{to}",
    ]  # fmt: skip
