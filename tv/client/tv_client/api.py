"""The brand's API, as this client uses it: answers checked, tokens kept good."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict

from tv_client import device
from tv_client.errors import SignedOut
from tv_client.http import Answer, Site, checked, parsed
from tv_client.tokens import Store, Tokens


class Reply(BaseModel):
    """Part of an answer; what a newer site adds is passed over."""

    model_config = ConfigDict(frozen=True)


class Brand(Reply):
    """Whose site it is."""

    slug: str
    name: str
    tagline: str


class Title(Reply):
    """A series or film in a list."""

    slug: str
    kind: str
    title: str
    tagline: str
    year: int
    rating: str
    genre: str
    country: str


class Row(Reply):
    """A row of the home page."""

    title: str
    items: list[Title]


class Home(Reply):
    """The home page."""

    rows: list[Row]


class Episode(Reply):
    """What can be played."""

    id: int
    number: int
    title: str
    duration: int


class Season(Reply):
    """Episodes in order."""

    number: int
    episodes: list[Episode]


class TitleDetail(Title):
    """A series or film with all its parts."""

    synopsis: str
    seasons: list[Season]


class Titles(Reply):
    """A page of a list."""

    items: list[Title]
    next: str | None = None


class Result(Reply):
    """A title that was found."""

    title: Title


class Results(Reply):
    """What was found, the best first."""

    items: list[Result]


class Progress(Reply):
    """Where to ask and to report how far the viewer is."""

    url: str
    token: str


class Position(Reply):
    """How far the viewer was, in seconds."""

    position: float
    duration: float


class Playback(Reply):
    """What playing an episode takes."""

    playlist: str
    expires: datetime
    progress: Progress


class Account(Reply):
    """Who is signed in."""

    name: str
    email: str
    tier: str


class Api:
    """One brand's API, for a viewer or for anyone."""

    def __init__(
        self,
        site: Site,
        store: Store,
        client_id: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.site, self.store, self.now = site, store, now
        self.given = client_id

    @cached_property
    def client_id(self) -> str:
        """The brand's own terminal client, unless another was named.

        Asked as anyone: with tokens that have expired, asking would have to renew them first, and
        renewing them is what this is needed for.
        """
        if self.given:
            return self.given
        brand = parsed(Brand, checked(self.send("GET", "/brand", None)))
        return f"{brand.slug}-terminal"

    @cached_property
    def endpoints(self) -> device.Endpoints:
        """Where the site gives out tokens."""
        return device.endpoints(self.site)

    # Signing in and out

    def sign_in(self, show: Callable[[device.Code], None]) -> None:
        """Get a code, have it shown, wait for the viewer, keep the tokens."""
        code = device.begin(self.site, self.endpoints, self.client_id)
        show(code)
        answer = device.poll(self.site, self.endpoints, self.client_id, code)
        self.store.put(self.site.address, Tokens.of(answer, self.now()))

    def sign_out(self) -> bool:
        """Revoke the tokens, then forget them; whether there were any."""
        with self.store.alone() as put:
            tokens = self.store.get(self.site.address)
            if tokens is None:
                return False
            device.revoke(self.site, self.endpoints, self.client_id, tokens.refresh_token)
            put(self.site.address, None)
            return True

    def renew(self, tried: Tokens) -> Tokens:
        """Others than those that were tried; where there are none, the viewer is signed out.

        One command at a time: a refresh token serves once, and a second use of it makes the site
        revoke all that came of it. Whoever was second takes what the first one got.
        """
        with self.store.alone() as put:
            kept = self.store.get(self.site.address)
            if kept is None:
                raise SignedOut
            if kept != tried:
                return kept
            try:
                answer = device.refresh(
                    self.site, self.endpoints, self.client_id, tried.refresh_token
                )
            except SignedOut:
                put(self.site.address, None)
                raise
            renewed = Tokens.of(answer, self.now())
            put(self.site.address, renewed)
            return renewed

    # Requests

    def ask(self, method: str, path: str, *, own: bool = False, **options: Any) -> httpx.Response:
        """A successful response; `own` ones need an account, others use it where there is one."""
        tokens = self.store.get(self.site.address)
        if tokens is None and own:
            raise SignedOut
        if tokens and tokens.expired(self.now()):
            tokens = self.renew(tokens)
        response = self.send(method, path, tokens, **options)
        if response.status_code == 401 and tokens:
            # Revoked, or the clocks differ.
            response = self.send(method, path, self.renew(tokens), **options)
        return checked(response)

    def send(
        self,
        method: str,
        path: str,
        tokens: Tokens | None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """One request, with the access token if there is one."""
        bearer = {"Authorization": f"Bearer {tokens.access_token}"} if tokens else {}
        headers = {**bearer, **(headers or {})}
        return self.site.send(method, f"/api/v1{path}", headers=headers, **options)

    def get(
        self,
        kind: type[Answer],
        path: str,
        query: Mapping[str, str | int | None] | None = None,
        *,
        own: bool = False,
    ) -> Answer:
        """What is there, as `kind`."""
        wanted = {name: value for name, value in (query or {}).items() if value is not None}
        return parsed(kind, self.ask("GET", path, own=own, params=wanted))

    # What there is

    def brand(self) -> Brand:
        """Whose site it is."""
        return self.get(Brand, "/brand")

    def home(self) -> Home:
        """The rows of the home page."""
        return self.get(Home, "/home")

    def titles(self, **filters: str | None) -> Iterator[Title]:
        """All titles that the filters leave, page by page as they are read."""
        cursor: str | None = None
        while True:
            page = self.get(Titles, "/titles", {**filters, "cursor": cursor, "limit": 100})
            yield from page.items
            cursor = page.next
            if cursor is None:
                return

    def title(self, slug: str) -> TitleDetail:
        """One title, with its episodes."""
        return self.get(TitleDetail, f"/titles/{slug}")

    def search(self, text: str) -> list[Title]:
        """Titles that answer to the text."""
        return [found.title for found in self.get(Results, "/search", {"q": text}).items]

    def play(self, episode: int, key: str) -> Playback:
        """What playing takes; the addresses work only together with the key."""
        headers = {"X-Playback-Key": key}
        return parsed(Playback, self.ask("POST", f"/playback/{episode}", headers=headers))

    # The viewer's own

    def account(self) -> Account:
        """Who is signed in."""
        return self.get(Account, "/me", own=True)

    def watch_list(self) -> list[Title]:
        """What the viewer means to watch."""
        return self.get(Titles, "/me/watchlist", {"limit": 100}, own=True).items

    def keep(self, slug: str, *, listed: bool) -> None:
        """Put a title on the watch list, or take it off."""
        self.ask("PUT" if listed else "DELETE", f"/me/watchlist/{slug}", own=True)
