"""What ffmpeg says on its way out, in words that an editor understands. Pure."""

import re

from playback.video.errors import Hindered, Refused, VideoError

_CUT_OFF = "The file is incomplete: its index is missing. The export was cut off; do it again."
_NO_PICTURE = "The file has no picture: there is no video track in it."
_UNREADABLE = "This is not a video that can be read. Export it as MP4, MOV, MKV, WebM or MPEG-TS."
_NOT_TAKEN = "Files of this kind are not taken. Export it as MP4, MOV, MKV, WebM or MPEG-TS."
_CODEC = "The file was made with a codec that is not known here."

_FILE = (
    ("moov atom not found", _CUT_OFF),
    ("matches no streams", _NO_PICTURE),
    ("does not contain any stream", _NO_PICTURE),
    ("not on whitelist", _NOT_TAKEN),
    ("Decoder not found", _CODEC),
    ("no decoder", _CODEC),
    ("Invalid data found when processing input", _UNREADABLE),
)
_MACHINE = (
    ("No space left on device", "There is no room left in the shared files."),
    ("Cannot allocate memory", "The worker had too little memory."),
    ("Input/output error", "The shared files could not be read or written."),
    ("Permission denied", "The worker may not write to the shared files."),
)

MOST_LINES = 8
_ADDRESS = re.compile(r" @ 0x[0-9a-f]+")
_FOLDERS = re.compile(r"(?:/[^/\s:'\"]+)+/")


def explain(said: list[str], status: int) -> VideoError:
    """The error of an ffmpeg that ended with that status; below zero, by a signal."""
    detail = condense(said)
    for part, reason in _MACHINE:
        if part in detail:
            return Hindered(reason, detail)
    if status < 0:
        return Hindered(f"ffmpeg was killed (signal {-status}): too little memory, or too slow.",
                        detail)  # fmt: skip
    for part, reason in _FILE:
        if part in detail:
            return Refused(reason, detail)
    return Refused("The video cannot be decoded: it is damaged, or of an unusual kind.", detail)


def condense(said: list[str]) -> str:
    """Each complaint once, with how often; without addresses in memory and our own folders."""
    counts: dict[str, int] = {}
    for line in said:
        plain = _FOLDERS.sub("", _ADDRESS.sub("", line)).strip()
        if plain:
            counts[plain] = counts.get(plain, 0) + 1
    lines = [line if n == 1 else f"{line} ({n} times)" for line, n in counts.items()]
    if len(lines) > MOST_LINES:
        lines = [
            *lines[: MOST_LINES - 1],
            f"… and {len(lines) - MOST_LINES + 1} more",
        ]
    return "\n".join(line[:300] for line in lines)
