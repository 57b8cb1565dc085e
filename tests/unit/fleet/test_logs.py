"""Lines of a journal as they come from a host."""

import json
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from airchain.fleet.logs import Line, evidence_argv, journal_argv, parse
from airchain.store.records import Report, ServiceReport


def entry(**changes: Any) -> str:
    fields = {
        "__REALTIME_TIMESTAMP": "1764000000000000",
        "_SYSTEMD_UNIT": "tv-django-0123456789.service",
        "SYSLOG_IDENTIFIER": "docker",
        "MESSAGE": "GET / 200",
    }
    return json.dumps({**fields, **changes})


def test_a_line_has_time_host_unit_and_text() -> None:
    """What the service wrote is kept, with the unit's instance."""
    when = datetime.fromtimestamp(1764000000, UTC)
    assert parse(entry(), "web-1") == Line(when, "web-1", "tv-django-0123456789", "GET / 200")


def test_what_systemd_says_is_left_out() -> None:
    """Starting and stopping of units is not the service's log."""
    assert parse(entry(SYSLOG_IDENTIFIER="systemd"), "web-1") is None


def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    """journald writes such messages as a list of numbers."""
    line = parse(entry(MESSAGE=[104, 105, 255]), "web-1")
    assert line is not None
    assert line.text == "hi\ufffd"


def test_noise_is_skipped() -> None:
    """A cut or empty line is not an error."""
    assert parse("", "web-1") is None
    assert parse('{"MESSA', "web-1") is None


def test_every_instance_of_just_this_service_is_read() -> None:
    """Old and new instances match; a service whose name merely begins alike does not."""
    argv = journal_argv("tv", "django", lines=50, follow=True)
    pattern = next(word for word in argv if word.startswith("--unit=")).removeprefix("--unit=")
    assert fnmatchcase("tv-django-0123456789.service", pattern)
    assert not fnmatchcase("tv-django-admin-0123456789.service", pattern)
    assert argv[-1] == "--follow"


def test_evidence_is_what_the_reported_instances_wrote() -> None:
    """Not what instances of other releases left in the journal; without any, nothing."""
    now = datetime.now(UTC)
    services = tuple(
        ServiceReport(name=name, kind="web", state="running", since=now, instance=instance)
        for name, instance in (("django", "0123456789"), ("progress", None))
    )
    host = Report(
        host="web-1",
        fleet="web",
        address="10.0.0.2",
        booted=now,
        written=now,
        state="in_service",
        in_service=True,
        services=services,
    )
    argv = evidence_argv("tv", [host])
    units = [word for word in argv if word.startswith("--unit=")]
    assert units == ["--unit=tv-django-0123456789.service"]
    assert evidence_argv("tv", [host.model_copy(update={"services": ()})]) == []
