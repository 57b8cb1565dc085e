"""Switching an asset to a version that stands whole in the shared files."""

from datetime import datetime

from django.db import transaction

from playback.models import Asset, Rendition, SubtitleTrack, Superseded
from playback.video.manifest import Manifest


def lock(asset: int) -> Asset:
    """The asset of this key, for whoever decides what it becomes: one at a time."""
    return Asset.objects.select_for_update().get(pk=asset)


@transaction.atomic
def switch(asset: Asset, version: str, manifest: Manifest, now: datetime) -> bool:
    """Whether anything changed. The version before stays in place until the reaper takes it."""
    current = lock(asset.pk)
    if current.version == version:
        return False
    if current.version:
        Superseded.objects.update_or_create(
            asset=current, version=current.version, defaults={"since": now}
        )
    Superseded.objects.filter(asset=current, version=version).delete()
    Asset.objects.filter(pk=current.pk).update(
        version=version, duration=manifest.duration, published=now
    )
    current.renditions.all().delete()
    current.subtitles.all().delete()
    Rendition.objects.bulk_create(
        Rendition(asset=current, name=r.name, width=r.width, height=r.height,
                  bandwidth=r.bandwidth, codecs=r.codecs)
        for r in manifest.renditions
    )  # fmt: skip
    SubtitleTrack.objects.bulk_create(
        SubtitleTrack(asset=current, language=track.language, label=track.label)
        for track in manifest.tracks
    )
    return True
