"""How a benchmark gets from what viewers saw to its figures."""

from __future__ import annotations

import json

from bench.figures import Round, decode, encode, on_air, stepped, summarise, table
from tests.support.probe import Answer


def seen(sent: float, host: str, body: str, status: int = 200) -> Answer:
    return Answer(sent, 0.5, status, host, body)


def one_round(**changes: object) -> Round:
    fields: dict[str, object] = {
        **dict.fromkeys(("release", "untested", "build", "test", "push", "first", "exit"), 1.0),
        "product": "hello",
        "mode": "waves",
        "hosts": 4,
        "all": 2.0,
        "cpu": 1.5,
        "engine": 0.5,
        "requests": 100,
        "failed": 0,
    }
    return decode(json.dumps({**fields, **changes}))[0]


def test_a_host_is_on_air_when_the_first_viewer_has_its_new_page() -> None:
    """Not when it was asked for, and not by an error page."""
    answers = [
        seen(9.0, "a", "take 1"),
        seen(10.0, "a", "take 2", status=503),
        seen(11.0, "a", "take 2"),
        seen(10.5, "b", "take 2"),
        seen(11.5, "a", "take 2"),
        seen(12.0, "c", "take 1"),
    ]
    assert on_air(answers, "take 2", since=10.0) == {"a": 1.5, "b": 1.0}


def test_the_longest_step_of_a_kind_counts() -> None:
    """`build www` and `build progress` go on side by side; `rebuild` is another kind."""
    steps = [
        {"title": "build www", "seconds": 1.5},
        {"title": "build progress", "seconds": 0.25},
        {"title": "rebuild all", "seconds": 9},
        {"title": "push www", "seconds": 4},
    ]
    assert stepped(steps, "build") == 1.5


def test_medians_are_taken_per_mode_and_number_of_hosts() -> None:
    """One slow round does not decide, and failures are never lost in a median."""
    rounds = [one_round(all=t, failed=f) for t, f in ((2.0, 0), (2.5, 1), (9.0, 0))]
    waves, at_once = summarise([*rounds, one_round(mode="at once", cpu=None)])
    assert (waves["all"], waves["rounds"], waves["failed"], waves["ratio"]) == (2.5, 3, 1, 5.0)
    assert (at_once["mode"], at_once["cpu"]) == ("at once", None)


def test_a_round_survives_being_kept() -> None:
    """So that an interrupted benchmark goes on where it was."""
    rounds = [one_round(), one_round(hosts=8)]
    assert decode("\n".join(encode(r) for r in rounds) + "\n") == rounds


def test_the_table_has_a_line_per_result() -> None:
    """What the machine does not tell is a dash."""
    head, *lines = table(summarise([one_round(cpu=None), one_round(hosts=8)])).splitlines()
    assert head.split()[0] == "deploy"
    assert ["-" in line.split() for line in lines] == [True, False]
