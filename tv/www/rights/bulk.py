"""Editing the windows of many titles at once: what changes is decided as plain data first."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Q, QuerySet

from rights.models import Window


class Operation(models.TextChoices):
    SET = "set", "Set: one window instead of all they have"
    ADD = "add", "Add: one more window"
    EXTEND = "extend", "Extend: windows that have not ended close at another time"
    CLOSE = "close", "Close: windows that are open close, those to come are removed"


DEEP = frozenset({Operation.SET, Operation.CLOSE})
"""Those that an editor may mean for a title with all its parts."""
PARTS: Mapping[str, Mapping[str, str]] = {
    "series": {"season": "season__series", "episode": "episode__season__series"},
    "season": {"episode": "episode__season"},
    "episode": {},
}
"""By level, those of its parts, and the way to it from their windows, which count instead."""
MOMENT = timedelta(seconds=1)
"""How long a window was open that only says that there is none any more."""


@dataclass(frozen=True)
class Terms:
    """A window without what it is of."""

    opens: datetime
    closes: datetime | None = None
    include: str = ""
    exclude: str = ""
    tier: str = "free"
    pk: int | None = None
    """None where it is not in the database yet."""


@dataclass(frozen=True)
class Edit:
    operation: str
    now: datetime
    opens: datetime | None = None
    closes: datetime | None = None
    include: str = ""
    exclude: str = ""
    tier: str = "free"
    parts: bool = False
    """Also the windows of their seasons and episodes."""

    @property
    def at(self) -> datetime:
        """When windows close."""
        return self.closes or self.now

    @property
    def deep(self) -> bool:
        return self.parts and self.operation in DEEP

    @property
    def terms(self) -> Terms:
        return Terms(self.opens or self.now, self.closes, self.include, self.exclude, self.tier)


@dataclass(frozen=True)
class Change:
    """What is to be done to the windows of one title."""

    create: tuple[Terms, ...] = ()
    update: tuple[Terms, ...] = ()
    delete: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.create or self.update or self.delete)


def plan(windows: Sequence[Terms], edit: Edit, *, part: bool = False) -> Change:
    """Of one title; nothing where the edit leaves it as it is.

    `part`: a season or an episode, of which the whole's windows count where it has none.
    """
    if edit.operation == Operation.SET:
        if [replace(window, pk=None) for window in windows] == [edit.terms]:
            return Change()
        return Change(create=(edit.terms,), delete=keys(windows))
    if edit.operation == Operation.ADD:
        known = any(replace(window, pk=None) == edit.terms for window in windows)
        return Change() if known else Change(create=(edit.terms,))
    going = [window for window in windows if window.closes is None or window.closes > edit.now]
    if edit.operation == Operation.EXTEND:
        # One that opens only later than that cannot close then.
        fitting = [w for w in going if edit.closes is None or w.opens < edit.closes]
        return Change(update=closing(fitting, edit.closes))
    coming = [w for w in going if w.opens >= edit.at]
    # Without any it would be open wherever the whole is: one that has ended stays.
    bare = part and len(coming) == len(windows)
    return Change(
        create=ended(coming[:1], edit.now) if bare else (),
        update=closing((w for w in going if w.opens < edit.at), edit.at),
        delete=keys(coming),
    )


def follow(windows: Sequence[Terms], edit: Edit) -> Change:
    """Of a part whose whole is edited. Where that is set, it counts for all of it."""
    if edit.operation == Operation.SET:
        return Change(delete=keys(windows))
    return plan(windows, edit, part=True)


def ended(windows: Iterable[Terms], now: datetime) -> tuple[Terms, ...]:
    return tuple(replace(w, opens=now - MOMENT, closes=now, pk=None) for w in windows)


def closing(windows: Iterable[Terms], at: datetime | None) -> tuple[Terms, ...]:
    return tuple(replace(window, closes=at) for window in windows if window.closes != at)


def keys(windows: Iterable[Terms]) -> tuple[int, ...]:
    return tuple(window.pk for window in windows if window.pk is not None)


def read(level: str, keys: Iterable[int]) -> Mapping[int, list[Terms]]:
    """The windows on that level of each title, those without any included."""
    found: dict[int, list[Terms]] = {key: [] for key in keys}
    return found | by_title(level, Window.objects.filter(**{f"{level}__in": list(found)}))


def by_title(level: str, windows: QuerySet[Window]) -> dict[int, list[Terms]]:
    """Windows on that level, by what they are of."""
    found: dict[int, list[Terms]] = defaultdict(list)
    for key, *terms in windows.values_list(
        level, "opens", "closes", "include", "exclude", "tier", "pk"
    ):
        found[key].append(Terms(*terms))
    return dict(found)


def of_parts(level: str, keys: Iterable[int]) -> Mapping[str, QuerySet[Window]]:
    """By level, the windows of all parts of these titles."""
    ways = PARTS[level]
    keys = list(keys) if ways else []
    return {finer: Window.objects.filter(**{f"{way}__in": keys}) for finer, way in ways.items()}


def with_parts(level: str, titles: QuerySet, which: Q | None = None) -> int:
    """How many of the titles have such windows of their parts, in a query for each level."""
    found: set[int] = set()
    for finer, windows in of_parts(level, titles.values_list("pk", flat=True)).items():
        those = windows.filter(which or Q()).order_by()
        found.update(those.values_list(PARTS[level][finer], flat=True).distinct())
    return len(found)


def left(level: str, titles: QuerySet, edit: Edit) -> int:
    """How many of the titles have parts whose windows the edit does not reach, and which count."""
    if edit.deep:
        return 0
    going = Q(closes=None) | Q(closes__gt=edit.at)
    return with_parts(level, titles, going if edit.operation == Operation.CLOSE else None)


Changes = dict[str, dict[int, Change]]
"""By level, and by the keys of the titles there."""


def decided(level: str, titles: QuerySet, edit: Edit) -> Changes:
    """What the edit changes, of the titles and of their parts."""
    own = read(level, titles.values_list("pk", flat=True))
    part = level != "series"
    found = {level: {key: plan(windows, edit, part=part) for key, windows in own.items()}}
    parts = of_parts(level, own) if edit.deep else {}
    for finer, windows in parts.items():
        found[finer] = {key: follow(each, edit) for key, each in by_title(finer, windows).items()}
    return {
        at: {key: change for key, change in changes.items() if change}
        for at, changes in found.items()
    }


@transaction.atomic
def apply(level: str, titles: QuerySet, edit: Edit) -> Changes:
    """Make the edit, in a handful of statements; what changed."""
    found = decided(level, titles, edit)
    changes = [(at, key, change) for at, each in found.items() for key, change in each.items()]
    gone = [pk for _, _, change in changes for pk in change.delete]
    kept: dict[datetime | None, list[int]] = defaultdict(list)
    for _, _, change in changes:
        for each in change.update:
            kept[each.closes].append(each.pk)
    Window.objects.filter(pk__in=gone).delete()
    for closes, pks in kept.items():
        Window.objects.filter(pk__in=pks).update(closes=closes)
    Window.objects.bulk_create(
        (
            Window(**{f"{at}_id": key}, **vars(each))
            for at, key, change in changes
            for each in change.create
        ),
        batch_size=1000,
    )
    return found
