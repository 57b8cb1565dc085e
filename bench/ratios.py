"""From runs to figures: medians, ratios to the constant answer, bounds, the table. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from bench.columns import aligned
from bench.wrk import Run

# One round: a run of each case, by its name, all within a few seconds of each other.
Round = Mapping[str, Run]

_TITLES = {
    "title": "what is asked for",
    "rate": "requests/s",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
    "p99_ms": "p99 ms",
    "errors": "errors",
    "requests": "of",
    "kb": "KB each",
    "ratio": "ratio",
    "least": "at least",
}


@dataclass(frozen=True)
class Line:
    """One case: medians over all rounds, sums of errors and requests.

    `ratio` is the median of the ratios within each round, so that a machine that was
    slower for a while counts in both. `kb` is what a request received.
    """

    name: str
    title: str
    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: int
    requests: int
    kb: float
    ratio: float
    least: float | None

    @property
    def faults(self) -> tuple[str, ...]:
        """What is not as it must be."""
        found = []
        if self.errors:
            found.append(f"{self.title}: {self.errors} of {self.requests} requests failed")
        if self.least is not None and self.ratio < self.least:
            found.append(
                f"{self.title}: {self.ratio:.2f} of the constant answer's rate, not {self.least}"
            )
        return tuple(found)


def line(
    name: str, title: str, rounds: Sequence[Round], constant: str, least: float | None = None
) -> Line:
    """The line of the case `name`, against that of the case `constant`."""
    runs = [each[name] for each in rounds]

    def middle(field: str) -> float:
        return round(statistics.median(float(getattr(run, field)) for run in runs), 3)

    return Line(
        name=name,
        title=title,
        rate=round(statistics.median(run.rate for run in runs), 1),
        p50_ms=middle("p50_ms"),
        p95_ms=middle("p95_ms"),
        p99_ms=middle("p99_ms"),
        errors=sum(run.errors for run in runs),
        requests=sum(run.requests for run in runs),
        kb=round(statistics.median(r.bytes / max(r.requests, 1) for r in runs) / 1000, 2),
        ratio=round(statistics.median(r[name].rate / r[constant].rate for r in rounds), 3),
        least=least,
    )


def table(lines: Sequence[Line]) -> str:
    """The lines for people: words to the left, figures to the right."""
    rows = [list(_TITLES.values())]
    for each in lines:
        fields = asdict(each)
        rows.append([_cell(name, fields[name]) for name in _TITLES])
    return aligned(rows, left=1)


def _cell(name: str, value: object) -> str:
    if value is None:
        return "-"
    if name == "rate":
        return f"{value:,.0f}"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
