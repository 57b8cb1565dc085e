"""What this host's registry waits for before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from airchain.errors import WaitTimeout
from airchain.host import registry
from airchain.host.identity import Identity, Places
from airchain.spec.model import S3, Storage
from airchain.store import DirectoryStore
from airchain.store.place import Keys
from airchain.store.s3 import S3Store

IDENTITY = Identity(
    product="tv",
    environment="prod",
    fleet="web",
    host="web-1",
    registry="localhost:5050",
    store=Storage(s3=S3(bucket="b-1", region="r")),
    keys_delivered=True,
)


class Drifting(DirectoryStore):
    """Its clock is wrong at the first looks."""

    def __init__(self, root: Path, *skews: float | None) -> None:
        super().__init__(root)
        self.skews = list(skews)

    def skew(self) -> float | None:
        return self.skews.pop(0) if len(self.skews) > 1 else self.skews[0]


def test_a_wrong_clock_is_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said once; over as soon as the clock is set."""
    monkeypatch.setattr(registry, "_POLL", 0)
    store = Drifting(tmp_path, -1200.0, -1200.0, -1200.0, 0.5)
    registry.await_clock(store)
    assert store.skews == [0.5]
    said = capsys.readouterr().out
    assert said == "waiting for the clock: it is 1200 s behind the store's\n"


def test_the_wait_for_the_clock_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd starts anew what gave up, and says so."""
    monkeypatch.setattr(registry, "WITHIN", 0.05)
    with pytest.raises(WaitTimeout, match="the clock to be set"):
        registry.await_clock(Drifting(tmp_path, 1200.0))


@pytest.mark.parametrize("skew", [None, 0.0, 60.0])
def test_a_clock_that_is_right_or_unknown_is_no_wait(tmp_path: Path, skew: float | None) -> None:
    """A store that does not answer is not the clock's fault."""
    registry.await_clock(Drifting(tmp_path, skew))


def test_keys_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come after the boot, like secrets."""
    monkeypatch.setattr(registry, "WITHIN", 0.05)
    places = Places(tmp_path)
    with pytest.raises(WaitTimeout, match="keys to the store"):
        registry.host_store(places, IDENTITY)
    places.store_keys.parent.mkdir(parents=True)
    places.store_keys.write_text('{"access_key_id": "a", "secret_access_key": "b"}')
    assert isinstance(registry.host_store(places, IDENTITY), S3Store)


def test_a_directory_is_asked_in_the_hosts_own_folder(tmp_path: Path) -> None:
    """The rest of it is read-only for a host."""
    identity = IDENTITY.model_copy(update={"store": Storage(), "keys_delivered": False})
    places = Places(tmp_path)
    store = registry.host_store(places, identity)
    assert isinstance(store, DirectoryStore)
    assert store.skew() == 0
    assert [p.name for p in places.store.rglob("*")][-1] == "web-1"


def test_the_registrys_process_gets_the_keys(tmp_path: Path) -> None:
    """As systemd reads them; what is not there is left out."""
    keys = Keys(access_key_id="a", secret_access_key='b/c+"')
    lines = registry.environment(keys).splitlines()
    assert lines == ['AWS_ACCESS_KEY_ID="a"', 'AWS_SECRET_ACCESS_KEY="b/c+\\""']
    assert "AWS_SESSION_TOKEN" in registry.environment(keys.model_copy(update={"token": "t"}))
