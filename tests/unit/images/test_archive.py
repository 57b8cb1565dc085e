"""The Debian archive, as a machine's apt knows it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from airchain.errors import BuildError
from airchain.images import archive, mmdebstrap
from airchain.images.archive import Archive
from airchain.images.mmdebstrap import Recipe
from airchain.run import Result
from airchain.spec.model import Bootstrap

DEB822 = """\
Types: deb
URIs: http://mirror.example.org/debian/
Suites: bookworm bookworm-updates
Components: main
 contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

# Not ours
Types: deb
URIs: https://packages.example.org/cloud
Suites: bookworm
Components: main

Types: deb
URIs: http://disabled.example.org/debian
Suites: bookworm
Components: main
Enabled: no
"""
ONE_LINE = """\
# deb http://commented.example.org/debian bookworm main
deb [arch=amd64 signed-by=/x.gpg] http://deb.debian.org/debian-security bookworm-security main
deb-src http://source.example.org/debian bookworm main
"""


def test_the_mirror_is_the_one_of_apt(tmp_path: Path) -> None:
    """Both formats are read; other people's repositories are not Debian."""
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(ONE_LINE)
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822)
    assert archive.read_archive(tmp_path) == Archive(
        mirror="http://mirror.example.org/debian",
        security="http://deb.debian.org/debian-security",
        components=("main", "contrib"),
    )


def test_a_machine_without_debian_uses_debians_own(tmp_path: Path) -> None:
    """Any Linux can bootstrap."""
    assert archive.read_archive(tmp_path) == Archive()


def test_a_stable_suite_has_updates_and_security() -> None:
    """A rolling one has neither."""
    assert [release for _, release in Archive().releases("bookworm")] == [
        "bookworm",
        "bookworm-updates",
        "bookworm-security",
    ]
    assert Archive().lines("sid") == ("deb http://deb.debian.org/debian sid main",)


def test_the_image_gets_the_same_sources() -> None:
    """In the format of today's Debian."""
    assert Archive().sources("bookworm") == (
        "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
        "\n"
        "Types: deb\nURIs: http://deb.debian.org/debian-security\nSuites: bookworm-security\n"
        "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    )


def test_the_date_of_a_release_is_read() -> None:
    """It dates everything in the image."""
    text = "Origin: Debian\nDate: Sat, 21 Nov 2026 02:10:46 UTC\n"
    assert archive.release_date(text, "x") == datetime(2026, 11, 21, 2, 10, 46, tzinfo=UTC)
    with pytest.raises(BuildError, match="has no date"):
        archive.release_date("<html>", "x")


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ('Acquire::http::Proxy "http://proxy:3128";', True),
        ('Acquire::Check-Valid-Until "false";', True),
        ('Acquire::http::Proxy "";', False),
        ('Acquire::Languages "de";', False),
        ('APT::Architecture "amd64";', False),
    ],
)
def test_only_how_to_reach_the_archive_is_taken_over(line: str, taken: bool) -> None:
    """What else is set on this machine shall not show in an image."""
    assert archive.is_reach_option(line) is taken


RECIPE = Recipe(Bootstrap(packages=("ca-certificates", "python3")), Archive(), "amd64", {"a": b"1"})


def test_everything_in_a_recipe_decides() -> None:
    """Mirror, authorities, packages and architecture."""
    keys = {
        RECIPE.key(),
        Recipe(Bootstrap(), Archive(), "amd64", {"a": b"1"}).key(),
        Recipe(RECIPE.bootstrap, Archive(mirror="http://x/debian"), "amd64", {"a": b"1"}).key(),
        Recipe(RECIPE.bootstrap, Archive(), "arm64", {"a": b"1"}).key(),
        Recipe(RECIPE.bootstrap, Archive(), "amd64", {"a": b"2"}).key(),
    }
    assert len(keys) == 5


def test_the_command_line_of_mmdebstrap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Written out."""
    monkeypatch.setattr(mmdebstrap, "reach_options", lambda: ('Acquire::Retries "3";',))
    found = mmdebstrap.argv(RECIPE, Path("/t"), Path("/s.list"), Path("/sk"), Path("/p"))
    assert found[0] == "mmdebstrap"
    assert found[-3:] == ["bookworm", "/t", "/s.list"]
    assert "--variant=apt" in found
    assert "--include=ca-certificates,python3" in found
    assert '--aptopt=Acquire::Retries "3"' in found
    assert not any(word.startswith("--dpkgopt") for word in found)


def test_the_skeleton_is_merged_and_trusts_the_authorities(tmp_path: Path) -> None:
    """Before the first package is there."""
    mmdebstrap.stage_skeleton(tmp_path, RECIPE)
    assert (tmp_path / "lib64").readlink() == Path("usr/lib64")
    assert (tmp_path / "usr/local/share/ca-certificates/a").read_bytes() == b"1"
    assert "usrmerge" in (tmp_path / "etc/apt/preferences.d/airchain").read_text()


def test_authorities_are_certificates_only(tmp_path: Path) -> None:
    """By name, sorted; none where the folder is missing."""
    (tmp_path / "b.crt").write_bytes(b"B")
    (tmp_path / "a.crt").write_bytes(b"A")
    (tmp_path / "readme").write_bytes(b"")
    assert list(mmdebstrap.read_authorities(tmp_path)) == ["a.crt", "b.crt"]
    assert mmdebstrap.read_authorities(tmp_path / "missing") == {}


def test_a_full_disk_is_not_blamed_on_the_archive() -> None:
    """mmdebstrap says so in the words of the C library."""
    output = "cp: error writing 'x': No space left on device\nE: setup failed"
    assert "disk of /work is full" in mmdebstrap.hint(output, Path("/work"))
    assert "spelled right" in mmdebstrap.hint("E: Unable to locate package", Path("/work"))


def test_mmdebstraps_stages_are_shown() -> None:
    """And its chatter is not."""
    assert mmdebstrap.stage("I: extracting archives...") == "extracting archives"
    assert mmdebstrap.stage("I: automatically chosen mode: root") is None
    assert mmdebstrap.stage("Get:1 http://") is None


def test_a_misspelt_package_is_named() -> None:
    """Instead of mmdebstrap's log."""
    said = "Reading package lists...\nE: Unable to locate package pyhton3\nE: apt failed"
    error = mmdebstrap.failure(
        Bootstrap(packages=("pyhton3",)), Result(("m",), 25, said, ""), Path("/work")
    )
    assert str(error) == "bootstrap.packages: no package named pyhton3 in bookworm"
    assert error.detail is None


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("E: Failed to fetch x 404  Not Found [IP: 1.2.3.4 80]", "there is no suite nosuch at U"),
        ("E: Could not resolve 'x'", "the Debian archive does not answer: U/dists/nosuch/Release"),
    ],
)
def test_a_suite_that_there_is_not(said: str, message: str) -> None:
    """It is told from an archive that cannot be reached."""
    assert archive.unreachable("U/dists/nosuch/Release", said).message == message
