"""Text as it is compared: "Spider-Man", "spider man" and "SPIDERMAN" are one. Pure.

- Letter case, width (Ａ, ｱ) and accents do not count: "Amélie" is "amelie", "Şahin" is "sahin",
  "Ёлка" is "елка". Where a mark makes another letter it stays: か is not が, and Thai keeps its
  vowels and tones, Devanagari its.
- Katakana is read as hiragana.
- Hangul is taken apart into its letters, as they are typed: so "사라" finds "사랑", and one wrong
  letter is a misspelling of one letter and not of a syllable.
- Words end at whatever is no letter, digit or mark. An apostrophe ends one where a word of its own
  follows, as in "l’héritage", and not in "widow’s".
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

LONGEST = 100
"""Characters of what somebody typed; nobody means more."""

# What NFD does not take apart.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i",
     "&": " and "}
)  # fmt: skip
_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_APOSTROPHE = re.compile(r"['’ʼ`´](?=(\w{3,})?)")
_ALPHABETS = ((0x0041, 0x0250), (0x0370, 0x0530), (0x0590, 0x0700), (0x1E00, 0x2000))
"""Latin, Greek, Cyrillic, Hebrew, Arabic: alphabets whose marks are accents."""

_FIRST, _VOWELS, _LAST = 0x1100, 0x1161, 0x11A7
_COMPATIBLE = {
    _FIRST: "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ",
    _VOWELS: "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ",
}
# Two letters at a syllable's foot are typed one after the other: the second may yet begin the next.
_FEET = (
    "ㄱ ㄲ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ",
    "ㅁ ㅂ ㅂㅅ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ",
)
_JAMO = {
    **{
        first + n: letter
        for first, letters in _COMPATIBLE.items()
        for n, letter in enumerate(letters)
    },
    **{_LAST + n: letters for n, letters in enumerate(" ".join(_FEET).split(), 1)},
}
# Scripts that are written without spaces, or whose words are joined: any part of a text is a word.
_JOINED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff"
    "\U00020000-\U0003ffff]"
)


@dataclass(frozen=True)
class Text:
    """Normalised text."""

    words: tuple[str, ...]
    compact: str
    """The words, joined."""
    starts: tuple[int, ...]
    """Where in it words begin."""
    joined: bool
    """Whether its script joins words."""


@lru_cache(maxsize=65_536)
def normal(text: str) -> Text:
    """Kept for texts seen before: a catalogue is read again every minute, and hardly changes."""
    folded = "".join(map(_fold, unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)))
    apart = _APOSTROPHE.sub(lambda found: " " if found[1] else "", folded)
    words = tuple("".join(c if _is_word(c) else " " for c in apart).split())
    compact = "".join(words)
    starts = tuple(accumulate((len(word) for word in words[:-1]), initial=0))
    return Text(words, compact, starts, bool(_JOINED.search(compact)))


def _fold(character: str) -> str:
    code = ord(character)
    if code < 0x80:
        return character
    if 0x0300 <= code < 0x0370:
        return ""
    if code in _HIRAGANA:
        return chr(_HIRAGANA[code])
    if 0xAC00 <= code < 0xD7A4 or 0x1100 <= code < 0x1200:
        return unicodedata.normalize("NFD", character).translate(_JAMO)
    if any(first <= code < end for first, end in _ALPHABETS):
        apart = unicodedata.normalize("NFD", character)
        return "".join(c for c in apart if unicodedata.category(c) != "Mn")
    return character


def _is_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM"
