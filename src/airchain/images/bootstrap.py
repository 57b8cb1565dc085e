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
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
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
KEEP_PACKAGES = 60 * 86_400
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
    repository: str,
    key: str,
    engine: Engine,
    home: Home,
    progress: Progress,
) -> str:
    """Make the image, load it into the engine as `repository:key` and return its ID.

    Another product's image of the same `key` is taken where there is one.
    Raises `BuildError` with the end of mmdebstrap's output.
    """
    machine.ensure(("bootstrap",), progress)
    tag = f"{repository}:{key}"
    with progress.step(f"bootstrap {name}") as step, _alone(home):
        known = adopt(engine, repository, key)
        if known is not None:
            step.note("the same as another product's")
            return known
        with _workspace(home) as work:
            return _make(recipe, tag, work, engine, home, step)


def adopt(engine: Engine, repository: str, key: str) -> str | None:
    """Tag an image of any repository that has the tag `key`, and return its ID."""
    with closing(engine.client()) as client:
        for image in client.images.list():
            if any(reference.rpartition(":")[2] == key for reference in image.tags):
                image.tag(repository, key)
                return str(image.id)
    return None


def _make(recipe: Recipe, tag: str, work: Path, engine: Engine, home: Home, step: Step) -> str:
    suite = recipe.bootstrap.suite
    created = newest_release(recipe.archive, suite)
    root, layer_file, image = (work / name for name in ("root.tar", "layer.tar", "image.tar"))
    _mmdebstrap(recipe, root, work, _packages(home, recipe), created, step)
    step.note("trim")
    with root.open("rb") as source, layer_file.open("wb") as target:
        layer = rootfs.write_layer(
            source,
            target,
            created=created,
            sources=recipe.archive.sources(suite),
            authorities=b"".join(recipe.authorities.values()),
        )
    root.unlink()
    config = rootfs.configuration(layer, created=created, architecture=recipe.architecture)
    with image.open("wb") as target:
        identity = rootfs.write_image(target, layer_file, config, tag)
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
    return (
        'find "$1/var/cache/apt/archives" -name "*.deb" '
        f"-exec cp -p -u -t {shlex.quote(str(packages))} {{}} +"
    )


def _packages(home: Home, recipe: Recipe) -> Path:
    """Where downloaded packages are kept for the next run, those of two months at most."""
    folder = home.builds / "packages" / f"{recipe.bootstrap.suite}-{recipe.architecture}"
    folder.mkdir(parents=True, exist_ok=True)
    oldest = time.time() - KEEP_PACKAGES
    for package in folder.glob("*.deb"):
        # The time of modification is that of the archive.
        if package.stat().st_ctime < oldest:
            package.unlink()
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
