"""Run mmdebstrap: what it is given, and what it says."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from airchain import machine
from airchain.errors import BuildError
from airchain.images import rootfs
from airchain.images.archive import Archive, architecture, reach_options, read_archive
from airchain.progress import Step
from airchain.run import Result, stream
from airchain.spec.model import Bootstrap

TIMEOUT = 1800.0
LOCAL_AUTHORITIES = Path("/usr/local/share/ca-certificates")
_VARIANTS = {"minbase": "apt", "essential": "essential", "custom": "extract"}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a bootstrap gives, beside the archive's own state."""

    bootstrap: Bootstrap
    archive: Archive
    architecture: str
    authorities: Mapping[str, bytes]

    def key(self) -> str:
        """A hash of the recipe, for caches."""
        parts = {
            "bootstrap": self.bootstrap.model_dump(mode="json"),
            "sources": self.archive.lines(self.bootstrap.suite),
            "architecture": self.architecture,
            "authorities": {
                name: hashlib.sha256(data).hexdigest() for name, data in self.authorities.items()
            },
            "dpkg": rootfs.DPKG_CONFIGURATION,
            "apt": rootfs.APT_CONFIGURATION,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_recipe(bootstrap: Bootstrap) -> Recipe:
    """The recipe on this machine: its mirror, and the authorities it trusts beside Debian's."""
    wanted = "ca-certificates" in bootstrap.packages
    return Recipe(bootstrap, read_archive(), architecture(), read_authorities() if wanted else {})


def read_authorities(folder: Path = LOCAL_AUTHORITIES) -> Mapping[str, bytes]:
    """The certificate authorities that were added to this machine, by file name."""
    if not folder.is_dir():
        return {}
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.crt"))}


def argv(recipe: Recipe, target: Path, sources: Path, skeleton: Path, packages: Path) -> list[str]:
    """The command line of mmdebstrap."""
    bootstrap = recipe.bootstrap
    options = [
        f"--variant={_VARIANTS[bootstrap.variant]}",
        f"--architectures={recipe.architecture}",
        "--format=tar",
        "--skip=essential/unlink",
        f"--setup-hook={_setup(skeleton, packages)}",
        f"--customize-hook={_keep_packages(packages)}",
        '--aptopt=Acquire::Languages "none"',
        '--aptopt=APT::Install-Recommends "false"',
        *(f"--aptopt={option.rstrip(';')}" for option in reach_options()),
    ]
    if bootstrap.packages:
        options.append(f"--include={','.join(bootstrap.packages)}")
    return ["mmdebstrap", *options, bootstrap.suite, str(target), str(sources)]


def stage_skeleton(folder: Path, recipe: Recipe) -> None:
    """Write what the root holds before any package is there.

    The merged /usr as links, so that the package `usrmerge`, which brings all
    of perl, is not needed; and the authorities, so that the scripts of
    `ca-certificates` find them.
    """
    merged = ["bin", "sbin", "lib"]
    if recipe.architecture == "amd64":
        merged.append("lib64")
    for name in merged:
        (folder / "usr" / name).mkdir(parents=True)
        (folder / name).symlink_to(f"usr/{name}")
    preferences = folder / "etc/apt/preferences.d/airchain"
    preferences.parent.mkdir(parents=True)
    preferences.write_text("Package: usrmerge\nPin: release *\nPin-Priority: -1\n")
    # Not as options of mmdebstrap: it would start a filter in Python for every package.
    dpkg = folder / rootfs.DPKG_PATH
    dpkg.parent.mkdir(parents=True)
    dpkg.write_text(rootfs.DPKG_CONFIGURATION)
    if recipe.authorities:
        local = folder / str(LOCAL_AUTHORITIES).lstrip("/")
        local.mkdir(parents=True)
        for name, data in recipe.authorities.items():
            (local / name).write_bytes(data)


def stage(line: str) -> str | None:
    """What a line of mmdebstrap's output tells a person who waits; None where nothing."""
    text = line.removeprefix("I: ")
    told = ("running apt-get", "downloading", "extracting", "installing", "creating")
    return text.rstrip(".") if text != line and text.startswith(told) else None


def make_root(
    recipe: Recipe, target: Path, work: Path, packages: Path, created: datetime, step: Step
) -> None:
    """Write the root as a tar to `target`; raises `BuildError` with the end of the output."""
    skeleton = work / "skeleton"
    stage_skeleton(skeleton, recipe)
    sources = work / "airchain.list"
    sources.write_text("\n".join(recipe.archive.lines(recipe.bootstrap.suite)) + "\n")
    result = stream(
        [*_polite(), *argv(recipe, target, sources, skeleton, packages)],
        lambda line: step.note(note) if (note := stage(line)) else None,
        env={
            "SOURCE_DATE_EPOCH": str(int(created.timestamp())),
            "TMPDIR": str(work),
            "LC_ALL": "C.UTF-8",
        },
        timeout=TIMEOUT,
    )
    if result.returncode != 0:
        raise failure(recipe.bootstrap, result, work)


def failure(bootstrap: Bootstrap, result: Result, work: Path) -> BuildError:
    """The error for a run that failed: the packages that there are not, else the log's end."""
    unknown = dict.fromkeys(re.findall(r"^E: Unable to locate package (\S+)", result.stdout, re.M))
    if unknown:
        return BuildError(
            f"no package named {', '.join(unknown)} in {bootstrap.suite}",
            where="bootstrap.packages",
            hint="is it spelled right? `apt-cache search WORD` finds packages",
        )
    return BuildError(
        f"mmdebstrap failed with exit status {result.returncode}",
        where=f"{bootstrap.suite} {' '.join(bootstrap.packages)}".strip(),
        hint=hint(result.stdout, work),
        detail="\n".join(result.stdout.splitlines()[-50:]),
    )


def hint(output: str, work: Path) -> str:
    """What to do about a failure, by what mmdebstrap printed."""
    if "No space left on device" in output:
        return f"the disk of {work} is full: free some space, then run this again"
    return "is every package spelled right? does `apt-get update` work on this machine?"


def _polite() -> list[str]:
    """Give way to whatever serves; as root, keep every mount out of the machine's own view.

    So a killed mmdebstrap leaves no mount in the folder that is removed afterwards.
    """
    nice = ["nice", "-n", "10"]
    return [*nice, "unshare", "--mount", "--propagation=private"] if machine.is_root() else nice


def _setup(skeleton: Path, packages: Path) -> str:
    return (
        f'cp -R {shlex.quote(str(skeleton))}/. "$1" && '
        'mkdir -p "$1/var/cache/apt/archives" && '
        f'find {shlex.quote(str(packages))} -name "*.deb" '
        '-exec cp -p -t "$1/var/cache/apt/archives" {} +'
    )


def _keep_packages(packages: Path) -> str:
    return (
        'find "$1/var/cache/apt/archives" -name "*.deb" '
        f"-exec cp -p -u -t {shlex.quote(str(packages))} {{}} +"
    )
