"""What Airchain needs of the machine that it runs on: the one list of Debian packages.

Root on Debian gets what is missing installed; anybody else gets one error
that names every missing package and the command that installs them.
`python -m airchain.machine run test` prepares a machine for both groups.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from airchain.errors import AirchainError, PreflightError
from airchain.locks import alone
from airchain.progress import Progress, Silent
from airchain.run import run

APT_TIMEOUT = 600.0
APT_LOCK = Path("/run/airchain-apt.lock")
# Such as the machine's own upgrades in the background.
WAIT_FOR_DPKG = ("-o", "DPkg::Lock::Timeout=120")


@dataclass(frozen=True)
class Package:
    """A Debian package, a file that shows it is there, and what it is needed for."""

    name: str
    shown_by: str
    purpose: str


PACKAGES = {
    "git": Package("git", "/usr/bin/git", "the commit a release is made from"),
    "engine": Package("docker.io", "/usr/sbin/dockerd", "a private Docker Engine"),
    "iproute": Package("iproute2", "/bin/ip", "the private engine's bridge"),
    "iptables": Package("iptables", "/usr/sbin/iptables", "the engine's networks"),
    "registry": Package("docker-registry", "/usr/bin/docker-registry", "the local registry"),
    "bootstrap": Package("mmdebstrap", "/usr/bin/mmdebstrap", "images from the Debian archive"),
    "faketime": Package("faketime", "/usr/bin/faketime", "the tests of a clock that is wrong"),
    "browser": Package(
        "chromium-headless-shell", "/usr/bin/chromium-headless-shell", "the end-to-end tests"
    ),
    "wrk": Package("wrk", "/usr/bin/wrk", "the benchmark of tv's answers"),
}
GROUPS = {
    "run": ("git", "registry", "bootstrap"),
    "test": ("git", "browser", "faketime"),
    "bench": ("wrk",),
}


def is_root() -> bool:
    """Whether we may install packages and change limits of the kernel."""
    return os.geteuid() == 0


def missing(needs: Iterable[str]) -> tuple[Package, ...]:
    """Those packages of `needs` (keys of `PACKAGES`) that are not installed."""
    packages = (PACKAGES[need] for need in needs)
    return tuple(
        p
        for p in packages
        if not (Path(p.shown_by).exists() or shutil.which(Path(p.shown_by).name))
    )


def ensure(needs: Iterable[str], progress: Progress) -> None:
    """Install what is missing where that is possible; raise `PreflightError` otherwise."""
    absent = missing(needs := tuple(needs))
    if not absent:
        return
    names = [p.name for p in absent]
    if not (is_root() and shutil.which("apt-get")):
        raise PreflightError(
            "missing: " + ", ".join(f"{p.name} (for {p.purpose})" for p in absent),
            hint=f"sudo apt-get install --no-install-recommends {' '.join(names)}",
        )
    # apt refuses a second run beside the first.
    with alone(APT_LOCK, other="another installation", timeout=APT_TIMEOUT, progress=progress):
        names = [p.name for p in missing(needs)]
        if names:
            with progress.step(f"install {', '.join(names)}"):
                _install(names)


def _install(names: Sequence[str]) -> None:
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        # Nothing to do, unless somebody was interrupted: apt would refuse to go on.
        ["dpkg", "--configure", "-a"],
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *WAIT_FOR_DPKG, *names],
    ):
        run(words, env=env, timeout=APT_TIMEOUT, hint="does `apt-get update` work here?")


def _main(groups: Sequence[str]) -> int:
    try:
        ensure([need for group in groups for need in GROUPS[group]], Silent())
    except AirchainError as error:
        sys.stderr.write(f"{error}\n{error.hint or ''}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(_main(sys.argv[1:]))
