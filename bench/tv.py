"""`make bench-tv`: how fast tv/ answers, from outside, on one web host of this machine.

Prints a table of medians with each case's ratio to the constant answer, the memory of each
container, and as last line the same as one JSON object. Fails where a request failed or a
case is below its bound.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from airchain.fleet import names
from airchain.host.identity import FILES
from bench import machine, memory, wrk
from bench.cases import CASES, CONSTANT, CONSTANT_TEXT, Case, Site, tried
from bench.failure import explained
from bench.ratios import Line, Round, line, table
from bench.subjects import CONSTANT_FOLDER, LOADED_TV
from bench.trial import ENVIRONMENT, Trial, up

# Fills caches and connections before each run; it is not counted.
_WARM_SECONDS = 1.0
# What one case left in queues and connections is not the next one's.
_PAUSE = 0.5


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the cases, one after the other, in several rounds."""
    chosen = _arguments(argv)
    return explained(lambda: _measured(chosen))


def _measured(chosen: argparse.Namespace) -> int:
    cases = [c for c in CASES if c.name == CONSTANT or not chosen.cases or c.name in chosen.cases]
    with (
        TemporaryDirectory(prefix="airchain-bench-") as folder,
        up(LOADED_TV, Path(folder), chosen.registry) as trial,
    ):
        site = Site(LOADED_TV.port, LOADED_TV.domain, partial(trial.product.secret, ENVIRONMENT))
        trial.scale(1)
        _put_constant(trial)
        files = _prepared(cases, site, Path(folder))
        rounds = [_said(_round(cases, files, chosen.seconds), n) for n in range(chosen.rounds)]
        used = memory.of(trial)
    lines = [line(c.name, c.title, rounds, CONSTANT, c.least) for c in cases]
    return _told(lines, used)


def _put_constant(trial: Trial) -> None:
    """Write the file of the constant answer where nginx of the host finds it."""
    path = f"{FILES / CONSTANT_FOLDER / CONSTANT}"
    host = names.container(LOADED_TV.product, ENVIRONMENT, trial.hosts[0])
    trial.product.docker("exec", host, "sh", "-c", f"printf %s {CONSTANT_TEXT} >{path}")


def _prepared(cases: Sequence[Case], site: Site, folder: Path) -> Mapping[str, Path]:
    """A file of requests for each case, tried before."""
    return {
        case.name: wrk.prepare((r.raw(site.domain) for r in tried(case, site)), folder / case.name)
        for case in cases
    }


def _round(cases: Sequence[Case], files: Mapping[str, Path], seconds: float) -> Round:
    """Every case once."""
    found = {}
    for case in cases:
        time.sleep(_PAUSE)
        # What nobody asked for since the last round is made anew first, while all wait.
        wrk.load(LOADED_TV.port, files[case.name], case.connections, _WARM_SECONDS)
        found[case.name] = wrk.load(LOADED_TV.port, files[case.name], case.connections, seconds)
    return found


def _said(found: Round, number: int) -> Round:
    rates = ", ".join(f"{name} {run.rate:,.0f}/s" for name, run in found.items())
    print(f"round {number + 1}: {rates}", file=sys.stderr, flush=True)
    return found


def _told(lines: Sequence[Line], used: Sequence[memory.Used]) -> int:
    print(table(lines))
    print("\n" + memory.table(used))
    faults = [fault for each in lines for fault in each.faults]
    for fault in faults:
        print(f"not as it must be: {fault}", file=sys.stderr)
    report = {
        "machine": machine.describe(),
        "results": [asdict(each) for each in lines],
        "memory_mb": {each.label: each.mb for each in used},
        "faults": faults,
    }
    print(json.dumps(report))
    return 1 if faults else 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.tv", description=__doc__)
    names = [case.name for case in CASES if case.name != CONSTANT]
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"{', '.join(names)} (all)")
    parser.add_argument("--rounds", type=int, default=5, help="of all cases (5)")
    parser.add_argument("--seconds", type=float, default=4, help="of each run (4)")
    parser.add_argument("--registry", default="localhost:5050", help="HOST:PORT (localhost:5050)")
    chosen = parser.parse_args(argv)
    if unknown := set(chosen.cases) - set(names):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
