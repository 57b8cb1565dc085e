"""What pulling takes from the disk, and whether there is that much. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from airchain.errors import PreflightError
from airchain.host.facts import Disk

# A file takes whole blocks of the disk. Measured over tv's layers: 1.02 to 1.11 of the
# archive, which has blocks of its own.
_ON_DISK = 1.15
# Bytes of an archive per file: 15,000 and more in tv's large layers. Smaller ones have
# their place in the margin.
_BYTES_PER_FILE = 4096
MARGIN_BYTES = 256 << 20
MARGIN_INODES = 2000
_WHERE = "/var/lib/docker"
_HINT = (
    "the old release serves on, and the pull is tried again by itself: free space on the host, "
    "or give the fleet's hosts a larger disk"
)


@dataclass(frozen=True)
class Coming:
    """A layer that is to come: its digest, and its size as transferred and as an archive."""

    digest: str
    compressed: int
    unpacked: int


@dataclass(frozen=True)
class Need:
    """What pulling takes from the disk."""

    bytes: int
    inodes: int


def need(layers: Iterable[Coming]) -> Need:
    """What these layers take, each counted once, with a margin.

    A layer lies beside what it unpacks to until it is unpacked.
    """
    once = {layer.digest: layer for layer in layers}.values()
    unpacked = sum(layer.unpacked for layer in once)
    return Need(
        round(unpacked * _ON_DISK) + sum(layer.compressed for layer in once) + MARGIN_BYTES,
        unpacked // _BYTES_PER_FILE + MARGIN_INODES,
    )


def check_room(wanted: Need, disk: Disk, images: Iterable[str]) -> None:
    """Refuse to pull `images` onto a disk that would run full."""
    names = ", ".join(images)
    if disk.bytes < wanted.bytes:
        raise PreflightError(
            f"disk is nearly full: {_mb(disk.bytes)} free, {_mb(wanted.bytes)} needed for {names}",
            where=_WHERE,
            hint=_HINT,
        )
    if disk.inodes is not None and disk.inodes < wanted.inodes:
        raise PreflightError(
            f"disk is nearly out of inodes: {disk.inodes} free, {wanted.inodes} needed for {names}",
            where=_WHERE,
            hint=f"many small files fill it; {_HINT}",
        )


def ran_full(image: str) -> PreflightError:
    """The disk ran full after the check: something else filled it meanwhile."""
    return PreflightError(
        f"the disk ran full while {image} was pulled: no space left on device",
        where=_WHERE,
        hint=_HINT,
    )


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
