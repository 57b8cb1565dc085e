"""The signing key of a product: made once, kept closed, carried to other machines."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.keys import keys_in, scope_in

from airchain.errors import DeployError, ReleaseError, SignatureError
from airchain.paths import Home
from airchain.release import pointer
from airchain.release.keys import VARIABLE, Keys, parse_bundle
from airchain.signing import PrivateKey
from airchain.store import DirectoryStore
from airchain.store.records import Pointer, Report, pointer_key, report_key, trust_key
from airchain.trust import sign


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path)


def machine(store: DirectoryStore, name: str, product: str = "p") -> Keys:
    return Keys(Home(store.root / name), store, product)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_made_once_and_only_its_owner_can_read_it(store: DirectoryStore) -> None:
    """The second time nothing is made; the store shows the public half only."""
    keys = machine(store, "home")
    made = keys.ensure()
    assert made == keys.private().public
    assert keys.ensure() is None
    assert keys.private().public == made
    assert mode(keys.folder / "key.json") == 0o600
    assert {mode(keys.folder), mode(keys.folder.parent)} == {0o700}
    private = keys.private().text.rpartition(":")[2]
    shown = store.get(trust_key("p", 1))
    assert shown is not None
    assert made.encode() in shown.data
    assert private.encode() not in shown.data


def test_without_a_key_nothing_is_signed(store: DirectoryStore) -> None:
    """The error says how to get one."""
    with pytest.raises(ReleaseError, match="has no signing key") as caught:
        machine(store, "home").private()
    assert "airchain keys import" in (caught.value.hint or "")


def test_another_machine_makes_no_second_key(store: DirectoryStore) -> None:
    """It is told to import the one there is; with it, it signs what the first believes."""
    first, second = keys_in(store), machine(store, "colleague")
    with pytest.raises(ReleaseError, match="has no signing key"):
        second.ensure()
    bundle = first.bundle()
    assert bundle is not None
    second.take(parse_bundle(bundle.encode(), "p", "stdin"))
    assert second.ensure() is None
    second.sign_release("sha256:1")
    first.verify_release("sha256:1")


def test_two_machines_that_made_keys_apart_do_not_overwrite_each_other(
    store: DirectoryStore, tmp_path: Path
) -> None:
    """A key made over another store does not sign in this one."""
    keys_in(store)
    apart = Keys(Home(tmp_path / "apart"), DirectoryStore(tmp_path / "other"), "p")
    apart.ensure()
    here = Keys(Home(tmp_path / "apart"), store, "p")
    with pytest.raises(ReleaseError, match="the store lists other keys"):
        here.private()


def test_ci_names_a_file(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was exported, in a file; a missing one and one of another product are named."""
    first, ci = keys_in(store), machine(store, "ci")
    bundle = first.bundle()
    assert bundle is not None
    exported = tmp_path / "exported"
    exported.write_bytes(bundle.encode())
    monkeypatch.setenv(VARIABLE, str(exported))
    assert ci.private().public == first.private().public
    assert not (ci.folder / "key.json").exists()
    with pytest.raises(ReleaseError, match=r"is the signing key .* of p, not of q"):
        machine(store, "ci", "q").private()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(ReleaseError, match="no such file"):
        ci.private()


@pytest.mark.parametrize("data", [b"", b"{}", b'{"product":"p","private":"hunter2","trust":{}}'])
def test_what_is_no_export_is_refused_without_showing_it(data: bytes) -> None:
    """It may be a secret all the same."""
    with pytest.raises(ReleaseError, match="is not what") as caught:
        parse_bundle(data, "p", "stdin")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_that_counts_is_not_replaced_by_an_import(store: DirectoryStore) -> None:
    """Nor is one taken that does not count."""
    first = keys_in(store)
    bundle = first.bundle()
    assert bundle is not None
    foreign = bundle.model_copy(update={"private": PrivateKey.generate().text})
    with pytest.raises(ReleaseError, match="does not count any more"):
        first.take(foreign)
    first.take(bundle)


def point(store: DirectoryStore, release: str = "r1") -> pointer.Held:
    scope = scope_in(store, "r1", "r2")
    held, _ = pointer.take_up(scope)
    first = pointer.begin(held.pointer if held else None, release, staged=False)
    return pointer.write(scope, first, held)


def test_each_write_is_a_step(store: DirectoryStore) -> None:
    """Within a deployment; the next one begins at 0."""
    scope = scope_in(store)
    held = point(store)
    assert (held.pointer.serial, held.pointer.step) == (1, 0)
    held = pointer.write(scope, pointer.admit(held.pointer, ("a",)), held)
    held = pointer.write(scope, pointer.admit(held.pointer, None), held)
    assert (held.pointer.serial, held.pointer.step) == (1, 2)
    held = point(store, "r2")
    assert (held.pointer.serial, held.pointer.step) == (2, 0)


