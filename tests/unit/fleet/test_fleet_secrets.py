"""Values of secrets on the building machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from airchain.errors import FleetError
from airchain.fleet import local, secrets
from airchain.paths import Home
from airchain.spec.model import Backing, Environment, Fleet, Route, Secret, Service, Signed


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_declared() -> None:
    """Secrets of services, backing services and signed addresses, each once."""
    environment = Environment(
        services={"web": Service(image="x", kind="web", port=80, secrets=("B", "A"))},
        backing={"db": Backing(image="x", port=1, secrets=("C", "A"))},
        fleets={"web": Fleet(services=("web",))},
        routes=(Route(path="/m", files="m", signed=Signed(secret="D", cookie="c")),),
    )
    assert secrets.declared(environment) == ("A", "B", "C", "D")


def test_hosts_that_answer_get_the_keys_of_addresses() -> None:
    """Those of workers have no use for them; secrets of tasks go everywhere."""
    environment = Environment(
        services={
            "web": Service(image="x", kind="web", port=80, secrets=("WEB",)),
            "mail": Service(image="x", kind="worker", secrets=("MAIL",)),
            "migrate": Service(image="x", kind="task", secrets=("TASK",)),
        },
        fleets={"web": Fleet(services=("web",)), "workers": Fleet(services=("mail",))},
        routes=(Route(path="/m", files="m", signed=Signed(secret="KEY", cookie="c")),),
    )
    assert local.fleet_secrets(environment, "web") == ("KEY", "TASK", "WEB")
    assert local.fleet_secrets(environment, "workers") == ("MAIL", "TASK")


def test_generated_once(home: Home) -> None:
    """A generated value stays the same, and is long enough for any framework."""
    known = {"KEY": Secret(generate=True)}
    assert secrets.ensure(home, "tv", "prod", ["KEY"], known) == ("KEY",)
    first = secrets.values(home, "tv", "prod", ["KEY"])
    assert secrets.ensure(home, "tv", "prod", ["KEY"], known) == ()
    assert secrets.values(home, "tv", "prod", ["KEY"]) == first
    assert len(first["KEY"]) >= 50


def test_all_missing_ones_are_named_and_nothing_is_made(home: Home) -> None:
    """One message for all, with the commands to run."""
    known = {"A": Secret(generate=True), "B": Secret()}
    with pytest.raises(FleetError, match="these secrets have no value: B, C") as caught:
        secrets.ensure(home, "tv", "prod", ["C", "B", "A"], known)
    assert caught.value.hint == "airchain secrets set prod B\nairchain secrets set prod C"
    assert secrets.listed(home, "tv", "prod") == ()


def test_only_the_owner_may_read(home: Home) -> None:
    """0600 in 0700, all the way up."""
    secrets.put(home, "tv", "prod", "KEY", b"x")
    folder = home.secrets("tv", "prod")
    assert (folder / "KEY").stat().st_mode & 0o777 == 0o600
    for private in (folder, folder.parent, folder.parent.parent):
        assert private.stat().st_mode & 0o777 == 0o700


def test_set_list_remove(home: Home) -> None:
    """Environments have values of their own."""
    secrets.put(home, "tv", "prod", "B", b"1")
    secrets.put(home, "tv", "prod", "A", b"\x00\xff")
    secrets.put(home, "tv", "qa", "C", b"1")
    assert secrets.listed(home, "tv", "prod") == ("A", "B")
    assert secrets.values(home, "tv", "prod", ["A"]) == {"A": b"\x00\xff"}
    secrets.remove(home, "tv", "prod", "A")
    assert secrets.listed(home, "tv", "prod") == ("B",)


@pytest.mark.parametrize("name", ["../x", "lower", "", "A/B", "A" * 65])
def test_names(home: Home, name: str) -> None:
    """A name is no path."""
    with pytest.raises(FleetError):
        secrets.put(home, "tv", "prod", name, b"x")
    with pytest.raises(FleetError):
        secrets.remove(home, "tv", "prod", name)


@pytest.mark.parametrize("value", [b"", b"x" * 65_537])
def test_sizes_of_values(home: Home, value: bytes) -> None:
    """Neither empty nor a file of its own."""
    with pytest.raises(FleetError, match="a value has 1 to"):
        secrets.put(home, "tv", "prod", "KEY", value)


def test_a_missing_value_is_named(home: Home) -> None:
    """With what to do about it."""
    with pytest.raises(FleetError) as caught:
        secrets.values(home, "tv", "prod", ["KEY"])
    assert caught.value.where == "KEY"
    assert caught.value.hint == "airchain secrets set prod KEY"
