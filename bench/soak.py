"""`make soak`: deploys and rollbacks in a row, under load, with slow requests in flight.

No request may fail, each page must be the one of its release, and nothing may be
more at the end than it was: containers, images, units, memory of the agents, disk.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.probe import ask

from airchain.fleet import names
from bench.deploy import MODES
from bench.subjects import HELLO, take
from bench.trial import ENVIRONMENT, Trial, up

# What runs has come to rest after so many changes: caches are warm, `previous` is there.
_WARM = 4
_SETTLED_WITHIN = 90.0
_READ_WITHIN = 10.0
# What may come and go without meaning anything: allocators, journals, directories.
_SLACK = {"agent_memory_mb": 6.0, "disk_mb": 8.0}
_READ_NAMES = ("containers", "images", "units", "agent_restarts", "agent_kb", "disk_kb")
_READ = """
echo "containers=$(docker ps --all --quiet | wc -l)"
echo "images=$(docker images --all --quiet | sort -u | wc -l)"
echo "units=$(systemctl list-units --all --no-legend "$1-*" | wc -l)"
echo "agent_restarts=$(systemctl show -P NRestarts airchain-agent)"
agent=$(systemctl show -P MainPID airchain-agent)
echo "agent_kb=$(awk '/VmRSS/ {print $2}' "/proc/$agent/status")"
echo "disk_kb=$(du -sk /var/lib/docker | cut -f1)"
"""


@dataclass(frozen=True)
class Load:
    """What one host carries. Memory is the agent's, disk all below /var/lib/docker."""

    containers: int
    images: int
    units: int
    agent_restarts: int
    agent_memory_mb: float
    disk_mb: float


@dataclass(frozen=True)
class Soaked:
    """What came of it. `growth` names what is more than before, `stale` pages of the wrong take."""

    changes: int
    requests: int
    failed: int
    slow: int
    stale: int
    slowest: float
    seconds: float
    growth: tuple[str, ...]
    before: Mapping[str, Load]
    after: Mapping[str, Load]

    @property
    def well(self) -> bool:
        """Whether nothing failed and nothing grew."""
        return not (self.failed or self.stale or self.growth)


def soak(trial: Trial, changes: int, options: Sequence[str]) -> Soaked:
    """Go to and fro between two takes, `changes` times after a few to get warm."""
    first, older = trial.release()[0], trial.number
    trial.product.airchain("deploy", ENVIRONMENT, first, *options)
    second, newer = trial.release()[0], trial.number
    for number in range(_WARM):
        _change(trial, second, number, options)
    before = _settled(trial)
    began, stale = time.monotonic(), 0
    with trial.viewers() as seen:
        for number in range(changes):
            _change(trial, second, number, options)
            expected = take(newer if number % 2 == 0 else older)
            stale += _others(trial, expected)
            _say(number + 1, changes, sum(len(s.failures) for s in seen))
    seconds = time.monotonic() - began
    after = _settled(trial)
    return Soaked(
        changes=changes,
        requests=sum(len(s.answers) for s in seen),
        failed=sum(len(s.failures) for s in seen),
        slow=len(seen[1].answers),
        stale=stale,
        slowest=max(a.seconds for s in seen for a in s.answers),
        seconds=seconds,
        growth=growth(before, after),
        before=before,
        after=after,
    )


def growth(before: Mapping[str, Load], after: Mapping[str, Load]) -> tuple[str, ...]:
    """What each host has more of than before, but for what is slack."""
    found = []
    for host in sorted(before):
        old, new = asdict(before[host]), asdict(after[host])
        found += [
            f"{host}: {name} {old[name]:g} → {new[name]:g}"
            for name in old
            if new[name] - old[name] > _SLACK.get(name, 0)
        ]
    return tuple(found)


def _change(trial: Trial, release: str, number: int, options: Sequence[str]) -> None:
    """Every other change brings the release, the others go back."""
    words = ("deploy", ENVIRONMENT, release) if number % 2 == 0 else ("rollback", ENVIRONMENT)
    trial.product.airchain(*words, *options)


def _others(trial: Trial, expected: str) -> int:
    """How many pages, asked for after the command has ended, are not of the release."""
    port, domain = trial.subject.port, trial.subject.domain
    pages = [ask(port, domain) for _ in range(3 * len(trial.hosts))]
    return sum(expected not in page.body for page in pages if not page.failed)


def _settled(trial: Trial) -> dict[str, Load]:
    """What each host carries once the old containers are gone and clean-up is over."""
    deadline = time.monotonic() + _SETTLED_WITHIN
    seen = _loads(trial)
    while True:
        time.sleep(3)
        now = _loads(trial)
        quiet = all(
            (now[h].containers, now[h].images) == (seen[h].containers, seen[h].images) for h in now
        )
        if quiet and all(load.containers == 1 for load in now.values()):
            return now
        if time.monotonic() > deadline:
            return now  # `growth` says of what there is too much.
        seen = now


def _loads(trial: Trial) -> dict[str, Load]:
    return {host: _load(trial, host) for host in trial.hosts}


def _load(trial: Trial, host: str) -> Load:
    name = names.container(trial.subject.product, ENVIRONMENT, host)
    deadline = time.monotonic() + _READ_WITHIN
    while True:
        said = trial.product.docker("exec", name, "sh", "-c", _READ, "sh", trial.subject.product)
        found = dict(line.split("=", 1) for line in said.splitlines())
        numbers = {key: int(value) for key, value in found.items() if value}
        missing = [key for key in _READ_NAMES if key not in numbers]
        if not missing:
            break
        # An agent between two lives has no memory yet; that it died is seen in its restarts.
        if time.monotonic() > deadline:
            raise RuntimeError(f"{host} did not say its {', '.join(missing)}: {said!r}")
        time.sleep(0.5)
    return Load(
        numbers["containers"],
        numbers["images"],
        numbers["units"],
        numbers["agent_restarts"],
        round(numbers["agent_kb"] / 1e3, 1),
        round(numbers["disk_kb"] / 1e3, 1),
    )


def _say(number: int, of: int, failed: int) -> None:
    if number % 5 == 0 or number == of:
        print(f"{number} of {of}: {failed} requests failed", file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Bring hello up, soak it, say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--changes", type=int, default=100, help="deploys and rollbacks (100)")
    parser.add_argument("--hosts", type=int, default=4, help="hosts of the fleet (4)")
    parser.add_argument("--mode", choices=MODES, default="at once", help="how they are brought")
    parser.add_argument("--registry", default="localhost:5050", help="HOST:PORT (localhost:5050)")
    chosen = parser.parse_args(argv)
    with (
        TemporaryDirectory(prefix="airchain-soak-") as folder,
        up(HELLO, Path(folder), chosen.registry) as trial,
    ):
        trial.scale(chosen.hosts)
        found = soak(trial, chosen.changes, MODES[chosen.mode])
    print(
        f"{found.changes} changes of {chosen.hosts} hosts in {found.seconds:.0f} s: "
        f"{found.failed} of {found.requests} requests failed ({found.slow} slow ones in flight, "
        f"slowest answer {found.slowest:.2f} s), {found.stale} pages of the wrong release"
    )
    for host in sorted(found.before):
        print(f"{host}: {found.before[host]} → {found.after[host]}")
    for line in found.growth:
        print(f"grew: {line}")
    print(json.dumps(asdict(found)))
    return 0 if found.well else 1


if __name__ == "__main__":
    sys.exit(main())
