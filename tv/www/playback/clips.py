"""The demo's own videos: which series plays which, until it has one of its own.

They were encoded when the image was built, by the same commands as uploads (see tv/footage).
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from catalogue import videos
from catalogue.models import Episode, Season, Series
from playback import folders, publishing
from playback.models import Asset
from playback.video.manifest import Manifest


@dataclass(frozen=True)
class Clip:
    """A version made beforehand, and the genres whose episodes play it."""

    slug: str
    title: str
    credit: str
    genres: tuple[str, ...]
    version: str
    folder: Path


def read(root: Path) -> Iterator[Clip]:
    """The clips of an image: `SLUG/clip.json`, and beside it the folder of its version."""
    for about in sorted(root.glob("*/clip.json")):
        found = json.loads(about.read_text())
        yield Clip(
            slug=about.parent.name,
            title=found["title"],
            credit=found["credit"],
            genres=tuple(found["genres"]),
            version=found["version"],
            folder=about.parent / found["version"],
        )


def publish(clip: Clip, now: datetime) -> int:
    """Have the clip in the shared files and played; how many episodes play it that did nothing.

    Done again, it changes nothing. Episodes that have a video keep it.
    """
    target = folders.version(clip.slug, clip.version)
    if not target.is_dir():
        with folders.whole(target) as draft:
            shutil.copytree(clip.folder, draft, dirs_exist_ok=True, copy_function=shutil.copyfile)
    asset, _ = Asset.objects.update_or_create(
        slug=clip.slug, defaults={"title": clip.title, "credit": clip.credit}
    )
    publishing.switch(asset, clip.version, Manifest.read(target), now)
    series = Series.objects.filter(genre__slug__in=clip.genres)
    # In two steps: of a table of 15,000 episodes without a video the database may not know better
    # than to read all of them for each season.
    seasons = list(Season.objects.filter(series__in=series).values_list("pk", flat=True))
    count = Episode.objects.filter(asset=None, season__in=seasons).update(asset=asset)
    for slug in series.values_list("slug", flat=True) if count else ():
        videos.forget(slug)
    return count
