"""How many hosts a wave has, and which."""

from datetime import UTC, datetime

import pytest

from airchain.release import waves
from airchain.store.records import Report, ServiceReport

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def host(name: str, *, running: str | None = "old") -> Report:
    fleet = name.partition("-")[0]
    kind = "web" if fleet in ("web", "api") else "worker"
    service = ServiceReport.model_validate(
        {"name": fleet, "kind": kind, "state": "running", "since": NOW}
    )
    return Report(
        host=name,
        fleet=fleet,
        address="10.0.0.1",
        booted=NOW,
        written=NOW,
        state="in_service",
        in_service=True,
        running=running,
        services=(service,),
    )


def hosts(**counts: int) -> list[Report]:
    return [host(f"{fleet}-{n}") for fleet, count in counts.items() for n in range(count)]


SIZES: dict[str, tuple[tuple[int | str, ...], int, tuple[int, ...]]] = {
    "shares are rounded up": ((1, "25%"), 9, (1, 3, 9)),
    "a share that adds no host is left out": ((1, "25%"), 4, (1, 4)),
    "a wave of all is the last": ((1, "100%"), 4, (1, 4)),
    "more hosts than there are is all": ((1, 10), 4, (1, 4)),
    "one host is one wave": ((1, "25%"), 1, (1,)),
    "without waves all go at once": ((), 7, (7,)),
    "what does not grow is left out": ((3, 1, "40%", "70%"), 10, (3, 4, 7, 10)),
    "no host": ((1, "25%"), 0, (0,)),
}


@pytest.mark.parametrize("case", SIZES)
def test_sizes(case: str) -> None:
    """Each wave is larger than the one before; the last is everybody."""
    given, count, expected = SIZES[case]
    assert waves.sizes(given, count) == expected


ORDERS: dict[str, tuple[list[Report], tuple[str, ...]]] = {
    "one fleet by name": (hosts(web=3), ("web-0", "web-1", "web-2")),
    "workers are not last for ever": (
        hosts(web=4, workers=1),
        ("web-0", "web-1", "workers-0", "web-2", "web-3"),
    ),
    "a web host is first, however many workers there are": (
        hosts(workers=4, web=1),
        ("web-0", "workers-0", "workers-1", "workers-2", "workers-3"),
    ),
    "fleets take turns": (
        hosts(api=2, web=2, workers=2),
        ("api-0", "web-0", "workers-0", "api-1", "web-1", "workers-1"),
    ),
    "a host that serves nothing yet is not the first": (
        [host("web-0", running=None), host("web-1"), host("workers-0")],
        ("web-1", "workers-0", "web-0"),
    ),
}


@pytest.mark.parametrize("case", ORDERS)
def test_order(case: str) -> None:
    """Each beginning of the order spans the fleets by their sizes."""
    given, expected = ORDERS[case]
    assert waves.order(given) == expected
    assert waves.order(list(reversed(given))) == expected


def test_a_quarter_of_everything() -> None:
    """A wave of 25 % of 40 and 8 hosts takes 10 and 2, give or take the canary."""
    chosen = waves.choose(hosts(web=40, workers=8), (), 12)
    assert sum(name.startswith("web") for name in chosen) == 10
    assert len(chosen) == 12


def test_who_is_admitted_stays_so() -> None:
    """The dead keep their place in the record, and do not count as hosts of the wave."""
    live = hosts(web=4)
    assert waves.choose(live, ("web-3", "web-9"), 2) == ("web-3", "web-9", "web-0")
