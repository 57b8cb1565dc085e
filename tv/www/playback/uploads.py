"""Uploads from the editors' pages: in pieces, straight into the shared files, resumable.

A piece is appended where the last one ended; one that comes twice is told where it goes on. An
upload's name ends in the bytes that were said to come: with another end it is no upload.
"""

import re
import secrets
import shutil
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest

from playback import flow, folders
from playback.models import Job
from viewers.models import Viewer

PIECE = 8 << 20
"""Bytes that the editor's page sends at once."""
BLOCK = 1 << 18
_NAME = re.compile(r"[0-9a-f]{16}-([0-9]{1,15})")


class UploadError(Exception):
    """What is wrong with a request, in words for the editor."""


class OutOfStepError(UploadError):
    """The piece does not begin where the file ends, which is at `size`."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The file goes on at byte {size}.")
        self.size = size


def begin(by: Viewer, size: int) -> str:
    """A new, empty file for so many bytes; its name."""
    if not 0 < size <= settings.INGEST_BYTES:
        most = settings.INGEST_BYTES >> 30
        raise UploadError(f"A file must have at least one byte, and at most {most} GB.")
    folders.ingest().mkdir(parents=True, exist_ok=True)
    # Encoding needs about as much again, and viewers' files must not be short of room either.
    if shutil.disk_usage(folders.ingest()).free < 2 * size + (1 << 30):
        raise UploadError("There is not enough room in the shared files for it.")
    name = f"{secrets.token_hex(8)}-{size}"
    path(by, name).touch()
    return name


def path(by: Viewer, name: str) -> Path:
    """An editor's own upload; nobody else's can be named."""
    if not _NAME.fullmatch(name):
        raise UploadError("There is no such upload.")
    return folders.ingest() / f"upload-{by.pk}-{name}"


def begun(by: Viewer, name: str) -> Path:
    """The same, where it is still there."""
    target = path(by, name)
    if not target.is_file():
        raise UploadError("This upload was given up. Begin it again.")
    return target


def whole(by: Viewer, name: str) -> Path:
    """The same, once all of it is there."""
    target = begun(by, name)
    size = target.stat().st_size
    if size != said(name):
        raise OutOfStepError(size)
    return target


def said(name: str) -> int:
    """How many bytes were to come."""
    return int(name.partition("-")[2])


def append(by: Viewer, name: str, offset: int, request: HttpRequest) -> int:
    """Write what the request brings, block by block, at the end of the file; its new size."""
    target = begun(by, name)
    size = target.stat().st_size
    if offset != size:
        raise OutOfStepError(size)
    room = said(name) - size
    if int(request.headers.get("Content-Length") or 0) > room:
        raise UploadError("The file is larger than was said.")
    with target.open("r+b") as file:
        file.seek(size)
        left = min(PIECE, room)
        while left and (block := request.read(min(BLOCK, left))):
            file.write(block)
            left -= len(block)
        return file.tell()


def running() -> int:
    """Jobs that are not over: shown beside the form."""
    return Job.objects.filter(state__in=flow.ACTIVE).count()
