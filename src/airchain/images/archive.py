"""The Debian archive as this machine reaches it: mirror, components, age.

Read from apt's own configuration, so that whatever makes `apt-get update` work
here makes a bootstrap work too.
"""

from __future__ import annotations

import platform
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from airchain.errors import BuildError, RunError
from airchain.run import run

DEFAULT_MIRROR = "http://deb.debian.org/debian"
DEFAULT_SECURITY = "http://deb.debian.org/debian-security"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# They have neither updates nor security repositories of their own.
_ROLLING = {"sid", "unstable", "experimental", "rc-buggy"}
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_ORDER = ("main", "contrib", "non-free", "non-free-firmware")
# What decides how the archive is reached; everything else of apt's settings stays here.
_REACH = ("acquire::http", "acquire::https", "acquire::ftp", "acquire::check-", "acquire::retries")


@dataclass(frozen=True)
class Archive:
    """Where packages come from. `components` are in Debian's usual order."""

    mirror: str = DEFAULT_MIRROR
    security: str = DEFAULT_SECURITY
    components: tuple[str, ...] = ("main",)

    def releases(self, suite: str) -> tuple[tuple[str, str], ...]:
        """`(URI, suite)` of every repository that a system of `suite` uses."""
        base = ((self.mirror, suite),)
        if suite in _ROLLING:
            return base
        return (
            *base,
            (self.mirror, f"{suite}-updates"),
            (self.security, f"{suite}-security"),
        )

    def lines(self, suite: str) -> tuple[str, ...]:
        """One-line entries as mmdebstrap takes them."""
        parts = " ".join(self.components)
        return tuple(f"deb {uri} {release} {parts}" for uri, release in self.releases(suite))

    def sources(self, suite: str) -> str:
        """The text of `debian.sources` inside an image."""
        by_uri: dict[str, list[str]] = {}
        for uri, release in self.releases(suite):
            by_uri.setdefault(uri, []).append(release)
        return "\n".join(
            f"Types: deb\nURIs: {uri}\nSuites: {' '.join(releases)}\n"
            f"Components: {' '.join(self.components)}\nSigned-By: {KEYRING}\n"
            for uri, releases in by_uri.items()
        )


@dataclass(frozen=True)
class Entry:
    """A repository that apt is told of."""

    uri: str
    components: tuple[str, ...]


def read_archive(apt: Path = Path("/etc/apt")) -> Archive:
    """The archive that this machine's apt uses; Debian's own where it uses none."""
    entries: list[Entry] = []
    for path in (apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))):
        if not path.is_file():
            continue
        text = path.read_text(errors="replace")
        entries += parse_sources(text) if path.suffix == ".sources" else parse_list(text)
    return choose_archive(entries)


def choose_archive(entries: Iterable[Entry]) -> Archive:
    """The Debian repositories among all that apt is told of; the first of a kind counts."""
    found: dict[str, str] = {}
    components: set[str] = set()
    for entry in entries:
        parts = urlsplit(entry.uri)
        kind = parts.path.rstrip("/").rpartition("/")[2]
        if parts.scheme in ("http", "https") and kind in ("debian", "debian-security"):
            found.setdefault(kind, entry.uri.rstrip("/"))
            components.update(entry.components)
    return Archive(
        mirror=found.get("debian", DEFAULT_MIRROR),
        security=found.get("debian-security", DEFAULT_SECURITY),
        components=tuple(c for c in _ORDER if c in components) or ("main",),
    )


def parse_list(text: str) -> Iterator[Entry]:
    """The entries of a `sources.list` file: `deb [options] URI SUITE COMPONENT…`."""
    for line in text.splitlines():
        bare = re.sub(r"\[[^\]]*\]", "", line.partition("#")[0])
        words = bare.split()
        if len(words) >= 3 and words[0] == "deb":
            yield Entry(words[1], tuple(words[3:]))


def parse_sources(text: str) -> Iterator[Entry]:
    """The entries of a `.sources` file (deb822: paragraphs of `Field: value`)."""
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [line for line in paragraph.splitlines() if not line.startswith("#")]
        joined = re.sub(r"\n\s+", " ", "\n".join(lines))
        fields = {
            name.strip().lower(): value.split()
            for name, colon, value in (line.partition(":") for line in joined.splitlines())
            if colon
        }
        if "deb" in fields.get("types", ()) and fields.get("enabled") != ["no"]:
            for uri in fields.get("uris", ()):
                yield Entry(uri, tuple(fields.get("components", ())))


def reach_options() -> tuple[str, ...]:
    """Settings of the machine's apt for proxies, certificates and dates, as `NAME "VALUE";`."""
    if not shutil.which("apt-config"):
        return ()
    dump = run(["apt-config", "dump"], timeout=30, check=False).stdout
    return tuple(line for line in dump.splitlines() if is_reach_option(line))


def is_reach_option(line: str) -> bool:
    """Whether a line of `apt-config dump` says how to reach the archive."""
    return line.lower().startswith(_REACH) and not line.endswith('"";')


def newest_release(archive: Archive, suite: str) -> datetime:
    """When the archive's repositories for `suite` changed last, by their Release files."""
    dates = []
    with TemporaryDirectory(prefix="airchain-release-") as folder:
        for number, (uri, release) in enumerate(archive.releases(suite)):
            target = Path(folder) / str(number)
            source = f"{uri}/dists/{release}/Release"
            _fetch(source, target)
            dates.append(release_date(target.read_text(errors="replace"), source))
    return max(dates)


def release_date(text: str, where: str) -> datetime:
    """The `Date` field of a Release file."""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name == "Date":
            return parsedate_to_datetime(value.strip().replace("UTC", "+0000")).astimezone(UTC)
    raise BuildError("the Release file has no date", where=where)


def architecture() -> str:
    """The machine's architecture as images name it: `amd64`, `arm64`."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def _fetch(source: str, target: Path) -> None:
    try:
        run(["/usr/lib/apt/apt-helper", "download-file", source, target], timeout=120)
    except RunError as error:
        raise unreachable(source, error.detail or "") from error


def unreachable(source: str, said: str) -> BuildError:
    """The error for a Release file that could not be had, by what apt said."""
    if re.search(r"\b404 +Not Found", said):
        uri, _, rest = source.partition("/dists/")
        return BuildError(
            f"there is no suite {rest.removesuffix('/Release')} at {uri}",
            hint="is the image's `bootstrap: {suite: …}` spelled right, such as bookworm?",
        )
    return BuildError(
        f"the Debian archive does not answer: {source}",
        hint="does `apt-get update` work on this machine?",
        detail=said or None,
    )
