"""An editor of tv, at work in the admin."""

from __future__ import annotations

import re
from datetime import datetime

from tests.support.viewer import Viewer

ACCOUNT = "editor@tv.localhost"


class Editor(Viewer):
    """Signed in at one brand."""

    def set_rights(self, kind: str, slug: str, **terms: str) -> None:
        """Give a title one window instead of all that it has; `kind` is series or film."""
        self._edit_rights(kind, slug, {"operation": "set", **terms})

    def add_rights(self, kind: str, slug: str, closes: datetime, **terms: str) -> None:
        """Give it one window more, until then."""
        until = {"closes_0": f"{closes:%Y-%m-%d}", "closes_1": f"{closes:%H:%M:%S}"}
        self._edit_rights(kind, slug, {"operation": "add", **until, **terms})

    def _edit_rights(self, kind: str, slug: str, terms: dict[str, str]) -> None:
        path = f"/admin/catalogue/{kind}/"
        found = self.get(f"{path}?q={slug}").text
        keys = re.findall(r'name="_selected_action" value="(\d+)"', found)
        assert len(keys) == 1, f"{len(keys)} titles answer to {slug}"
        form = {
            "action": "edit_rights", "_selected_action": keys[0], "apply": "Edit rights",
            "tier": "free", "csrfmiddlewaretoken": self.browser.cookies["tv_csrf"],
        }  # fmt: skip
        done = self.send(path, {**form, **terms})
        assert "1 changed, 0 as they were" in done.text, done.text[:3000]
