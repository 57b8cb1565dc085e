"""Putting a version together from its parts, and looking whether it is whole."""

import os
from collections.abc import Iterable
from pathlib import Path

from playback.video import ladder, playlists
from playback.video.errors import Hindered, Refused
from playback.video.ladder import Rung
from playback.video.manifest import Manifest, Rendition, Track
from playback.video.source import Source

CUT = 1.0
"""Seconds by which what was decoded may fall short of what the file promised, or 2 %."""


def check_whole(folder: Path, rung: Rung, source: Source) -> None:
    """A file that was cut off is decoded to its end without a complaint, but ends too early."""
    made = playlists.duration((folder / f"{rung.name}.m3u8").read_text())
    if made < source.duration - max(CUT, source.duration * 0.02):
        raise Refused(
            f"The file says that it lasts {source.duration:.0f} s, but its picture ends after "
            f"{made:.0f} s. The export or the upload was cut off; export it again."
        )


def assemble(
    parts: Iterable[Path], source: Source, rungs: Iterable[Rung], folder: Path
) -> Manifest:
    """Every file of the parts side by side in `folder`, and the playlists that lead to them."""
    for part in parts:
        for file in part.iterdir():
            os.link(file, folder / file.name)
    renditions = tuple(describe(folder, rung, source) for rung in rungs)
    tracks = tuple(Track.of(file.stem) for file in sorted(folder.glob("*.vtt"))
                   if file.name != playlists.THUMBNAILS)  # fmt: skip
    length = max(playlists.duration((folder / f"{r.name}.m3u8").read_text()) for r in renditions)
    for track in tracks:
        (folder / f"{track.language}.m3u8").write_text(playlists.subtitles(track, length))
    (folder / playlists.MASTER).write_text(playlists.master(renditions, tracks))
    manifest = Manifest(round(length, 3), renditions, tracks)
    manifest.write(folder)
    return manifest


def describe(folder: Path, rung: Rung, source: Source) -> Rendition:
    found = playlists.segments((folder / f"{rung.name}.m3u8").read_text())
    missing = [s.file for s in found if not (folder / s.file).is_file()]
    if missing or not found:
        raise Hindered(f"{rung.name} lacks {', '.join(missing[:3]) or 'all of its segments'}.")
    sizes = {segment.file: (folder / segment.file).stat().st_size for segment in found}
    width, height = ladder.size(source, rung)
    codecs = picture_codec((folder / f"{rung.name}-init.mp4").read_bytes())
    if source.sound:
        codecs += ",mp4a.40.2"
    return Rendition(rung.name, width, height, playlists.bandwidth(found, sizes), codecs)


def picture_codec(init: bytes) -> str:
    """`avc1.` and the three bytes of profile and level, from the box in which MP4 keeps them."""
    at = init.find(b"avcC")
    if at < 0:
        raise Hindered("A rendition does not say how it was encoded.")
    return f"avc1.{init[at + 5 : at + 8].hex()}"
