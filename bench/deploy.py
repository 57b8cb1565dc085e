"""`make bench-deploy`: how long a changed line takes to be on air, on 1, 4 and 8 hosts.

Prints a table of medians, and as last line the same as one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import machine
from bench.failure import explained
from bench.figures import Round, decode, encode, summarise, table
from bench.subjects import SUBJECTS
from bench.trial import SETTLE, up

MODES = {"at once": ("--all-at-once",), "waves": ()}
HOSTS = {"hello": (1, 4, 8), "tv": (1, 4)}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; with `--save FILE`, rounds that stand there are not measured again."""
    chosen = _arguments(argv)
    return explained(lambda: _measured(chosen))


def _measured(chosen: argparse.Namespace) -> int:
    rounds = decode(chosen.save.read_text()) if chosen.save and chosen.save.exists() else []
    began = time.monotonic()
    with (
        TemporaryDirectory(prefix="airchain-bench-") as folder,
        up(SUBJECTS[chosen.product], Path(folder), chosen.registry) as trial,
    ):
        for count, mode, number in _missing(chosen, rounds):
            trial.scale(count)
            time.sleep(SETTLE)
            found = trial.round(mode, MODES[mode])
            rounds.append(found)
            _keep(found, chosen.save)
            _say(found, number, chosen.rounds, time.monotonic() - began)
    lines = summarise(rounds)
    print(table(lines))
    report = {"product": chosen.product, "machine": machine.describe(), "results": lines}
    print(json.dumps(report))
    return 1 if any(r.failed for r in rounds) else 0


def _missing(chosen: argparse.Namespace, rounds: Sequence[Round]) -> Iterator[tuple[int, str, int]]:
    """What is left to measure: hosts, way of deploying, number of the round."""
    done = Counter((r.mode, r.hosts) for r in rounds)
    for count in chosen.hosts:
        for mode in chosen.modes:
            for number in range(done[mode, count] + 1, chosen.rounds + 1):
                yield count, mode, number


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.deploy", description=__doc__)
    parser.add_argument("product", nargs="?", default="hello", choices=SUBJECTS)
    parser.add_argument("--hosts", type=_numbers, help="numbers of hosts, such as 1,4,8")
    parser.add_argument("--rounds", type=int, default=5, help="of each, at least (5)")
    parser.add_argument("--modes", type=_modes, default=tuple(MODES), help=f"of {tuple(MODES)}")
    parser.add_argument("--registry", default="localhost:5050", help="HOST:PORT (localhost:5050)")
    parser.add_argument("--save", type=Path, help="file to keep rounds in, and to go on from")
    chosen = parser.parse_args(argv)
    chosen.hosts = chosen.hosts or HOSTS[chosen.product]
    return chosen


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))


def _modes(text: str) -> tuple[str, ...]:
    found = tuple(text.split(","))
    if unknown := set(found) - MODES.keys():
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return found


def _keep(found: Round, file: Path | None) -> None:
    if file is not None:
        with file.open("a") as kept:
            kept.write(f"{encode(found)}\n")


def _say(found: Round, number: int, of: int, elapsed: float) -> None:
    print(
        f"[{elapsed:5.0f} s] {found.mode}, {found.hosts} hosts, {number} of {of}: "
        f"release {found.release:.2f} s, first {found.first:.2f} s, all {found.all:.2f} s, "
        f"exit {found.exit:.2f} s, {found.failed} of {found.requests} requests failed "
        f"(docker run {found.engine:.2f} s)",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
