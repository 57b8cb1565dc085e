"""The commands: they print, ask and exit."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from tv_client import device
from tv_client.api import Api, Title
from tv_client.errors import ClientError
from tv_client.http import Site
from tv_client.tokens import Store
from tv_client.watch import watch as play

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console()

Address = Annotated[str, typer.Option("--site", envvar="TV_SITE", help="The brand's address.")]
Tokens = Annotated[Path | None, typer.Option(help="Where tokens are kept.")]
ClientId = Annotated[str | None, typer.Option(help="Another client than the brand's own.")]


@app.callback()
def options(
    context: typer.Context,
    site: Address = "http://dramas.localhost:8080",
    tokens: Tokens = None,
    client_id: ClientId = None,
) -> None:
    """Watch a brand of the network from a terminal."""
    opened = context.with_resource(closing(Site(site)))
    context.obj = Api(opened, Store(tokens), client_id)


@app.command()
def login(context: typer.Context) -> None:
    """Sign in by a code that you type on another device."""
    api: Api = context.obj
    api.sign_in(show)
    account = api.account()
    out.print(f"Signed in as {escape(account.name or account.email)} ({account.tier}).")


def show(code: device.Code) -> None:
    """The code, large enough to be seen from the sofa."""
    lines = f"Open [bold]{code.verification_uri}[/] and type\n\n[bold]{code.user_code}[/]"
    out.print(Panel(lines, expand=False, padding=(1, 4)))


@app.command()
def logout(context: typer.Context) -> None:
    """Sign out: the tokens are worth nothing then."""
    api: Api = context.obj
    out.print("Signed out." if api.sign_out() else "You were not signed in.")


@app.command()
def home(context: typer.Context) -> None:
    """What the brand shows on its home page."""
    api: Api = context.obj
    brand = api.brand()
    out.print(f"[bold]{escape(brand.name)}[/]: {escape(brand.tagline)}")
    for row in api.home().rows:
        out.print(table(row.title, row.items[:6]))


@app.command()
def titles(
    context: typer.Context,
    genre: str | None = None,
    kind: str | None = None,
    country: str | None = None,
    most: int = 20,
) -> None:
    """All there is to watch, the most popular first."""
    api: Api = context.obj
    found = api.titles(genre=genre, kind=kind, country=country)
    out.print(table("", islice(found, most)))


@app.command()
def search(context: typer.Context, text: str) -> None:
    """Titles that answer to the text."""
    api: Api = context.obj
    out.print(table("", api.search(text)))


@app.command()
def title(context: typer.Context, slug: str) -> None:
    """A title with its episodes; `watch` takes their numbers in the first column."""
    api: Api = context.obj
    found = api.title(slug)
    out.print(f"[bold]{escape(found.title)}[/] ({found.year})\n{escape(found.synopsis)}")
    listed = Table("id", "", "episode", "min")
    for season in found.seasons:
        for part in season.episodes:
            code = f"{season.number}.{part.number}"
            listed.add_row(str(part.id), code, escape(part.title), str(round(part.duration / 60)))
    out.print(listed)


@app.command()
def watch(context: typer.Context, episode: int) -> None:
    """Fetch an episode's playlist and the segment to go on with, and report how far that is."""
    api: Api = context.obj
    seen = play(api, episode)
    out.print(
        f"{seen.duration:.0f} s in {', '.join(seen.renditions)}; "
        f"played {seen.position:.0f} s of it, {seen.segment:,} bytes"
    )
    if not seen.told:
        out.print("Not reported: where you left off is not known just now.")


@app.command("list")
def watch_list(context: typer.Context) -> None:
    """Your watch list."""
    api: Api = context.obj
    out.print(table("Watch list", api.watch_list()))


@app.command()
def add(context: typer.Context, slug: str) -> None:
    """Put a title on your watch list."""
    context.obj.keep(slug, listed=True)


@app.command()
def remove(context: typer.Context, slug: str) -> None:
    """Take a title off your watch list."""
    context.obj.keep(slug, listed=False)


def table(name: str, items: Iterable[Title]) -> Table:
    """Titles, one a line."""
    made = Table(title=escape(name) or None, title_justify="left")
    for column in ("slug", "title", "year", "genre", "from"):
        made.add_column(column, no_wrap=column == "slug")
    for item in items:
        made.add_row(item.slug, escape(item.title), str(item.year), item.genre, item.country)
    return made


def main() -> None:
    """The command, with errors as two lines and not as a traceback."""
    errors = Console(stderr=True)
    try:
        app()
    except ClientError as error:
        errors.print(f"[red]tv:[/] {escape(str(error))}", highlight=False)
        if error.hint and error.hint not in str(error):
            errors.print(f"    {escape(error.hint)}", highlight=False)
        raise SystemExit(1) from None
