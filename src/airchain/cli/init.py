"""`airchain init`: write the hello example as a first product."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from airchain.cli.context import Context
from airchain.errors import AirchainError

SPECIFICATION = "airchain.yaml"
_SKIPPED = ("__pycache__",)


def init(
    ctx: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Where to write; made if missing.")
    ] = None,
) -> None:
    """Write a first product to begin from: one web service, two environments."""
    context = Context.of(ctx)
    target = context.folder / (folder or "")
    written = write(template(), target)
    product = rename(target / SPECIFICATION, target.resolve().name)
    names = [str(path.relative_to(target)) for path in written]
    at = "" if folder is None else f" -C {folder}"

    def human() -> None:
        for name in names:
            context.output.print(f"wrote {target / name}")
        context.output.print(f"the product is named {product}")
        context.output.print(f"next: airchain{at} spec check, then airchain{at} up dev")

    context.output.result({"folder": target, "files": names, "product": product}, human)


def rename(file: Path, name: str) -> str:
    """Name the example's product after its folder where that is a name; returns the product's."""
    from airchain.spec.rules import RESERVED_PRODUCTS
    from airchain.spec.wording import is_name

    given = template().name
    if not is_name(name) or name in RESERVED_PRODUCTS:
        return given
    file.write_text(file.read_text().replace(f"product: {given}\n", f"product: {name}\n", 1))
    return name


def template() -> Path:
    """The example's folder: inside the installed package, else in the source tree."""
    packaged = Path(__file__).parent / "templates" / "hello"
    if packaged.is_dir():
        return packaged
    return Path(__file__).parents[3] / "examples" / "hello"


def write(source: Path, target: Path) -> list[Path]:
    """Copy the files of `source` below `target`, or nothing at all where one exists.

    Returns the paths that were written; raises `AirchainError` naming those in the way.
    """
    files = {
        path: target / path.relative_to(source)
        for path in sorted(source.rglob("*"))
        if path.is_file() and not set(_SKIPPED) & set(path.parts)
    }
    taken = [str(copy) for copy in files.values() if copy.exists()]
    if taken:
        raise AirchainError(
            f"{'a file is' if len(taken) == 1 else 'files are'} there already, nothing was written",
            where=str(target),
            hint="name an empty folder: airchain init DIR",
            detail="\n".join(taken),
        )
    try:
        for path, copy in files.items():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    except OSError as error:
        raise AirchainError(f"cannot write: {error}", where=str(target)) from error
    return list(files.values())
