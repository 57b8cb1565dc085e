"""The store in a bucket: what a network does to it, and what is said of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from obstore.exceptions import BaseError
from tests.support.faulty import Fault, Relay
from tests.support.s3 import Server

from airchain.errors import Conflict, StoreError
from airchain.spec.model import S3, Storage
from airchain.store import DirectoryStore, clock, date, s3
from airchain.store.place import open_store, read_keys
from airchain.store.s3 import S3Store

NUMBERS = count()


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    with Relay.run(server.url) as found:
        yield found


@pytest.fixture
def far(server: Server, relay: Relay, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    """A store behind the relay."""
    monkeypatch.setattr(s3, "_FIRST_PAUSE", 0.01)
    return S3Store(server.bucket(f"far-{next(NUMBERS)}", relay.url), server.keys)


def test_a_burst_of_refusals_is_waited_out(far: S3Store, relay: Relay) -> None:
    """Three answers 503, then it works; nobody above hears of it."""
    relay.faults.extend(["busy", "busy", "busy"])
    far.put("a", b"one")
    relay.faults.extend(["cut", "busy", "lost"])
    found = far.get("a")
    assert found is not None
    assert found.data == b"one"
    assert len(relay.seen) == 8


def test_a_silent_server_is_given_up_on(
    server: Server, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer within the bound is tried again on a new connection."""
    monkeypatch.setattr(s3, "ANSWER_WITHIN", 1.0)
    store = S3Store(server.bucket("silent", relay.url), server.keys)
    relay.faults.append("silent")
    began = time.monotonic()
    assert store.get("a") is None
    assert 1 < time.monotonic() - began < 10
    assert len(relay.seen) == 2


@pytest.mark.parametrize("fault", ["lost", "cut", "busy"])
def test_a_write_whose_answer_was_lost_is_no_conflict(
    far: S3Store, relay: Relay, fault: Fault
) -> None:
    """It is done once, and its writer learns the version, for create and for replace."""
    relay.faults.append(fault)
    version = far.create("lease", b"mine")
    relay.faults.append(fault)
    version = far.replace("lease", b"renewed", version)
    found = far.get("lease")
    assert found is not None
    assert (found.data, found.version) == (b"renewed", version)


def test_another_writer_is_a_conflict_also_after_a_lost_answer(far: S3Store, relay: Relay) -> None:
    """Somebody else's object is not taken for ours."""
    far.put("pointer", b"theirs")
    relay.faults.append("cut")
    with pytest.raises(Conflict, match="exists already"):
        far.create("pointer", b"mine")
    # The very same bytes, written by another: refused at once, so it was not we.
    with pytest.raises(Conflict, match="exists already"):
        far.create("pointer", b"theirs")


def test_a_server_that_stays_away_is_named(far: S3Store, relay: Relay) -> None:
    """After a bounded number of attempts: what, where, how often, and what to look at."""
    relay.down = True
    with pytest.raises(StoreError, match=rf"\({s3.ATTEMPTS} attempts\)") as raised:
        far.get("products/p")
    assert str(raised.value.where).endswith("/air/products/p")
    assert relay.url in str(raised.value.hint)
    relay.down = False
    assert far.get("products/p") is None


