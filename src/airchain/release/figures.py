"""What the edge saw of hosts, old ones and new ones, while a deployment goes on. Pure.

How counters are read is the edge's business (`fleet.traffic`); here they are
only compared: what came to a host since an earlier reading of the same counters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol, Self

# With fewer requests than this during the deployment, what the edge saw of the old
# hosts before it counts too.
ENOUGH = 50


@dataclass(frozen=True)
class Figures:
    """Requests to some hosts during some time, `failed` of them.

    `timed` answers took `mean` seconds on average, give or take `margin`.
    """

    requests: int = 0
    failed: int = 0
    timed: int = 0
    mean: float = 0.0
    margin: float = 0.0

    @property
    def share(self) -> float:
        """Of all requests, those that failed: 0 to 1."""
        return min(1.0, self.failed / self.requests) if self.requests else 0.0

    def __add__(self, other: Figures) -> Figures:
        timed = self.timed + other.timed
        if not timed:
            return Figures(self.requests + other.requests, self.failed + other.failed)
        return Figures(
            self.requests + other.requests,
            self.failed + other.failed,
            timed,
            (self.mean * self.timed + other.mean * other.timed) / timed,
            (self.margin * self.timed + other.margin * other.timed) / timed,
        )

    def __str__(self) -> str:
        if not self.requests:
            return "no requests"
        took = f", {self.mean * 1000:.0f} ms" if self.timed else ""
        return f"{self.requests} requests, {self.failed} failed{took}"


class Reading(Protocol):
    """The counters of one host at the edge, at one moment."""

    @property
    def fleet(self) -> str:
        """Which hosts it shares its requests with."""

    def lifetime(self) -> Figures:
        """All that was counted so far."""

    def since(self, before: Self) -> Figures | None:
        """What was counted since `before`; None where counters began anew meanwhile."""


Traffic = Callable[[], Mapping[str, Reading]]


def no_traffic() -> Mapping[str, Reading]:
    """The readings of an environment without an edge."""
    return {}


@dataclass(frozen=True)
class _Span:
    first: Reading
    last: Reading

    def figures(self) -> Figures:
        return self.last.since(self.first) or Figures()


class Ledger:
    """Keeps books on old and new hosts, fleet by fleet.

    Of a host that is just switching nothing is counted. What was seen of hosts
    while they ran the old release stays, so that the last wave too is compared.
    """

    def __init__(self) -> None:
        self._before: dict[str, Figures] = {}
        self._past: dict[str, Figures] = {}
        self._old: dict[str, _Span] = {}
        self._new: dict[str, _Span] = {}
        self._recent: dict[str, _Span] = {}

    def enter(
        self, readings: Mapping[str, Reading], old: AbstractSet[str], new: AbstractSet[str]
    ) -> None:
        """Enter a reading: `old` hosts run what served before, `new` ones the release."""
        for host in set(self._old) - old:
            span = self._old.pop(host)
            self._add(self._past, span.first.fleet, span.figures())
        for host in set(self._new) - new:
            del self._new[host]
            self._recent.pop(host, None)
        for host, reading in readings.items():
            if host in new:
                self._new[host] = _carried(self._new.get(host), reading)
                self._recent[host] = _carried(self._recent.get(host), reading)
            elif host in old:
                if host not in self._old:
                    self._add(self._before, reading.fleet, reading.lifetime())
                self._old[host] = _carried(self._old.get(host), reading)

    def begin_window(self) -> None:
        """From here on `recent` counts."""
        self._recent = {host: _Span(span.last, span.last) for host, span in self._new.items()}

    def fleets(self) -> tuple[str, ...]:
        """Fleets of which a new host is at the edge."""
        return tuple(sorted({span.first.fleet for span in self._new.values()}))

    def hosts(self, fleet: str) -> tuple[str, ...]:
        """The new hosts of a fleet that are at the edge."""
        return tuple(sorted(h for h, span in self._new.items() if span.first.fleet == fleet))

    def side_by_side(self, fleet: str) -> bool:
        """Whether a host of the fleet runs what served before, now, under the same load."""
        return any(span.first.fleet == fleet for span in self._old.values())

    def old(self, fleet: str) -> Figures:
        """Of hosts while they ran what served before."""
        seen = sum(
            (s.figures() for s in self._old.values() if s.first.fleet == fleet),
            self._past.get(fleet, Figures()),
        )
        return seen if seen.requests >= ENOUGH else seen + self._before.get(fleet, Figures())

    def new(self, fleet: str) -> Figures:
        """Of hosts since they run the release."""
        return _total(self._new, fleet)

    def recent(self, fleet: str) -> Figures:
        """Of the same hosts, since the window was begun."""
        return _total(self._recent, fleet)

    @staticmethod
    def _add(book: dict[str, Figures], fleet: str, figures: Figures) -> None:
        book[fleet] = book.get(fleet, Figures()) + figures


def _carried(span: _Span | None, reading: Reading) -> _Span:
    """The span up to this reading; a new one where counters began anew."""
    if span is None or reading.since(span.last) is None:
        return _Span(reading, reading)
    return _Span(span.first, reading)


def _total(spans: Mapping[str, _Span], fleet: str) -> Figures:
    return sum((s.figures() for s in spans.values() if s.first.fleet == fleet), Figures())
