"""Finding titles by what somebody typed. Pure: an index is made of plain names."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum
from functools import lru_cache

from search.normal import LONGEST, Text, normal

MISSPELT = 4
"""Letters from which a word may be misspelt."""
CLOSE = 0.8
"""How alike a misspelt word must be (difflib's ratio): in five letters one is wrong."""
ALTERNATIVES = 8


class Level(IntEnum):
    """How well a name fits, the best first."""

    SAME = 0
    BEGINS = 1
    """The name begins with what was typed."""
    WORDS = 2
    """Each word typed begins a word of the name."""
    WITHIN = 3
    """A word of the name begins what was typed, wherever words are parted: "spiderman"."""
    PART = 4
    """Anywhere, in scripts that join words."""
    MISSPELT = 5


class Field(IntEnum):
    """Which name of a title it is; of two that fit alike the first counts."""

    TITLE = 0
    ORIGINAL = 1
    PERSON = 2


@dataclass(frozen=True)
class Holder:
    """A title that has a name; `place` is its rank by popularity."""

    place: int
    key: int
    field: Field


@dataclass(frozen=True)
class Match:
    """The name by which a title was found."""

    key: int
    level: Level
    field: Field
    text: str


class Index:
    """`entries` are titles' keys with their names, the most popular first.

    Each name is looked at once, however many titles have it: a person has many.
    """

    def __init__(self, entries: Iterable[tuple[int, Iterable[tuple[Field, str]]]]) -> None:
        holders: dict[str, list[Holder]] = defaultdict(list)
        for place, (key, names) in enumerate(entries):
            for field, text in names:
                if text:
                    holders[text].append(Holder(place, key, field))
        self.names = [(text, normal(text), tuple(found)) for text, found in holders.items()]
        self.words = sorted({word for _, name, _ in self.names for word in meant(name)})
        # Of this index: words that nobody has any more are not looked up.
        self.close = lru_cache(maxsize=1024)(self._close)

    def find(self, typed: str, among: Container[int]) -> list[Match]:
        """Of the titles `among` those that fit, the best first; misspelt ones only where nothing
        else does."""
        query = normal(typed[:LONGEST])
        if not query.compact:
            return []
        return self._matches(query, among, {}) or self._matches(
            query, among, self._corrections(query)
        )

    def _matches(
        self, query: Text, among: Container[int], corrections: Mapping[str, frozenset[str]]
    ) -> list[Match]:
        best: dict[int, tuple[Level, Field, int, str]] = {}
        for text, name, holders in self.names:
            level = fit(query, name, corrections)
            if level is None:
                continue
            for holder in holders:
                found = (level, holder.field, holder.place, text)
                if holder.key in among and found < best.get(holder.key, (len(Level),)):
                    best[holder.key] = found
        ranked = sorted(best.items(), key=lambda item: item[1])
        return [Match(key, level, field, text) for key, (level, field, _, text) in ranked]

    def _corrections(self, query: Text) -> dict[str, frozenset[str]]:
        typed = {*query.words, query.compact}
        return {word: self.close(word) for word in typed if len(word) >= MISSPELT}

    def _close(self, word: str) -> frozenset[str]:
        return frozenset(get_close_matches(word, self.words, ALTERNATIVES, CLOSE))


def meant(name: Text) -> set[str]:
    """What a misspelt word may have been meant to be."""
    return {word for word in (*name.words, name.compact) if len(word) >= MISSPELT - 1}


def fit(query: Text, name: Text, corrections: Mapping[str, frozenset[str]]) -> Level | None:
    if query.compact in name.compact:
        level = fit_within(query, name)
        if level is not None:
            return level
    elif len(query.words) > 1 and in_words(query, name):
        return Level.WORDS
    if corrections and misspelt(query, name, corrections):
        return Level.MISSPELT
    return None


def fit_within(query: Text, name: Text) -> Level | None:
    """For what stands in the name somewhere, in one piece; most names are done before this."""
    typed, compact = query.compact, name.compact
    if typed == compact:
        return Level.SAME
    if compact.startswith(typed):
        return Level.BEGINS
    if in_words(query, name):
        return Level.WORDS
    if any(compact.startswith(typed, start) for start in name.starts):
        return Level.WITHIN
    return Level.PART if query.joined else None


def in_words(query: Text, name: Text) -> bool:
    return all(any(word.startswith(typed) for word in name.words) for typed in query.words)


def misspelt(query: Text, name: Text, corrections: Mapping[str, frozenset[str]]) -> bool:
    """Whether all of it is one of the words meant, or each of its words begins or is one."""
    if name.compact in corrections.get(query.compact, ()):
        return True
    words = set(name.words)
    return all(
        any(word.startswith(q) for word in words) or words & corrections.get(q, frozenset())
        for q in query.words
    )
