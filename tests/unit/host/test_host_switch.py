"""What nginx still has in hand after a switch."""

from __future__ import annotations

from pathlib import Path

import pytest

from airchain.host import switch
from airchain.host.identity import Places
from airchain.host.nginx import Site


def test_an_agent_that_starts_anew_waits_for_workers_that_still_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one before had switched already: what they forward to may not be stopped yet."""
    places = Places(tmp_path)
    site = Site("server {}", "1a")
    places.site.parent.mkdir(parents=True)
    places.site.write_text(site.text)
    titles = {7: "nginx: worker process", 8: "nginx: worker process is shutting down"}
    monkeypatch.setattr(switch, "workers", lambda _: frozenset(titles))
    monkeypatch.setattr(switch, "alive", lambda _: True)
    monkeypatch.setattr(switch, "_title", titles.__getitem__)
    monkeypatch.setattr(switch, "_serial", lambda: site.serial)
    assert switch.switch(places, site) == {8}
