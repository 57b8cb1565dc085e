"""How `make bench-tv` gets from runs of wrk to figures, and what it sends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace

import pytest
from bench import cases, memory
from bench.cases import CASES, CONSTANT, Request, Site
from bench.ratios import line, table
from bench.wrk import Run, parse

from airchain.errors import AirchainError

RUN = Run(
    requests=1000,
    seconds=2.0,
    bytes=500_000,
    p50_ms=1.0,
    p95_ms=2.0,
    p99_ms=3.0,
    refused=0,
    broken=0,
)


def rate(per_second: int) -> Run:
    """A run of as many answers."""
    return replace(RUN, requests=2 * per_second)


def test_the_figures_are_found_among_what_wrk_prints() -> None:
    """wrk has words of its own before and after."""
    mine = json.dumps({name: getattr(RUN, name) for name in Run.__dataclass_fields__})
    assert parse(f"Running 2s test @ x\n{mine}\nRequests/sec: 1\n") == RUN
    with pytest.raises(AirchainError, match="no figures"):
        parse("unable to connect")


def test_what_was_refused_is_not_counted_as_answered() -> None:
    """A server that says no quickly is not a fast one."""
    assert replace(RUN, refused=400, broken=7).rate == 300
    assert replace(RUN, refused=400, broken=7).errors == 407


def test_a_ratio_is_taken_within_its_round() -> None:
    """A machine that was slower for one round changes no ratio."""
    rounds = [
        {CONSTANT: rate(1000), "home": rate(800)},
        {CONSTANT: rate(100), "home": rate(80)},
        {CONSTANT: rate(1000), "home": rate(790)},
    ]
    found = line("home", "home page", rounds, CONSTANT, least=0.7)
    assert (found.ratio, found.rate, found.requests) == (0.8, 790, 3340)
    assert found.faults == ()


def test_errors_and_low_ratios_are_faults() -> None:
    """Each is named with its figures."""
    rounds = [{CONSTANT: rate(1000), "home": replace(rate(500), broken=2)}]
    assert line("home", "home page", rounds, CONSTANT, least=0.7).faults == (
        "home page: 2 of 1000 requests failed",
        "home page: 0.50 of the constant answer's rate, not 0.7",
    )
    assert line("home", "home page", rounds, CONSTANT).faults == (
        "home page: 2 of 1000 requests failed",
    )


def test_the_table_has_a_line_for_each_case() -> None:
    """Words to the left, figures to the right, a dash where there is no bound."""
    rounds = [{CONSTANT: rate(30_000), "home": rate(24_000)}]
    lines = [
        line(CONSTANT, "constant", rounds, CONSTANT),
        line("home", "home", rounds, CONSTANT, 0.7),
    ]
    head, *rows = table(lines).splitlines()
    assert head.split()[:2] == ["what", "is"]
    assert " ".join(rows[0].split()) == "constant 30,000 1.00 2.00 3.00 0 60000 0.01 1.00 -"
    assert rows[1].split()[-2:] == ["0.80", "0.70"]
    assert len({len(row) for row in (head, *rows)}) == 1


def test_the_bounds_are_those_that_were_agreed() -> None:
    """And the constant answer, which all others are compared with, comes first."""
    assert CASES[0].name == CONSTANT
    assert {c.name: c.least for c in CASES if c.least} == {
        "home": 0.7,
        "api": 0.6,
        "progress": 0.4,
    }


def test_a_request_goes_over_the_line_as_a_whole() -> None:
    """With the length of its body, and what every viewer sends."""
    sent = Request("/x", method="PUT", headers={"A": "b"}, body=b"{}").raw("d.localhost")
    assert sent == (
        b"PUT /x HTTP/1.1\r\nHost: d.localhost\r\nAccept-Encoding: gzip\r\nA: b\r\n"
        b"Content-Length: 2\r\n\r\n{}"
    )


def test_heartbeats_are_those_of_different_viewers_each_with_its_token() -> None:
    """Signed with the environment's own key."""
    key = "k" * 32
    sent = cases.heartbeats(Site(1, "d", lambda name: {"PROGRESS_KEY": key}[name]))
    assert len({request.path for request in sent}) == cases.VIEWERS
    head, claims, signature = sent[5].headers["Authorization"].removeprefix("Bearer ").split(".")
    assert json.loads(_decoded(claims))["sub"] == "bench-5" == sent[5].path.split("/")[4]
    expected = hmac.digest(key.encode(), f"{head}.{claims}".encode(), hashlib.sha256)
    assert _decoded(signature) == expected


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_memory_is_read_from_what_the_engine_says() -> None:
    """In MB, whatever unit it chose."""
    said = [
        json.dumps({"Name": f"p_{name}", "MemUsage": usage})
        for name, usage in (("web", "1.5GiB / 2GiB"), ("edge", "20MiB / 22GiB"))
    ]
    used = memory.parse(said, "p_")
    assert [(u.label, u.mb) for u in used] == [("edge", 21.0), ("web", 1610.6)]
    assert memory.table(used).splitlines()[1] == "  edge      21.0 MB"
