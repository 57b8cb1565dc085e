"""What every command is given: places, output and, when asked for, the product.

def build(ctx: typer.Context) -> None:
    context = Context.of(ctx)
    context.product.images
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from airchain.paths import Home

if TYPE_CHECKING:
    import typer

    from airchain.cli.output import Output
    from airchain.release.keys import Keys
    from airchain.release.scope import Scope
    from airchain.spec.model import Environment, Product
    from airchain.store import Store


@dataclass(frozen=True)
class Context:
    """`folder` is where airchain.yaml stands; nothing is read before it is needed."""

    home: Home
    output: Output
    folder: Path
    debug: bool = False

    @classmethod
    def of(cls, ctx: typer.Context) -> Context:
        """The context that `airchain` made for this run."""
        context = ctx.find_object(cls)
        if context is None:
            raise RuntimeError("a command ran outside of airchain.cli.main")
        return context

    @cached_property
    def product(self) -> Product:
        """The specification, read and checked; raises `SpecError`."""
        from airchain.errors import SpecError
        from airchain.spec.load import load

        if not self.folder.is_dir():
            what = "is not a folder" if self.folder.exists() else "there is no such folder"
            hint = "-C names the folder that holds airchain.yaml"
            raise SpecError(what, where=str(self.folder), hint=hint)
        return load(self.folder)

    @cached_property
    def store(self) -> Store:
        """The product's store."""
        from airchain.store.place import open_store

        return open_store(self.product.store, self.home.store)

    def scope(self, environment: str) -> Scope:
        """An environment of the product, as releases are brought to it."""
        from airchain.release.scope import Scope

        return Scope(self.store, self.product.product, environment, self.keys)

    @cached_property
    def keys(self) -> Keys:
        """The product's keys on this machine."""
        from airchain.release.keys import Keys

        return Keys(self.home, self.store, self.product.product)

    def environment(self, name: str) -> Environment:
        """The environment `name` of the product; raises `SpecError` with those there are."""
        from airchain.errors import SpecError

        found = self.product.environments.get(name)
        if found is None:
            known = ", ".join(self.product.environments)
            raise SpecError(
                f"there is no environment {name!r}", where="environments", hint=f"known: {known}"
            )
        return found
