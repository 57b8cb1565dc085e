"""A viewer of tv without a window: forms are sent, videos fetched and positions told as a browser
or an app does it, and what comes back is there to be looked at."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import urljoin

import requests
from tests.support.catalogue import playable

PASSWORD = "a long way to the sea"
PATIENCE = 30.0


@dataclass
class Viewer:
    """Somebody with a browser, at one brand. `site` is the edge, `host` the brand's domain."""

    site: str
    host: str
    browser: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **headers: str) -> requests.Response:
        """What the viewer gets there, with the viewer's cookies."""
        return self.browser.get(
            self.site + path, headers={"Host": self.host, **headers}, timeout=PATIENCE
        )

    def form(self, path: str) -> dict[str, str]:
        """The field that a form has to have, of the page at `path`."""
        page = self.get(path)
        page.raise_for_status()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, page.text
        return {"csrfmiddlewaretoken": token[1]}

    def send(self, path: str, form: Mapping[str, str]) -> requests.Response:
        """Send a form that was opened before."""
        headers = {"Host": self.host, "Referer": self.site + path}
        return self.browser.post(self.site + path, form, headers=headers, timeout=PATIENCE)

    def submit(self, path: str, **values: str) -> requests.Response:
        """Open a page with a form, fill it in and send it."""
        return self.send(path, {**self.form(path), **values})

    def sign_up(self) -> None:
        """Make an account."""
        email = f"viewer-{secrets.token_hex(8)}@example.com"
        form = {"email": email, "name": "Ada", "password1": PASSWORD, "password2": PASSWORD}
        assert self.submit("/account/sign-up/", **form).ok

    def sign_in(self, email: str, password: str) -> requests.Response:
        """Sign in to an account that there is."""
        return self.submit("/account/sign-in/", username=email, password=password)

    def ask(self, path: str) -> Any:
        """What the API answers anyone."""
        answer = requests.get(
            f"{self.site}/api/v1{path}", headers={"Host": self.host}, timeout=PATIENCE
        )
        answer.raise_for_status()
        return answer.json()

    def let_in(self, code: str) -> None:
        """Agree to what a device asks for."""
        answer = self.submit(f"/device?user_code={code}", user_code=code, decision="allow")
        assert answer.ok, answer.text

    def watchable(self, number: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
        """A title of the brand, and an episode that anyone may watch: the first, or another."""
        found = next(islice(playable(self.ask), number, None), None)
        assert found, f"nothing of {self.host} can be played"
        return found

    def watch(self, episode: int) -> Player:
        """A new device that nobody has signed in on, about to play the episode."""
        key = secrets.token_urlsafe(24)
        answer = requests.post(
            f"{self.site}/api/v1/playback/{episode}",
            headers={"Host": self.host, "X-Playback-Key": key},
            timeout=PATIENCE,
        )
        answer.raise_for_status()
        return Player(self.site, self.host, key, answer.json())


@dataclass(frozen=True)
class Player:
    """What a device was told when it asked to play an episode; `key` is its own."""

    site: str
    host: str
    key: str
    playback: Mapping[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        """With which it fetches media."""
        return {"Host": self.host, "X-Playback-Key": self.key}

    @property
    def bearer(self) -> dict[str, str]:
        """With which it tells and asks positions."""
        token = self.playback["progress"]["token"]
        return {"Host": self.host, "Authorization": f"Bearer {token}"}

    @property
    def position_path(self) -> str:
        """Where positions are told."""
        return str(self.playback["progress"]["url"])

    def fetch(self, path: str) -> requests.Response:
        """Media at a path."""
        return requests.get(self.site + path, headers=self.headers, timeout=PATIENCE)

    def variants(self) -> Sequence[str]:
        """Paths of the playlists, one of each rendition."""
        return self.listed(str(self.playback["playlist"]))

    def segment(self, playlist: str) -> str:
        """The path of the first segment of a rendition."""
        return self.listed(playlist)[0]

    def listed(self, playlist: str) -> Sequence[str]:
        """Paths that a playlist names."""
        answer = self.fetch(playlist)
        answer.raise_for_status()
        lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
        return [urljoin(playlist, line) for line in lines]

    def tell(self, position: float) -> requests.Response:
        """Say how far it has played."""
        body = {"position": position, "duration": self.playback["duration"]}
        return requests.put(
            self.site + self.position_path, json=body, headers=self.bearer, timeout=PATIENCE
        )

    def told(self) -> requests.Response:
        """What is known of how far it has played."""
        return requests.get(self.site + self.position_path, headers=self.bearer, timeout=PATIENCE)

    def heartbeat(self, position: float) -> bytes:
        """The body with which it says so."""
        return json.dumps({"position": position, "duration": self.playback["duration"]}).encode()
