"""What a version consists of: written beside its files, and read when it is published."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "version.json"

LANGUAGES = {
    "da": "Dansk", "de": "Deutsch", "en": "English", "es": "Español", "fr": "Français",
    "it": "Italiano", "ja": "日本語", "ko": "한국어", "pt": "Português", "tr": "Türkçe",
    "zh": "中文", "und": "Subtitles",
}  # fmt: skip


@dataclass(frozen=True)
class Rendition:
    name: str
    width: int
    height: int
    bandwidth: int
    """Bits a second, of the heaviest segment."""
    codecs: str
    """As in RFC 6381."""


@dataclass(frozen=True)
class Track:
    """Subtitles; the label is the language's own name for itself."""

    language: str
    label: str

    @classmethod
    def of(cls, language: str) -> "Track":
        return cls(language, LANGUAGES.get(language.partition("-")[0], language))


@dataclass(frozen=True)
class Manifest:
    duration: float
    renditions: tuple[Rendition, ...]
    tracks: tuple[Track, ...]

    def write(self, folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        found = json.loads((folder / FILE).read_text())
        return cls(
            found["duration"],
            tuple(Rendition(**row) for row in found["renditions"]),
            tuple(Track(**row) for row in found["tracks"]),
        )
