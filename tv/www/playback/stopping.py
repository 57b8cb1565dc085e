"""Whether this worker has been told to stop: what takes minutes is then left to another.

The worker's parent hears of it and its children do the work. They share a byte, made before they
are forked; it needs no lock that one of them could take along when it is killed.
"""

import mmap

from celery.signals import worker_shutting_down

_told = mmap.mmap(-1, 1)


class StoppingError(Exception):
    """The worker stops; what it was at is nobody's fault, and to be done by another."""


def check() -> None:
    """Raises `StoppingError` once the worker has been told to stop."""
    if _told[0]:
        raise StoppingError


def tell(stopping: bool = True) -> None:
    _told[0] = stopping


@worker_shutting_down.connect
def heard(**_: object) -> None:
    tell()
