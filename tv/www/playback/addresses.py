"""Addresses of media: signed for one browser or device, for a while, for one version's folder.

nginx on each host checks them (`secure_link`) without asking anyone: whoever has not the binding
(the cookie, or the header that a native client sends), or comes late, gets 403. A playlist's
relative addresses lie in the same folder, so they need no signature of their own.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass

COOKIE = "tv_play"
HEADER = "X-Playback-Key"
BINDING = re.compile(r"[A-Za-z0-9_-]{16,64}")
"""What a binding may look like; nginx lets the same through."""


def new_binding() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Folder:
    """The files of one version of an asset, as one viewer may fetch them until `expires`."""

    signature: str
    expires: int
    """Seconds since 1970."""
    asset: str
    version: str

    def address(self, file: str) -> str:
        return f"/media/{self.signature}/{self.expires}/{self.asset}/{self.version}/{file}"


def sign(key: str, binding: str, expires: int, asset: str, version: str) -> Folder:
    """No part can hold what separates it from the next: one text is of one folder and viewer.

    The key stands last, so that nothing can be appended to what was signed.
    """
    text = f"{expires}/{asset}/{version} {binding} {key}"
    digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
    signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return Folder(signature, expires, asset, version)


def binding_of(cookie: str | None, header: str | None) -> str | None:
    """What the request already brought, if it is one; a native client's header goes first."""
    given = (text for text in (header, cookie) if text)
    return next((text for text in given if BINDING.fullmatch(text)), None)