def test_an_altered_pointer_is_told_and_gives_way_to_the_last_good_one(
    store: DirectoryStore,
) -> None:
    """What served before, and may be gone back to, is not taken from the altered one."""
    good = point(store)
    scope = scope_in(store)
    forged = good.pointer.model_copy(update={"release": "evil", "serial": 9, "history": ("evil",)})
    store.put(pointer_key("p", "prod"), forged.encode())
    with pytest.raises(SignatureError, match="does not fit"):
        pointer.hold(scope)
    assert pointer.last_good(scope) == good.pointer
    held, wrong = pointer.take_up(scope)
    assert held is not None
    assert "does not fit" in (wrong or "")
    assert pointer.same(held.pointer, good.pointer)
    assert held.pointer.step == good.pointer.step + 1
    assert pointer.hold(scope) == held


def test_a_replayed_pointer_is_told_too(store: DirectoryStore) -> None:
    """Its signature is right, and it is older than what this machine has seen."""
    point(store)
    old = store.get(pointer_key("p", "prod"))
    assert old is not None
    new = point(store, "r2")
    store.put(pointer_key("p", "prod"), old.data)
    with pytest.raises(SignatureError, match="not later than the last one"):
        pointer.hold(scope_in(store))
    held, _ = pointer.take_up(scope_in(store))
    assert held is not None
    assert held.pointer.release == new.pointer.release


def test_a_pointer_from_before_signatures_is_written_anew(store: DirectoryStore) -> None:
    """Later than whatever hosts have seen of it."""
    now = datetime.now(UTC)
    old = Pointer(serial=7, release="r1", updated=now, author="me")
    store.put(pointer_key("p", "prod"), old.encode())
    report = Report(
        host="web-1",
        fleet="web",
        address="",
        booted=now,
        written=now,
        state="in_service",
        in_service=True,
        serial=7,
    )
    store.put(report_key("p", "prod", "web-1"), report.encode())
    scope = scope_in(store, "r2")
    held, wrong = pointer.take_up(scope)
    assert held is None
    assert "is not signed" in (wrong or "")
    assert point(store, "r2").pointer.serial == 8


def test_a_pointer_that_gives_way_does_so_to_one(store: DirectoryStore) -> None:
    """Of two deployments that find one which does not verify, the second is refused."""
    old = Pointer(serial=7, release="r1", updated=datetime.now(UTC), author="me")
    store.put(pointer_key("p", "prod"), old.encode())
    scope = scope_in(store, "r1", "r2")
    held, _ = pointer.take_up(scope)
    assert held is None
    first = point(store, "r2")
    with pytest.raises(DeployError, match="another deployment moved the pointer"):
        pointer.write(scope, pointer.begin(None, "r1", staged=False), None)
    assert pointer.hold(scope) == first


def test_a_pointer_that_was_removed_comes_back(store: DirectoryStore) -> None:
    """With what it said, as long as its release is one that was signed."""
    good = point(store)
    store.delete(pointer_key("p", "prod"))
    held, wrong = pointer.take_up(scope_in(store))
    assert wrong == "the pointer was removed"
    assert held is not None
    assert pointer.same(held.pointer, good.pointer)


def test_who_only_signs_anew_does_not_end_a_deployment(store: DirectoryStore) -> None:
    """The next write of it goes on from there; a pointer that says another thing does end it."""
    scope = scope_in(store)
    held = point(store)
    pointer.write(scope, held.pointer, held)
    pointer.require(scope, held)
    after = pointer.write(scope, pointer.admit(held.pointer, ("a",)), held)
    assert after.pointer.step == 2
    with pytest.raises(DeployError, match="another deployment moved the pointer"):
        pointer.write(scope, pointer.admit(held.pointer, ("b",)), held)


def test_a_host_that_does_not_accept_the_pointer_ends_the_deployment(
    store: DirectoryStore,
) -> None:
    """With its own words; one that refused an earlier one holds nothing up."""
    held = point(store)
    now = datetime.now(UTC)
    said = Report(
        host="web-1",
        fleet="web",
        address="",
        booted=now,
        written=now,
        state="in_service",
        in_service=True,
        refused="sha256:0",
        error="who are you?",
    )
    pointer.require_accepted(held, [said])
    with pytest.raises(DeployError, match="who are you") as caught:
        pointer.require_accepted(held, [said.model_copy(update={"refused": held.mark})])
    assert caught.value.where == "host web-1"


def test_a_pointer_by_a_stranger_is_not_taken_up(store: DirectoryStore) -> None:
    """Neither held nor shown as good."""
    good = point(store)
    stranger = sign(
        good.pointer.model_copy(update={"serial": 9}), PrivateKey.generate(), "pointer", "p", "prod"
    )
    store.put(pointer_key("p", "prod"), stranger.encode())
    with pytest.raises(SignatureError, match="is not trusted"):
        pointer.hold(scope_in(store))
    assert pointer.last_good(scope_in(store)) == good.pointer
