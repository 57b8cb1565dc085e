"""Build one image, unless the same inputs have been built before.

An image has two local tags: `latest`, which Dockerfiles refer to, and the hash
of its inputs, by which it is found again, here or in the registry.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from airchain.errors import BuildError
from airchain.images import bootstrap, inputs, mmdebstrap, recipe, source
from airchain.images.archive import architecture
from airchain.images.engine import Engine, check_alive
from airchain.images.inputs import Context, Inputs
from airchain.images.recipe import Rewritten
from airchain.paths import Home
from airchain.progress import Progress
from airchain.registry.client import Client, Manifest
from airchain.run import failure as run_failure
from airchain.run import stream
from airchain.spec.model import Image, Product

TIMEOUT = 3600.0
PULL_TIMEOUT = 900.0
LATEST = "latest"
PROXIES = tuple(
    spelled
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY")
    for spelled in (name, name.lower())
)


@dataclass(frozen=True)
class Built:
    """An image that exists. `size` is unpacked, in bytes; None where it is not on this machine.

    `published` is its manifest where the registry has it already.
    """

    name: str
    image_id: str
    repository: str
    inputs: str
    size: int | None
    cached: bool
    published: Manifest | None = None

    @property
    def tag(self) -> str:
        """The reference that names exactly this image."""
        return f"{self.repository}:{self.inputs}"


@dataclass(frozen=True)
class Workshop:
    """What building needs to know beside the image itself."""

    product: Product
    folder: Path
    engine: Engine
    home: Home
    progress: Progress
    revision: str

    def build(self, name: str, parents: Mapping[str, Built]) -> Built:
        """The image `name`, found or made; raises `BuildError`."""
        image = self.product.images[name]
        wanted = self.inputs(name, {parent: built.image_id for parent, built in parents.items()})
        found = self.find(name, wanted.key)
        if found is None:
            for parent in parents.values():
                self.fetch(parent)
            make = self._dockerfile if image.bootstrap is None else self._bootstrap
            found = make(name, wanted)
        self.remember(name, wanted)
        return found

    def inputs(self, name: str, parents: Mapping[str, str]) -> Inputs:
        """What the image is made from now. `parents` are image IDs."""
        image = self.product.images[name]
        if image.bootstrap is not None:
            made_from = mmdebstrap.read_recipe(image.bootstrap)
            return inputs.bootstrap_inputs(image, made_from.key(), week=inputs.week())
        context = inputs.read_context(name, image, self.folder)
        return inputs.dockerfile_inputs(
            image, context, parents, platform=architecture(), week=inputs.week()
        )

    def changes(self, name: str, wanted: Inputs) -> tuple[str, ...]:
        """The names of inputs that differ from those of the last build; all are new at first."""
        try:
            before: Mapping[str, str] = json.loads(self._record(name).read_text())
        except (FileNotFoundError, ValueError):
            return ()
        return wanted.changes(before)

    def fetch(self, built: Built) -> Built:
        """The same image, on this machine and tagged `latest`."""
        if built.size is None:
            with self.progress.step(f"pull {built.name}"):
                words = [str(self.engine.cli), "pull", "--quiet", built.tag]
                result = stream(words, lambda _: None, env=self.engine.env(), timeout=PULL_TIMEOUT)
                if result.returncode != 0:
                    raise run_failure(result)
        size = self.tag(built.tag, built.repository)
        return replace(built, size=size)

    def tag(self, reference: str, repository: str, tag: str = LATEST) -> int:
        """Give the image `reference` a tag, and return its size in bytes."""
        with closing(self.engine.client()) as client:
            image = client.images.get(reference)
            image.tag(repository, tag)
            return int(image.attrs["Size"])

    def find(self, name: str, key: str) -> Built | None:
        """The image as it was built before, from the engine or else the registry."""
        from docker.errors import ImageNotFound

        repository = self.product.repository(name)
        with Client(self.product.registry.name) as registry:
            published = registry.manifest(f"{self.product.product}/{name}", key)
        with closing(self.engine.client()) as client:
            try:
                image = client.images.get(f"{repository}:{key}")
            except ImageNotFound:
                if published is None:
                    return None
                identity = published.config.digest
                return Built(
                    name, identity, repository, key, None, cached=True, published=published
                )
            image.tag(repository, LATEST)
        identity, size = str(image.id), int(image.attrs["Size"])
        if published is not None and published.config.digest != identity:
            published = None
        return Built(name, identity, repository, key, size, cached=True, published=published)

    def _bootstrap(self, name: str, wanted: Inputs) -> Built:
        repository, key = self.product.repository(name), wanted.key
        declared = self.product.images[name].bootstrap
        assert declared is not None
        identity = bootstrap.make(
            mmdebstrap.read_recipe(declared),
            name,
            repository=repository,
            key=key,
            engine=self.engine,
            home=self.home,
            progress=self.progress,
        )
        size = self.tag(f"{repository}:{key}", repository)
        return Built(name, identity, repository, key, size, cached=False)

    def _dockerfile(self, name: str, wanted: Inputs) -> Built:
        repository, key = self.product.repository(name), wanted.key
        image = self.product.images[name]
        context = inputs.read_context(name, image, self.folder)
        with (
            self.progress.step(f"build {name}") as step,
            self.staged(context) as (file, rewritten),
            TemporaryDirectory(prefix="airchain-id-") as folder,
        ):
            if changes := self.changes(name, wanted):
                step.note(f"changed: {summary(changes)}")
            identity_file = Path(folder) / "id"
            words = [
                *self.argv(image, context, file),
                *_labels(source.labels(context.folder, self.revision)),
                f"--iidfile={identity_file}",
                str(context.folder),
            ]

            said: set[str] = set()

            def show(line: str) -> None:
                # BuildKit repeats a stage's line each time it comes back to it.
                if (note := recipe.progress_note(line)) and note not in said:
                    said.add(note)
                    step.note(note)

            result = stream(words, show, env=self.engine.env(), timeout=TIMEOUT)
            if result.returncode != 0:
                check_alive(self.engine)
                raise failure(name, image, result.stdout.splitlines(), rewritten)
            identity = identity_file.read_text().strip()
            self._check_same(name, wanted)
        self.tag(identity, repository, key)
        size = self.tag(identity, repository)
        return Built(name, identity, repository, key, size, cached=False)

    def _check_same(self, name: str, wanted: Inputs) -> None:
        """Refuse an image of files that changed meanwhile: it is not what its tag would say."""
        parents = {
            part.removeprefix(inputs.PARENT): value
            for part, value in wanted.parts.items()
            if part.startswith(inputs.PARENT)
        }
        changes = self.inputs(name, parents).changes(wanted.parts)
        if changes:
            raise BuildError(
                f"files of image {name} changed while it was being built: {summary(changes)}",
                where=f"images.{name}",
                hint="run this again",
            )

    def _record(self, name: str) -> Path:
        return self.home.builds / "inputs" / self.product.product / f"{name}.json"

    def remember(self, name: str, built_from: Inputs) -> None:
        """Keep what the image was built from, for `changes`."""
        path = self._record(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dict(built_from.parts), indent=0, sort_keys=True))

    def argv(self, image: Image, context: Context, file: Path) -> list[str]:
        """The beginning of a `docker build` command line."""
        arguments = {"IMAGES": self.product.repository("").rstrip("/"), **image.args}
        if (changed := source.changed(context.folder)) is not None:
            arguments["SOURCE_DATE_EPOCH"] = str(changed)
        return [
            str(self.engine.cli),
            "build",
            "--progress=plain",
            f"--file={file}",
            *(f"--build-arg={name}={value}" for name, value in sorted(arguments.items())),
            # Predefined ones: in no image and no cache key. The value comes by the environment.
            *(f"--build-arg={name}" for name in PROXIES if os.environ.get(name)),
        ]

    @contextmanager
    def staged(self, context: Context) -> Iterator[tuple[Path, Rewritten]]:
        """The Dockerfile as BuildKit gets it, in a folder of its own, with its ignore file."""
        arguments = recipe.AUTHORITY_ARGUMENTS if mmdebstrap.read_authorities() else {}
        rewritten = recipe.with_arguments(context.text, arguments)
        with TemporaryDirectory(prefix="airchain-build-") as folder:
            file = Path(folder) / "Dockerfile"
            file.write_text(rewritten.text)
            if context.ignore_file is not None:
                ignore = file.with_name("Dockerfile.dockerignore")
                ignore.write_bytes(context.ignore_file.read_bytes())
            yield file, rewritten


def failure(name: str, image: Image, output: list[str], rewritten: Rewritten) -> BuildError:
    """The error for a build that failed, from what BuildKit printed."""
    found = recipe.explain(output, rewritten)
    place = f"{image.build}/{image.dockerfile}"
    return BuildError(
        f"image {name} could not be built" + (f": {found.step}" if found.step else ""),
        where=f"{place}:{found.line}" if found.line else place,
        hint=found.hint,
        detail="\n".join(found.log),
    )


def summary(changes: tuple[str, ...], most: int = 3) -> str:
    """The first few names, and how many there are beside them."""
    rest = len(changes) - most
    return ", ".join(changes[:most]) + (f" and {rest} more" if rest > 0 else "")


def _labels(labels: Mapping[str, str]) -> Iterator[str]:
    for name, value in sorted(labels.items()):
        yield f"--label={name}={value}"
