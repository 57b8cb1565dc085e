"""Images straight from the Debian archive, the same bytes from the same inputs.

mmdebstrap makes the root, `rootfs` makes a layer and an image of it, and the
engine loads that. Variants:

minbase     Debian's essential packages and apt, for images that others start from
essential   Debian's essential packages only
custom      only the packages that are named and what they depend on; their
            maintainer scripts do not run, so there may be no shell, no dpkg
            and no user but root and nobody
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from airchain import machine
from airchain.errors import BuildError
from airchain.images import rootfs
from airchain.images.archive import (
    Archive,
    architecture,
    newest_release,
    reach_options,
    read_archive,
)
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.progress import Progress, Step
from airchain.run import run, stream
from airchain.spec.model import Bootstrap

TIMEOUT = 1800.0
LOCAL_AUTHORITIES = Path("/usr/local/share/ca-certificates")
MEMORY = Path("/dev/shm")  # noqa: S108 - used where it is large, and only below a folder of our own
# A root, its packages and the tar of it; the largest that we make are half of that.
WORKSPACE = 3 << 30
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


def make(
    recipe: Recipe,
    name: str,
    *,
    tags: Sequence[str],
    labels: Mapping[str, str],
    engine: Engine,
    home: Home,
    progress: Progress,
) -> str:
    """Make the image, load it into the engine under `tags` and return its ID.

    Raises `BuildError` with the end of mmdebstrap's output.
    """
    machine.ensure(("bootstrap",), progress)
    with progress.step(f"bootstrap {name}") as step, _alone(home), _workspace(home) as work:
        created = newest_release(recipe.archive, recipe.bootstrap.suite)
        root = work / "root.tar"
        _mmdebstrap(recipe, root, work, _packages(home, recipe), created, step)
        step.note("trim")
        layer_file = work / "layer.tar"
        with root.open("rb") as source, layer_file.open("wb") as target:
            layer = rootfs.write_layer(
                source,
                target,
                created=created,
                sources=recipe.archive.sources(recipe.bootstrap.suite),
                authorities=b"".join(recipe.authorities.values()),
            )
        root.unlink()
        config = rootfs.configuration(
            layer,
            created=created,
            architecture=recipe.architecture,
            labels={**labels, "org.opencontainers.image.created": f"{created:%Y-%m-%dT%H:%M:%SZ}"},
        )
        image = work / "image.tar"
        with image.open("wb") as target:
            identity = rootfs.write_image(target, layer_file, config, tuple(tags))
        layer_file.unlink()
        step.note(f"load {layer.size / 1e6:.0f} MB")
        _load(engine, image)
        return identity


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


def _mmdebstrap(
    recipe: Recipe, target: Path, work: Path, packages: Path, created: datetime, step: Step
) -> None:
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
        raise BuildError(
            f"mmdebstrap failed with exit status {result.returncode}",
            where=f"{recipe.bootstrap.suite} {' '.join(recipe.bootstrap.packages)}".strip(),
            hint="is every package spelled right? does `apt-get update` work on this machine?",
            detail="\n".join(result.stdout.splitlines()[-50:]),
        )


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
    folder = shlex.quote(str(packages))
    return (
        f"rm -rf {folder} && mkdir -p {folder} && "
        f'find "$1/var/cache/apt/archives" -name "*.deb" -exec cp -p -t {folder} {{}} +'
    )


def _packages(home: Home, recipe: Recipe) -> Path:
    """Where the downloaded packages of this recipe are kept for its next run."""
    folder = home.builds / "packages" / recipe.key()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _load(engine: Engine, image: Path) -> None:
    run(
        [engine.cli, "load", "--quiet", "--input", image],
        env=engine.env(),
        timeout=TIMEOUT,
    )


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """One bootstrap at a time: they would only take each other's processor and packages."""
    home.builds.mkdir(parents=True, exist_ok=True)
    with (home.builds / "bootstrap.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _workspace(home: Home) -> Iterator[Path]:
    """A folder for the root, in memory where there is plenty: dpkg syncs every file it writes.

    Its name is always the same, so that what a killed run left is removed.
    """
    roomy = machine.is_root() and _free_memory() > 2 * WORKSPACE and _free(MEMORY) > WORKSPACE
    name = "airchain-bootstrap-" + hashlib.sha256(str(home.root).encode()).hexdigest()[:8]
    folder = (MEMORY if roomy else home.builds) / name
    shutil.rmtree(folder, ignore_errors=True)
    # mmdebstrap's sandboxed children look into it as another user.
    folder.mkdir(mode=0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def _free_memory() -> int:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
