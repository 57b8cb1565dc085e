"""What a file holds: asked of ffprobe, judged here."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from playback.video import process
from playback.video.errors import Refused

# A playlist or a script that names other files is nothing that an editor uploads.
FORMATS = "mov,mp4,matroska,webm,mpegts,mpeg,avi,mxf,flv"
ONLY_FILES = ("-protocol_whitelist", "file", "-format_whitelist", FORMATS)

SHORTEST, LONGEST = 1.0, 6 * 3600.0
WIDEST = 4096
"""Also the highest: 4K, upright or not."""
_TEXTS = {"subrip", "mov_text", "webvtt", "ass", "ssa"}
PROBE_SECONDS = 60.0


@dataclass(frozen=True)
class TextTrack:
    """Subtitles within the file: the how many-th, and in which language (BCP 47)."""

    index: int
    language: str


@dataclass(frozen=True)
class Source:
    """What is encoded: `width` and `height` as they are seen, with square pixels."""

    duration: float
    width: int
    height: int
    sound: bool
    texts: tuple[TextTrack, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> "Source":
        return cls(**{**plain, "texts": tuple(TextTrack(**text) for text in plain["texts"])})


def probe(path: Path) -> Source:
    """What is in the file; raises `Refused` where it cannot be encoded."""
    if not path.stat().st_size:
        raise Refused("The file is empty: nothing of it arrived. Upload it again.")
    argv = ["ffprobe", "-v", "error", *ONLY_FILES, "-print_format", "json",
            "-show_format", "-show_streams", f"file:{path}"]  # fmt: skip
    return judge(json.loads(process.run(argv, seconds=PROBE_SECONDS)))


def judge(found: Mapping[str, Any]) -> Source:
    """ffprobe's answer as a source, if it is one."""
    streams = found.get("streams", ())
    picture = next((s for s in streams if is_picture(s)), None)
    if picture is None:
        raise Refused("The file has no picture: there is no video track in it.")
    width, height = seen(picture)
    if max(width, height) > WIDEST:
        raise Refused(f"The picture is {width} by {height}: at most {WIDEST} by {WIDEST} are "
                      "taken. Export it in 1080p.")  # fmt: skip
    if min(width, height) < 16:
        raise Refused(f"The picture is only {width} by {height}.")
    duration = float(found.get("format", {}).get("duration") or picture.get("duration") or 0)
    if duration < SHORTEST:
        raise Refused("The video is shorter than a second, or does not say how long it is.")
    if duration > LONGEST:
        raise Refused(f"The video lasts {duration / 3600:.1f} hours: at most 6 are taken.")
    texts = (s for s in streams if s.get("codec_type") == "subtitle")
    return Source(
        duration=round(duration, 3),
        width=width,
        height=height,
        sound=any(s.get("codec_type") == "audio" for s in streams),
        texts=tuple(
            TextTrack(index, bcp47(s.get("tags", {}).get("language", "")))
            for index, s in enumerate(texts)
            if s.get("codec_name") in _TEXTS
        ),
    )


def is_picture(stream: Mapping[str, Any]) -> bool:
    """A video track; the cover of a song is none."""
    cover = stream.get("disposition", {}).get("attached_pic")
    return stream.get("codec_type") == "video" and not cover


def seen(stream: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height as shown: pixels made square, and turned as a phone was held."""
    width, height = int(stream.get("width") or 0), int(stream.get("height") or 0)
    pixel = str(stream.get("sample_aspect_ratio", "1:1")).replace(":", "/")
    shape = Fraction(pixel) if not pixel.startswith("0/") and not pixel.endswith("/0") else 1
    turned = any(
        abs(round(float(side.get("rotation", 0)))) % 180 == 90
        for side in stream.get("side_data_list", ())
    )
    width = round(width * shape)
    return (height, width) if turned else (width, height)


_THREE = {
    "eng": "en", "kor": "ko", "jpn": "ja", "spa": "es", "fra": "fr", "fre": "fr", "deu": "de",
    "ger": "de", "por": "pt", "ita": "it", "dan": "da", "tur": "tr", "zho": "zh", "chi": "zh",
}  # fmt: skip


_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_LONGEST_LANGUAGE = 12


def bcp47(language: str) -> str:
    """Containers use codes of three letters, players those of two where there are any.

    It becomes the name of a file and a word of a playlist, and a stranger wrote it: what is none
    is `und`.
    """
    code = _THREE.get(language.lower(), language.lower())
    return code if len(code) <= _LONGEST_LANGUAGE and _LANGUAGE.fullmatch(code) else "und"
