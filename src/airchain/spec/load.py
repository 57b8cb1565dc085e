"""From airchain.yaml to a checked `Product`: reads files, then asks the pure parts.

read    the file and its overlays, the Dockerfiles it names
decide  shape of each item, rules between them, secrets written down
trace   every finding back to file, line and field
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from airchain.errors import Problem, SpecError
from airchain.spec import rules, written_secrets
from airchain.spec.document import Document, kind, read
from airchain.spec.image_rules import dockerfile_images
from airchain.spec.model import Environment, Product
from airchain.spec.overlay import SHARED, Layer, locate, merge
from airchain.spec.shape import Draft, Shape
from airchain.spec.wording import Finding

NAME = "airchain.yaml"


@dataclass(frozen=True)
class Source:
    """The files of a specification, as read."""

    folder: Path
    main: Document
    overlays: Mapping[str, Document]

    @property
    def base(self) -> tuple[Layer, ...]:
        """The layer that the product itself is in."""
        return (Layer(self.main),)

    def layers(self, environment: str) -> tuple[Layer, ...]:
        """What an environment is made of, strongest first."""
        found = [Layer(self.main, ("environments", environment)), Layer(self.main, (), SHARED)]
        overlay = self.overlays.get(environment)
        return tuple(found if overlay is None else [Layer(overlay), *found])


def load(path: Path) -> Product:
    """The product that `path` describes: an airchain.yaml, or the folder that holds one.

    Raises `SpecError` with every problem of all its files.
    """
    source = read_source(path)
    documents = (source.main, *source.overlays.values())
    broken = [problem for document in documents for problem in document.problems]
    if not source.main.data:
        raise SpecError.of(broken)
    draft, problems = check(source)
    if problems := unique([*broken, *problems]):
        raise SpecError.of(problems)
    return finish(draft)


def read_source(path: Path) -> Source:
    """Read the file and the overlays beside it."""
    file = path / NAME if path.is_dir() else path
    main = read(
        file,
        hint="`airchain init` writes one to begin from; `airchain -C DIR` looks in another folder",
    )
    overlays = {}
    for beside in sorted(file.parent.glob(f"{file.stem}.*{file.suffix}")):
        environment = beside.name[len(file.stem) + 1 : -len(file.suffix)]
        overlays[environment] = read(beside)
    return Source(file.parent, main, overlays)


def check(source: Source) -> tuple[Draft, list[Problem]]:
    """Everything that is wrong, and the items that are not."""
    data = Layer(source.main).data
    shape = Shape(data)
    draft = shape.product()
    problems = trace(shape.findings, source.base)
    environments = {}
    for name in _environments(source, problems):
        layers = source.layers(name)
        merged: dict[str, Any] = {}
        for layer in reversed(layers):
            merged = merge(merged, layer.data)
        part = Shape(merged)
        environments[name] = part.environment()
        found = [*part.findings, *rules.check_environment(draft, environments[name])]
        problems += trace(found, layers)
    draft = replace(draft, environments=environments)
    dockerfiles, missing = read_dockerfiles(draft, source.folder)
    for finding in [*missing, *rules.check(draft, dockerfiles)]:
        problems += trace_in(source, finding)
    for document in (source.main, *source.overlays.values()):
        layer = Layer(document)
        problems += trace(list(written_secrets.find(layer.data)), (layer,))
    return draft, problems


def read_dockerfiles(draft: Draft, folder: Path) -> tuple[dict[str, str], list[Finding]]:
    """The text of each image's Dockerfile, and what is not there."""
    texts: dict[str, str] = {}
    missing: list[Finding] = []
    for name, image in dockerfile_images(draft).items():
        assert image.build is not None
        context = folder / image.build
        try:
            texts[name] = (context / image.dockerfile).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            if not context.is_dir():
                what, where = f"there is no folder {image.build}", "build"
            elif isinstance(error, FileNotFoundError):
                what, where = f"there is no {image.build}/{image.dockerfile}", "dockerfile"
            else:
                what, where = f"{image.build}/{image.dockerfile} cannot be read", "dockerfile"
            missing.append(Finding(("images", name, where), what))
    return texts, missing


def trace(findings: Sequence[Finding], layers: Sequence[Layer]) -> list[Problem]:
    """The findings with the file, line and field that wrote what they are about."""
    problems = []
    for finding in findings:
        place = locate(layers, finding.path)
        problems.append(Problem(place.file, place.line, place.field, finding.message, finding.hint))
    return problems


def trace_in(source: Source, finding: Finding) -> list[Problem]:
    """As `trace`, for a path from the product's root that may lead into an environment."""
    path = finding.path
    if len(path) > 2 and path[0] == "environments":
        return trace([replace(finding, path=path[2:])], source.layers(str(path[1])))
    return trace([finding], source.base)


def unique(problems: Sequence[Problem]) -> list[Problem]:
    """Each problem once, in the order of files and lines.

    What the product says for all environments is found wrong in each of them.
    """
    files = list(dict.fromkeys(p.file for p in problems))
    return sorted(
        dict.fromkeys(problems), key=lambda p: (files.index(p.file), p.line or 0, p.field)
    )


def finish(draft: Draft) -> Product:
    """The product of a draft in which nothing is wrong."""
    assert draft.product is not None
    assert draft.registry is not None
    return Product(
        product=draft.product,
        registry=draft.registry,
        store=draft.store or Product.model_fields["store"].default,
        sizes=draft.sizes,
        secrets=draft.secrets,
        images=draft.images,
        environments={
            name: Environment(
                services=part.services,
                backing=part.backing,
                files=part.files,
                routes=tuple(part.routes.values()),
                fleets=part.fleets,
                edge=part.edge or Environment.model_fields["edge"].default,
                deploy=part.deploy or Environment.model_fields["deploy"].default,
            )
            for name, part in draft.environments.items()
        },
    )


def _environments(source: Source, problems: list[Problem]) -> list[str]:
    """Names of the environments; adds what is wrong with the section itself."""
    main, path = source.main, ("environments",)
    section = main.data.get("environments")
    if not isinstance(section, Mapping) or not section:
        wrong = (
            "is required: at least one"
            if not section
            else f"must be a mapping, got {kind(section)}"
        )
        problems += trace([Finding(path, wrong, "such as `environments: {dev: {…}}`")], source.base)
        return []
    names = []
    for name, part in section.items():
        if part is None or isinstance(part, Mapping):
            names.append(name)
        else:
            wrong = f"must be a mapping, got {kind(part)}"
            problems += trace([Finding((*path, name), wrong)], source.base)
    for name, overlay in source.overlays.items():
        if name not in section:
            known = f"known: {', '.join(section)}"
            problems.append(
                Problem(
                    overlay.file, 1, "", f"there is no environment {name} in {main.file}", known
                )
            )
    return names
