"""A backing service is not there. Every host needs the same one, so none is worse than another."""

from __future__ import annotations

import time

import pytest
from tests.faults.air import PORT, Air
from tests.support.probe import ask

from airchain.release.index import short


@pytest.mark.parametrize("how", ["crashed", "stopped"])
def test_backing_service(air: Air, how: str) -> None:
    """What needs it fails, all else is answered; no host leaves the edge or is replaced."""
    hosts, archive = air.hosts, air.container("archive")
    with air.viewers() as seen, air.viewers("/archive") as needing:
        if how == "crashed":
            # Every process but the first, which ends with them.
            air.docker("exec", archive, "sh", "-c", "kill -9 -1; exit 0")
        else:
            air.docker("stop", "--time=1", archive)
            time.sleep(5)
            assert air.unsettled() == ["archive exited"]
            assert "backing services: archive exited" in air.status()
            air.up()
        air.until(lambda: ask(PORT, "localhost", "/archive").status == 200, "it is back", 60)
        air.settle(air.good)
    assert air.hosts == hosts
    assert not seen.failures, seen.summary()
    statuses = {answer.status for answer in needing.failures}
    # The engine may have it up again before anybody misses it.
    assert statuses == {503} or (how == "crashed" and not statuses), needing.summary()
    assert needing.answers[-1].body.strip() == "the archive"


def test_backing_service_of_another_release(air: Air) -> None:
    """A deployment leaves it as it runs, and says who brings it: `up`, with that release."""
    old, archive = air.good, air.docker("inspect", "-f", "{{.Id}}", air.container("archive"))
    changed = {"backing": {"archive": {"env": {"TEXT": "another archive"}}}}
    new = air.release("beside another archive", changed)
    with air.viewers("/archive") as seen:
        there, back = air.succeed(new), air.succeed(old)
    assert f"`airchain up prod {short(new)}` brings them" in there.stderr, there.stderr
    assert "wants them: archive;" in there.stderr, there.stderr
    assert "backing services" not in back.stderr, "what runs is what this one wants"
    assert air.docker("inspect", "-f", "{{.Id}}", air.container("archive")) == archive
    assert {answer.body.strip() for answer in seen.answers} == {"the archive"}
    assert not seen.failures, seen.summary()
    for release, text in ((new, "another archive"), (old, "the archive")):
        air.product.airchain("up", "prod", short(release))
        assert ask(PORT, "localhost", "/archive").body.strip() == text
    air.settle(old)
