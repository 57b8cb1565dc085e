"""Which hosts run a release first, and how many after them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import ceil

from airchain.store.records import Report


def sizes(waves: Sequence[int | str], hosts: int) -> tuple[int, ...]:
    """How many of `hosts` run the release after each wave, growing; the last is all.

    `waves` are numbers of hosts or shares such as `"25%"`, rounded up. One that
    adds no host is left out.
    """
    found: list[int] = []
    for wave in waves:
        size = wave if isinstance(wave, int) else ceil(hosts * int(wave.rstrip("%")) / 100)
        if (found[-1] if found else 0) < size < hosts:
            found.append(size)
    return (*found, hosts)


def order(live: Sequence[Report]) -> tuple[str, ...]:
    """All hosts in the order in which they are let go first.

    However many are taken from its beginning, each fleet gives about its share, so
    that none is left for last. The very first is a host that serves, and viewers'
    requests where there is one: its services are checked from outside.
    """
    hosts = sorted(live, key=lambda r: (r.running is None, not serves_viewers(r), r.fleet, r.host))
    counts = {r.fleet: sum(other.fleet == r.fleet for other in hosts) for r in hosts}
    seen = dict.fromkeys(counts, 0)
    places: list[tuple[float, str]] = []
    for report in hosts:
        # In the middle of its share: the only host of a fleet comes half-way.
        places.append(((seen[report.fleet] + 0.5) / counts[report.fleet], report.host))
        seen[report.fleet] += 1
    rest = [host for _, host in sorted(places[1:], key=lambda place: place[0])]
    return (*(host for _, host in places[:1]), *rest)


def choose(live: Sequence[Report], admitted: Collection[str], size: int) -> tuple[str, ...]:
    """Who is admitted once `size` of the live hosts are: whoever is already, and the next."""
    here = {r.host for r in live} & set(admitted)
    others = [host for host in order(live) if host not in here]
    return (*admitted, *others[: max(0, size - len(here))])


def serves_viewers(report: Report) -> bool:
    """Whether requests from the edge come to the host."""
    return any(s.kind == "web" for s in report.services)