def test_how_a_connection_failed_is_said(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only that it did."""
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    place = S3(bucket="nobody", region="us-east-1", endpoint="http://127.0.0.1:1")
    with pytest.raises(StoreError, match="Connection refused"):
        S3Store(place, server.keys).get("a")


@pytest.mark.parametrize(
    ("fault", "said"), [("cut", "ended before the answer"), ("silent", "no answer in time")]
)
def test_how_an_answer_failed_to_come_is_said(
    server: Server, relay: Relay, monkeypatch: pytest.MonkeyPatch, fault: Fault, said: str
) -> None:
    """A connection that ended and a server that says nothing have different causes."""
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    monkeypatch.setattr(s3, "ANSWER_WITHIN", 0.5)
    relay.faults.append(fault)
    store = S3Store(server.bucket(f"far-{next(NUMBERS)}", relay.url), server.keys)
    with pytest.raises(StoreError, match=said):
        store.get("a")


@pytest.mark.parametrize(
    "use",
    [
        lambda s: s.get("a"),
        lambda s: s.put("a", b""),
        lambda s: s.create("a", b""),
        lambda s: s.replace("a", b"", '"x"'),
        lambda s: s.list("a"),
    ],
)
def test_a_bucket_that_is_not_there(server: Server, use: Callable[[S3Store], object]) -> None:
    """It is an error, and not an empty store."""
    place = S3(bucket="nobody", region="us-east-1", endpoint=server.url)
    with pytest.raises(StoreError, match="NoSuchBucket") as raised:
        use(S3Store(place, server.keys))
    assert not isinstance(raised.value, Conflict)
    assert "store.s3.bucket" in str(raised.value.hint)


def test_a_404_of_something_in_between_is_no_empty_store(server: Server) -> None:
    """Only a server that says that there is no such key is believed."""
    place = S3(bucket="moto-api", region="us-east-1", endpoint=server.url)
    with pytest.raises(StoreError, match="404"):
        S3Store(place, server.keys).get("nothing-here")


@pytest.mark.parametrize(
    ("answer", "said", "hinted"),
    [
        ("<Code>RequestTimeTooSkewed</Code><Message>off</Message>", "TooSkewed: off", "clock"),
        ("<Code>ExpiredToken</Code>", "ExpiredToken", "AWS_SESSION_TOKEN"),
        ("<Code>AccessDenied</Code>", "AccessDenied", "airchain store policy"),
        ("<Code>PermanentRedirect</Code>", "PermanentRedirect", "region"),
        ("PUT http://169.254.169.254/latest/api/token failed", "failed", "no credentials"),
    ],
)
def test_what_the_server_says_is_explained(answer: str, said: str, hinted: str) -> None:
    """The server's own code and words, and what to do about it."""
    place = S3(bucket="abc", region="eu-west-1")
    error = BaseError(f"{answer} in 3.2ms\n\nDebug source: {{ long }}")
    assert said in s3.cause(error)
    assert "Debug" not in s3.cause(error)
    assert "3.2ms" not in s3.cause(error)
    assert hinted in str(s3.hint(error, place))


def test_pauses_grow_and_differ() -> None:
    """No thousand hosts come back in the same instant."""
    assert len({s3.pause(3) for _ in range(20)}) > 10
    assert all(0.1 <= s3.pause(1) <= 0.2 for _ in range(50))
    assert all(s3.pause(n) <= 2 for n in range(10))


def test_amazons_own_address() -> None:
    """Without an endpoint the region says where the bucket is."""
    place = S3(bucket="abc", region="eu-west-1")
    assert s3.bucket_url(place) == "https://s3.eu-west-1.amazonaws.com/abc"


def test_the_specification_says_which_store(tmp_path: Path, server: Server) -> None:
    """A directory where no bucket is named; keys come from a file where one is."""
    assert isinstance(open_store(Storage(), tmp_path), DirectoryStore)
    keys = tmp_path / "keys"
    keys.write_text('{"access_key_id": "a", "secret_access_key": "hush"}')
    store = open_store(Storage(s3=server.bucket("opened")), tmp_path, keys=keys)
    assert store.put("a", b"x")
    assert "hush" not in repr(read_keys(keys))
    keys.write_text('{"access_key_id": "hush"}')
    with pytest.raises(StoreError) as raised:
        read_keys(keys)
    assert "hush" not in str(raised.value)
    keys.unlink()
    with pytest.raises(StoreError, match="no keys"):
        read_keys(keys)


def test_the_date_of_answers_shows_a_wrong_clock(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the date of a refusal; a clock that is set later is noticed without a request."""
    measured = date.DateClock(f"{server.url}/no-such-bucket")
    assert measured.skew() == 0
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 1200)
    assert measured.skew() == pytest.approx(1200, abs=0.1)
    assert date.measure(server.url) == pytest.approx(1200, abs=1.5)
    assert clock.wrong(measured.skew())


def test_a_server_that_does_not_answer_says_nothing_of_the_clock() -> None:
    """Nothing known, no error, and nobody waits for it a second time."""
    silent = date.DateClock("http://127.0.0.1:1")
    assert silent.skew() is None
    assert silent.skew() is None
