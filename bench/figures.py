"""From what was seen to figures: when hosts were on air, medians, the table. Pure."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from tests.support.probe import Answer

from bench.columns import aligned

TIMES = ("release", "untested", "build", "test", "push", "first", "all", "exit")
TITLES = {
    "mode": "deploy",
    "hosts": "hosts",
    "release": "edit to release",
    "untested": "without test",
    "build": "build",
    "test": "test",
    "push": "push",
    "first": "first on air",
    "all": "all on air",
    "exit": "exit",
    "cpu": "cpu/host",
    "engine": "docker run",
    "ratio": "all/run",
    "failed": "failed",
    "requests": "of",
}


@dataclass(frozen=True)
class Round:
    """One change brought to the hosts. Times in seconds.

    release   from the edit to the finished release; untested: less the images' tests
    first     from the start of `airchain deploy` to the new page from some host
    all       … from every host; exit: to the end of the command
    cpu       processor seconds per host meanwhile; None where the machine does not tell
    engine    what a bare `docker run` took just before: the measure of this moment
    """

    product: str
    mode: str
    hosts: int
    release: float
    untested: float
    build: float
    test: float
    push: float
    first: float
    all: float
    exit: float
    cpu: float | None
    engine: float
    requests: int
    failed: int


def on_air(answers: Iterable[Answer], text: str, since: float) -> dict[str, float]:
    """By host: seconds from `since` until a viewer had `text` from it."""
    found: dict[str, float] = {}
    for answer in answers:
        if text in answer.body and not answer.failed:
            arrived = answer.sent + answer.seconds - since
            found[answer.host] = min(arrived, found.get(answer.host, arrived))
    return found


def stepped(steps: Iterable[Mapping[str, object]], verb: str) -> float:
    """Seconds of the longest step `VERB IMAGE` of a run: images are worked on side by side."""
    found = (float(str(s["seconds"])) for s in steps if str(s["title"]).startswith(f"{verb} "))
    return max(found, default=0.0)


def summarise(rounds: Sequence[Round]) -> list[dict[str, object]]:
    """One line per way of deploying and number of hosts: medians, and sums of requests."""
    groups: dict[tuple[str, int], list[Round]] = {}
    for each in rounds:
        groups.setdefault((each.mode, each.hosts), []).append(each)
    return [_summary(mode, hosts, found) for (mode, hosts), found in groups.items()]


def _summary(mode: str, hosts: int, rounds: Sequence[Round]) -> dict[str, object]:
    line: dict[str, object] = {"mode": mode, "hosts": hosts, "rounds": len(rounds)}
    for name in (*TIMES, "engine"):
        line[name] = round(statistics.median(getattr(r, name) for r in rounds), 3)
    cpus = [r.cpu for r in rounds if r.cpu is not None]
    line["cpu"] = round(statistics.median(cpus), 3) if cpus else None
    line["ratio"] = round(statistics.median(r.all / r.engine for r in rounds), 2)
    line["requests"] = sum(r.requests for r in rounds)
    line["failed"] = sum(r.failed for r in rounds)
    return line


def table(lines: Sequence[Mapping[str, object]]) -> str:
    """The lines for people, columns aligned to the right."""
    cells = [list(TITLES.values()), *([_cell(line[name]) for name in TITLES] for line in lines)]
    return aligned(cells)


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else "-" if value is None else str(value)


def encode(found: Round) -> str:
    """One round as a line of JSON."""
    return json.dumps(asdict(found))


def decode(text: str) -> list[Round]:
    """The rounds in lines of JSON."""
    return [Round(**json.loads(line)) for line in text.splitlines() if line.strip()]
